import Base
import Foundation
import TestSupport
import Testing

@testable import Ledger

/// How many of 100,000 synthetic cases somebody who reads the whole ledger finds by what he knows of a person. Pictures
/// and videos are as long as those of the vendor's samples (best frames of about 180 kB, videos of about 1.5 MB,
/// log-normal); people come in the course of two years, in the day more than at night.
struct SinglingOutTests {
    private struct Person {
        let jurisdiction: String
        let purpose: String
        let captured: Date
        let lengths: [UInt64]

        /// What the entries about the case tell of the person, but when each was written
        /// (``SinglingOutTests/nobodyIsFoundByTheSecondOrTheByte()``).
        var told: String {
            "\(CalendarDay(of: captured)) \(jurisdiction) \(purpose) \(lengths.map(Exact.rounded))"
        }
    }

    private static let commitment = Commitment(hex: String(repeating: "a", count: 64))!

    private func population(_ count: Int, _ random: inout SeededGenerator) -> [Person] {
        func normal() -> Double {
            let (a, b) = (
                Double.random(in: 0..<1, using: &random), Double.random(in: 0..<1, using: &random)
            )
            return (-2 * log(1 - a)).squareRoot() * cos(2 * .pi * b)
        }
        func length(_ median: Double, _ spread: Double) -> UInt64 { UInt64(max(1000, median * exp(spread * normal()))) }
        let begin = Date(timeIntervalSince1970: 1_704_067_200)
        return (0..<count).map { _ in
            let day = Double(Int.random(in: 0..<730, using: &random))
            let hour = min(23.99, max(0, 13 + 4 * normal()))
            return Person(
                jurisdiction: ["HK", "HK", "HK", "SG", "SG", "TH", "ID", "MY"].randomElement(using: &random)!,
                purpose: ["onboarding", "onboarding", "onboarding", "step-up"].randomElement(using: &random)!,
                captured: begin.addingTimeInterval(
                    day * 86_400 + (hour * 3600 * 1000).rounded() / 1000),
                lengths: [length(180_000, 0.3), length(1_500_000, 0.5)])
        }
    }

    /// The entries about the case of a person, as they are written; what is random in them, UIDs, commitments and
    /// addresses, is always the same.
    private func shown(of person: Person) throws -> String {
        let (uid, object) = (
            CaseUID(bytes: Array(repeating: 1, count: 16))!, ObjectUID(bytes: Array(repeating: 2, count: 16))!
        )
        let address = BlobAddress(bytes: Array(repeating: 3, count: 32))!
        let day = CalendarDay(of: person.captured)
        let gone = person.captured.addingTimeInterval(90 * 86_400)
        var events: [Event] = [
            .caseRegistered(
                .init(
                    caseUID: uid, caseID: Self.commitment, jurisdictions: [person.jurisdiction],
                    purpose: person.purpose, subject: Self.commitment, consent: Self.commitment, age: Self.commitment)),
            .verificationRegistered(
                .init(
                    caseUID: uid, verification: 1, uid: VerificationUID(bytes: Array(repeating: 4, count: 16))!,
                    origin: .pull, vendor: "tencent-faceid", api: "GetFaceIdResultIntl/2018-03-01",
                    region: "ap-singapore", tokenIssued: day, tokenIssueAssumed: false, captured: day,
                    exact: Self.commitment)),
            .verificationEnded(
                .init(
                    caseUID: uid, verification: 1, state: .archived, problem: nil, issueDisproved: nil, lenient: nil,
                    capturedFrom: day,
                    capturedUntil: day, objects: 2, exact: Self.commitment)),
        ]
        for (media, length) in zip(["best-frame", "video"], person.lengths) {
            events.append(
                .objectArchived(
                    .init(
                        caseUID: uid, verification: 1, object: object, media: media, mediaType: "video/mp4",
                        length: length, address: address, content: Self.commitment)))
            events.append(
                .objectDestroyed(
                    .init(
                        caseUID: uid, verification: 1, object: object, media: media, length: length, address: address,
                        cause: .upperBound, policy: "house", version: 1, rule: "videos", file: Self.commitment.hex,
                        keepUntil: nil, goneBy: CalendarDay(of: gone), run: 9)))
        }
        return try events.map { event in
            String(
                decoding: try Entry(
                    time: Date(timeIntervalSince1970: 0),
                    actor: ActorStamp(uid: ActorUID(bytes: Array(repeating: 5, count: 16))!, known: .claimed),
                    event: event
                ).encoded(), as: UTF8.self)
        }.joined(separator: "\n")
    }

    /// How many are found: nobody else has the same of what is known.
    private func singledOut<Known: Hashable>(_ people: [Person], by known: (Person) -> Known) -> Int {
        Dictionary(grouping: people, by: known).values.filter { $0.count == 1 }.count
    }

    @Test func whoReadsTheLedgerFindsFew() throws {
        var random = SeededGenerator.ofTest()
        let people = population(100_000, &random)
        let exact = singledOut(people) { "\($0.lengths) \($0.captured.timeIntervalSince1970)" }
        let byVideo = singledOut(people) { Exact.rounded($0.lengths[1]) }
        let byLengths = singledOut(people) { $0.lengths.map(Exact.rounded) }
        let byDay = singledOut(people) { CalendarDay(of: $0.captured) }
        let byAll = singledOut(people, by: \.told)
        let smallest = Dictionary(grouping: people) { CalendarDay(of: $0.captured) }.values.map(\.count).min() ?? 0
        print(
            "singled out of 100,000: by the file of the video \(byVideo), by all files \(byLengths), by the day "
                + "\(byDay) (the smallest day has \(smallest)), by files, day, place and purpose together \(byAll); "
                + "with exact times and lengths in the ledger: \(exact)")
        #expect(exact > 99_000, "the population is one in which exact figures would find everybody")
        #expect(byVideo <= 5 && byLengths <= 20 && byDay == 0)
        // Who knows the day, the place and the purpose, and has the files, finds some: fewer than one in four.
        #expect(byAll < 100_000 / 4, "\(byAll)")
    }

    /// Nothing in the entries tells the second, or the byte.
    @Test func nobodyIsFoundByTheSecondOrTheByte() throws {
        var random = SeededGenerator.ofTest()
        for person in population(300, &random) {
            let start = CalendarDay(of: person.captured).start()
            let other = Person(
                jurisdiction: person.jurisdiction, purpose: person.purpose,
                captured: start.addingTimeInterval(Double.random(in: 0..<86_399, using: &random)),
                lengths: person.lengths.map {
                    UInt64.random(in: Exact.rounded($0) / 2 + 1...Exact.rounded($0), using: &random)
                })
            #expect(try shown(of: other) == shown(of: person))
        }
    }
}
