import Base
import Foundation
import Testing
import Vendor

@testable import Archive
@testable import Vault

/// The vendor's word that there is no result of a token is not believed the first time, nor where it says so to
/// everybody.
struct RefusalTests {
    private let test: TestArchive
    private let archive: Session

    init() throws {
        test = try TestArchive()
        archive = try test.open()
    }

    /// The vendor's word ends it when it comes again, ten minutes later, from a vendor that answers for others.
    @Test func theVendorsWordEndsIt() throws {
        test.transport.answer { token, _ in
            (200, token == "good" ? TestAnswer.notFinished : TestAnswer.error("InvalidParameterValue.BizToken\(token)"))
        }
        try test.register("K-e", token: "Expired", in: archive)
        try test.register("K-i", token: "Illegal", in: archive)
        #expect(try test.pull(archive).map(\.state) == [.refused, .refused])
        test.time.advance(700)
        #expect(try test.pull(archive).map(\.state) == [.refused, .refused], "it answers for nobody")
        try test.register("K-g", token: "good", in: archive)
        test.time.advance(-650)
        #expect(try Set(test.pull(archive).map(\.state)) == [.refused, .awaiting], "ten minutes are not over")
        test.time.advance(650)
        let last = try test.pull(archive)
        #expect(Set(last.map(\.state)) == [.awaiting, .expired, .rejected], "\(last)")
        #expect(
            try test.verification("K-e", in: archive).state == "expired"
                && test.verification("K-i", in: archive).state == "rejected")
        for id in ["K-e", "K-i"] {
            #expect(
                String(decoding: try test.contents("result", of: id, in: archive), as: UTF8.self).contains("BizToken"))
        }
        var query = LedgerQuery()
        query.kind = "vendor refused"
        #expect(try archive.audit.entries(query).count == 2)
        #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Another word than the last one is a first one.
    @Test func anotherRefusalIsTheFirstOfItsKind() throws {
        test.transport.answer { token, asked in
            (
                200,
                token == "good"
                    ? TestAnswer.notFinished
                    : TestAnswer.error(["OperationDenied", "InvalidParameter", "InvalidParameter"][min(asked, 2)])
            )
        }
        try test.register("K-i", token: "bad", in: archive)
        try test.register("K-g", token: "good", in: archive)
        for expected in [VerificationReport.State.refused, .refused, .rejected] {
            #expect(try test.pull(archive).contains { $0.state == expected })
            test.time.advance(700)
        }
        #expect(try test.verification("K-i", in: archive).state == "rejected")
    }

    /// The same wrong answer for everybody for an hour, by whoever stands in between, throws nothing away.
    @Test(arguments: [
        "InvalidParameterValue.BizTokenExpired", "InvalidParameterValue.BizTokenIllegal", "OperationDenied",
        "UnauthorizedOperation", "AuthFailure.SecretIdNotFound", "not finished", "html", "403",
    ])
    func aLyingEdgeEndsNothing(lie: String) throws {
        let answer = TestAnswer()
        let end = test.time.now.addingTimeInterval(3600)
        let test = test
        test.transport.answer { _, _ in
            if test.time.now >= end { return (200, answer.text) }
            return switch lie {
            case "html": (200, "<html>")
            case "403": (403, "")
            case "not finished": (200, TestAnswer.notFinished)
            default: (200, TestAnswer.error(lie))
            }
        }
        // Mistyped: by its time of issue it is over.
        for number in 0..<12 {
            try test.register("K-\(number)", token: "t\(number)", issued: number == 0 ? 90 : 1, in: archive)
        }
        for _ in 0..<5 {
            // The edge's clock is wrong, too.
            test.transport.setDate(test.time.now.addingTimeInterval(400 * 86_400))
            let summary = try archive.intake.pull(
                PullOptions(credentials: try Credentials(secretID: "id", secretKey: SecretText("key".utf8)))
            ) { _ in }
            #expect(summary.counts[.expired] == nil && summary.counts[.rejected] == nil, "\(summary)")
            if !["not finished", "html"].contains(lie) { #expect(summary.stopped != nil, "\(summary)") }
            test.time.advance(700)
        }
        test.time.advance(3600)
        #expect(try test.pull(archive).map(\.state) == Array(repeating: .archived, count: 12))
    }

    /// Tokens that are none stand in the way of nobody, however many they are, and end.
    @Test func manyWrongTokensDoNotStandInTheWay() throws {
        let answer = TestAnswer()
        test.transport.answer { token, _ in
            token.hasPrefix("bad")
                ? (200, TestAnswer.error("InvalidParameterValue.BizTokenIllegal")) : (200, answer.text)
        }
        for number in 0..<9 { try test.register("B-\(number)", token: "bad\(number)", issued: 70, in: archive) }
        for number in 0..<3 { try test.register("K-\(number)", token: "good\(number)", issued: 1, in: archive) }
        var states: [VerificationReport.State] = []
        for _ in 0..<4 {
            states += try test.pull(archive).map(\.state)
            test.time.advance(700)
        }
        #expect(states.filter { $0 == .archived }.count == 3)
        try test.register("K-4", token: "good4", issued: 1, in: archive)
        #expect(try test.pull(archive).filter { $0.state == .rejected }.count == 9)
    }

    /// What may not be asked about one token may be asked about others.
    @Test func oneThatMayNotBeAskedAboutDoesNotStopTheOthers() throws {
        let answer = TestAnswer()
        test.transport.answer { token, _ in
            token == "bad" ? (200, TestAnswer.error("UnauthorizedOperation.CamNoAuth")) : (200, answer.text)
        }
        try test.register("K-b", token: "bad", issued: 70, in: archive)
        for number in 0..<3 { try test.register("K-\(number)", token: "t\(number)", in: archive) }
        let states = try test.pull(archive).map(\.state)
        #expect(states.filter { $0 == .archived }.count == 3 && states.filter { $0 == .failed }.count == 1)
        #expect(try test.verification("K-b", in: archive).state == "awaiting")
    }

    /// Who waits hears the end of it.
    @Test func waitingEndsWhatIsRefused() throws {
        let test = test
        let done = test.time.now.addingTimeInterval(1200)
        let answer = TestAnswer()
        test.transport.answer { token, _ in
            token == "bad"
                ? (200, TestAnswer.error("InvalidParameterValue.BizTokenIllegal"))
                : (200, test.time.now < done ? TestAnswer.notFinished : answer.text)
        }
        try test.register("K-b", token: "bad", in: archive)
        try test.register("K-g", token: "good", in: archive)
        #expect(try Set(test.pull(archive) { $0.waits = true }.map(\.state)) == [.rejected, .archived])
        #expect(test.time.now.timeIntervalSince(done) < 100)
    }

    /// A way that breaks while somebody waits ends nothing: what was answered before it says nothing about it.
    @Test(arguments: [1, 2, 4])
    func aWayThatBreaksWhileOneWaitsEndsNothing(tokens: Int) throws {
        let (test, answer) = (test, TestAnswer())
        let (breaks, mends) = (test.time.now.addingTimeInterval(900), test.time.now.addingTimeInterval(9000))
        test.transport.answer { _, _ in
            if test.time.now >= mends { return (200, answer.text) }
            return (
                200,
                test.time.now < breaks
                    ? TestAnswer.notFinished : TestAnswer.error("InvalidParameterValue.BizTokenExpired")
            )
        }
        for number in 0..<tokens { try test.register("K-\(number)", token: "t\(number)", in: archive) }
        // Where nobody is left who could show that the vendor answers, nothing is waited for.
        let states = try test.pull(archive) { $0.waits = true }.map(\.state)
        #expect(states == Array(repeating: .refused, count: tokens))
        test.time.advance(9000)
        #expect(try test.pull(archive).map(\.state) == Array(repeating: .archived, count: tokens))
    }

    /// An answer in between, also that it is not finished, says that the token lives.
    @Test func aTokenThatAnsweredInBetweenIsRefusedForTheFirstTimeAgain() throws {
        test.transport.answer { token, asked in
            (
                200,
                token == "good" || asked == 1
                    ? TestAnswer.notFinished : TestAnswer.error("InvalidParameterValue.BizTokenIllegal")
            )
        }
        try test.register("K-b", token: "bad", in: archive)
        try test.register("K-g", token: "good", in: archive)
        for expected in [VerificationReport.State.refused, .awaiting, .refused, .rejected] {
            let reports = try test.pull(archive).filter { $0.caseID?.text == "K-b" }
            #expect(reports.map(\.state) == [expected])
            test.time.advance(700)
        }
    }

    /// After the last of its hours by both clocks, one word is enough.
    @Test func whatIsOverByBothClocksEndsAtOnce() throws {
        test.transport.answer { _, _ in (200, TestAnswer.error("InvalidParameterValue.BizTokenExpired")) }
        try test.register(issued: 1, in: archive)
        test.time.advance(73 * 3600)
        test.transport.setDate(test.time.now)
        #expect(try test.pull(archive).map(\.state) == [.expired])
    }
}
