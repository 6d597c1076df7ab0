import Base
@_spi(Writing) import Catalog
import Evidence
import FaceID
import Foundation
import Ledger
import Sealing
import Synchronization
import Testing

@testable import Archive
@testable import Vault

/// Promise 5: nothing happens off the record.
struct LedgerTests {
    private func kinds(_ archive: Session, after: UInt64? = nil) throws -> [String] {
        var query = LedgerQuery()
        query.after = after
        query.fromStart = after == nil
        query.limit = 1000
        // Those that close strands come whenever something is published.
        return try archive.audit.entries(query).map(\.kind).filter { $0 != "strands" }
    }

    /// How many entries there are but for those that close strands.
    private func count(_ archive: Session) throws -> Int { try kinds(archive).count }

    @Test func aPullIsOnTheLedgerFromRegistrationToObjects() throws {
        let test = try TestArchive()
        let archive = try test.open()
        let answer = TestAnswer()
        test.transport.answer { _, asked in (200, asked < 3 ? TestAnswer.notFinished : answer.text) }
        _ = try archive.intake.register(try test.registration("K-1", token: "tok") { $0.jurisdictions = ["HK"] })
        for _ in 0..<4 { _ = try test.pull(archive) }
        #expect(
            try kinds(archive, after: 2) == [
                "actor introduced", "case registered", "verification registered", "vendor asked",
                "verification ended", "object archived", "object archived", "object archived",
            ])
        // The same again changes nothing, and so is no entry.
        _ = try archive.intake.register(try test.registration("K-1", token: "tok"))
        #expect(try count(archive) == 11)
        #expect(try archive.audit.reconcile().findings == [])
        var query = LedgerQuery()
        query.kind = "verification ended"
        let ended = try #require(try archive.audit.entries(query).first)
        #expect(ended.sentence == "ended verification 1: archived" && ended.caseID == "K-1" && ended.actor == "tester")
    }

    @Test func refusedAndFailedAttemptsAreEntries() throws {
        let test = try TestArchive()
        let archive = try test.open(actor: "mallory")
        _ = try archive.intake.import(try test.item("K-1", answer: TestAnswer().text))
        let before = try archive.audit.lastEntry()
        #expect(throws: ArchiveError.self) { try test.contents("video", of: "K-unknown", in: archive) }
        #expect(throws: ArchiveError.self) { try test.contents("hologram", of: "K-1", in: archive) }
        #expect(throws: ArchiveError.self) {
            _ = try archive.intake.import(
                try test.item("K-1", answer: TestAnswer().text) {
                    $0.subject = "S"; $0.purpose = "onboarding"
                })
            _ = try archive.intake.import(try test.item("K-1", answer: TestAnswer().text) { $0.subject = "other" })
        }
        archive.intake.import([
            try test.item("K-2", answer: "<html>"), try test.item("K-3", answer: "<html>"),
            try test.item("K-4", answer: TestAnswer().text),
        ]) { _ in }
        var query = LedgerQuery()
        query.kind = "attempt failed"
        query.after = before
        let lines = try archive.audit.entries(query)
        #expect(
            lines.map(\.sentence) == [
                "tried to retrieve: not-found (unknownCase)", "tried to retrieve: not-found (noSuchMedia)",
                "tried to import: refused (otherParticulars)", "tried to import 2 times: failed (badAnswer)",
            ])
        #expect(lines.map(\.caseID) == [nil, "K-1", "K-1", nil] && lines.allSatisfy { $0.actor == "mallory" })
    }

    @Test func accessIsDurableAndPublishedBeforeTheFirstByte() throws {
        let test = try TestArchive()
        let archive = try test.open()
        _ = try archive.intake.import(try test.item("K-1", answer: TestAnswer().text))
        for range in [nil, ByteRange("0-99")] {
            let before = try archive.audit.lastEntry()
            var seen = false
            try archive.retrieval.retrieve(
                ItemName(kind: "video", verification: nil), of: try CaseID("K-1"), range: range, for: try Reason("why")
            ) { _ in
                guard !seen else { return }
                seen = true
                // Another process would find it in the index, and outside of the archive.
                let other = try test.open()
                #expect(try kinds(other, after: before) == ["access opened"])
                #expect(other.unpublishedEntries == 0)
            }
            #expect(seen)
        }
    }

    @Test func manyRangesAreOneAccess() throws {
        let test = try TestArchive()
        _ = try test.open().intake.import(try test.item("K-1", answer: TestAnswer().text))
        let before = try test.open().audit.lastEntry()
        func read(_ range: String, actor: String = "a", reason: String = "why") throws {
            try test.open(actor: actor).retrieval.retrieve(
                ItemName(kind: "video", verification: nil), of: try CaseID("K-1"), range: ByteRange(range),
                for: try Reason(reason)
            ) { _ in }
        }
        for start in 0..<5 { try read("\(start * 1000)-\(start * 1000 + 999)") }
        try read("0-9", actor: "b")
        try read("0-9", reason: "another")
        #expect(
            try kinds(test.open(), after: before) == [
                "actor introduced", "access opened", "actor introduced", "access opened", "access opened",
            ])
        // One that is broken off stays open, and is closed as such.
        #expect(throws: ArchiveError.self) {
            try test.open(actor: "c").retrieval.retrieve(
                ItemName(kind: "video", verification: nil), of: try CaseID("K-1"), range: ByteRange("0-140000"),
                for: try Reason("why")
            ) { _ in throw ArchiveError(.interrupted, "enough") }
        }
        test.time.advance(601)
        try read("0-0")
        let archive = try test.open()
        var query = LedgerQuery()
        query.kind = "access closed"
        let closed = try archive.audit.entries(query)
        #expect(closed.map(\.actor) == ["a", "b", "a", "c"])
        #expect(
            closed.map(\.sentence.description).map { $0.components(separatedBy: ": ")[1] } == [
                "at most 8,192 bytes in 5 pieces", "at most 16 bytes in 1 piece", "at most 16 bytes in 1 piece",
                "at most 0 bytes in 1 piece; it was broken off, or its end was not seen",
            ])
        #expect(try archive.audit.reconcile().findings == [])
        #expect(try archive.overview.status().ledger.openAccesses == 1)
    }

    @Test(arguments: ["0-9223372036854775807", "0-9007199254740992", "0-18446744073709551614", "999999999-"])
    func aRangeThatIsOutsideIsRefusedAndOpensNothing(range: String) throws {
        let test = try TestArchive()
        let archive = try test.open()
        _ = try archive.intake.import(try test.item("K-1", answer: TestAnswer().text))
        let before = try archive.audit.lastEntry()
        let error = #expect(throws: ArchiveError.self) {
            try test.contents("video", of: "K-1", in: archive, range: range)
        }
        #expect(error?.code == .rangeOutside)
        #expect(try kinds(archive, after: before) == ["attempt failed"])
        #expect(try archive.overview.status().ledger.openAccesses == 0)
    }

    /// A bag that takes long is not broken off, whoever works beside it.
    @Test func aLongRetrievalIsOneAccess() throws {
        let test = try TestArchive()
        let archive = try test.open()
        _ = try archive.intake.import(try test.item("K-1", answer: TestAnswer().text))
        let before = try archive.audit.lastEntry()
        try archive.retrieval.retrieve(
            ItemName(kind: "result", verification: nil), of: try CaseID("K-1"), range: nil, for: try Reason("why")
        ) { _ in
            test.time.advance(3600)
            _ = try test.open().intake.import(
                try test.item("K-\(UUID().uuidString)", answer: TestAnswer(videoLength: 10).text))
        }
        let lines = try kinds(archive, after: before)
        #expect(
            lines.first == "access opened" && lines.last == "access closed"
                && lines.filter { $0 == "access closed" }.count == 1)
    }

    @Test func triesWithAWrongRootKeyAreCounted() throws {
        let (test, other) = (try TestArchive(), try TestArchive())
        for _ in 0..<3 {
            #expect(throws: ArchiveError.self) {
                try OpenArchive.open(test.path, rootKey: other.rootKey, effects: test.effects())
            }
            test.time.advance(60)
        }
        for number in 1...2 {
            _ = try test.open().intake.import(try test.item("K-\(number)", answer: TestAnswer(videoLength: 10).text))
        }
        var query = LedgerQuery()
        query.kind = "openings refused"
        let found = try test.open().audit.entries(query)
        #expect(found.count == 1 && found[0].sentence.contains("3 times between"))
        #expect(try test.open().audit.reconcile().findings == [])
    }

    @Test func settingsThatMatterAreOnTheLedger() throws {
        let test = try TestArchive()
        try test.setOperator("region: ap-singapore", "region: ap-hongkong")
        try test.setOperator("# ca-bundle: /etc", "ca-bundle: /planted-path")
        for _ in 0..<2 { _ = try test.open().intake.import(try test.item("K-1", answer: TestAnswer().text)) }
        var query = LedgerQuery()
        query.kind = "configuration changed"
        let changes = try test.open().audit.entries(query)
        #expect(changes.count == 2 && changes[0].number == 2, "once when made, once after the change")
        let entry = String(decoding: changes[1].entry.bytes, as: UTF8.self)
        #expect(entry.contains("ap-hongkong") && !entry.contains("planted-path"))
        #expect(try test.open().audit.reconcile().findings == [])
    }

    /// Promise 6: recognisable strings in every input, actors aside, and none of them on the ledger or in the index.
    @Test func theLedgerHoldsNoDataOfThePerson() throws {
        let test = try TestArchive()
        let planted = (1...15).map { "PLANTED\($0)x\(UUID().uuidString.prefix(8))" }
        let archive = try test.open()
        let answer =
            #"{"Response":{"Result":"0","Description":"\#(planted[0])","#
            + #""BestFrame":"\#(Data(Array(planted[1].utf8)).base64EncodedString())","#
            + #""Similarity":99.0,"Extra":"\#(planted[2])","\#(planted[3])":"\#(planted[4])","#
            + #""RequestId":"\#(planted[5])"}}"#
        _ = try archive.intake.import(
            try test.item(planted[6], answer: answer, token: planted[7]) {
                $0.subject = planted[8]
                $0.consent = planted[9]
            })
        test.transport.answer { _, asked in
            asked == 0
                ? (200, TestAnswer.error(planted[12]))
                : (200, answer.replacingOccurrences(of: "99.0", with: "98.0"))
        }
        _ = try archive.intake.register(try test.registration(planted[10], token: planted[11]))
        for _ in 0..<2 { _ = try test.pull(archive) }
        // In the place of a result, too, where a code could stand.
        let strange = answer.replacingOccurrences(of: #""Result":"0""#, with: #""Result":"\#(planted[14])""#)
        _ = try archive.intake.import(try test.item("K-strange", answer: strange))
        let bag = test.directory + "/bag"
        _ = try archive.retrieval.retrieve(try CaseID(planted[6]), for: try Reason(planted[13]), to: bag)
        #expect(throws: ArchiveError.self) { try test.contents(planted[2], of: planted[6], in: archive) }
        #expect(throws: ArchiveError.self) { try test.contents("video", of: planted[0], in: archive) }
        _ = try archive.audit.verify(VerifyOptions())
        _ = try archive.audit.export(to: test.directory + "/export")
        archive.publish()

        var searched = 0
        for folder in [test.path, test.directory + "/export", test.directory + "/state"] {
            for case let name as String in FileManager.default.enumerator(atPath: folder)! {
                guard let content = FileManager.default.contents(atPath: folder + "/" + name) else { continue }
                searched += content.count
                for text in planted {
                    for form in [Data(text.utf8), Data(Data(text.utf8).base64EncodedString().utf8.dropLast(4))] {
                        #expect(content.range(of: form) == nil, "\(text) in \(name)")
                    }
                }
            }
        }
        #expect(searched > 100_000)
        // The test of the test: the bag names the person.
        let page = try #require(FileManager.default.contents(atPath: bag + "/custody.html"))
        for number in [6, 8, 9, 13] { #expect(page.range(of: Data(planted[number].utf8)) != nil) }
    }

    @Test func thePagesOfTheLogMeetEveryEntryOnce() throws {
        let test = try TestArchive()
        let archive = try test.open()
        for number in 1...9 {
            _ = try archive.intake.import(try test.item("K-\(number)", answer: TestAnswer(videoLength: 10).text))
            // A clock that is set back now and then.
            test.time.advance(number % 3 == 0 ? -120 : 100)
        }
        var query = LedgerQuery()
        query.fromStart = true
        query.limit = 7
        var all: [LedgerLine] = []
        while let last = try {
            let page = try archive.audit.entries(query); all += page; return page.last
        }() {
            query.after = last.number
            query.fromStart = false
        }
        #expect(all.map(\.number) == (0...(try archive.audit.lastEntry())).map { $0 })
        // Filters by time against the plain definition, with the clock's steps back.
        let times = Set(all.map(\.time)).sorted()
        for from in times {
            for before in times where before > from {
                var query = LedgerQuery()
                query.from = from
                query.before = before
                query.limit = 1000
                let expected = all.filter { $0.time >= from && $0.time < before }.map(\.number)
                #expect(try archive.audit.entries(query).map(\.number) == expected)
                query.fromStart = true
                #expect(try archive.audit.entries(query).map(\.number) == expected)
                query.limit = 3
                #expect(try archive.audit.entries(query).map(\.number) == Array(expected.prefix(3)))
                query.fromStart = false
                #expect(try archive.audit.entries(query).map(\.number) == Array(expected.suffix(3)))
            }
        }
        query = LedgerQuery()
        query.caseID = try CaseID("K-4")
        #expect(try archive.audit.entries(query).allSatisfy { $0.caseID == "K-4" })
        #expect(try archive.audit.entries(query).count == 6)
        query = LedgerQuery()
        query.actor = "nobody"
        #expect(try archive.audit.entries(query).isEmpty)
    }

    /// Many threads and processes' worth of writers: one ledger without a gap.
    @Test func manyWritersMakeOneLedger() throws {
        let test = try TestArchive()
        let items = try (0..<24).map { try test.item("K-\($0)", answer: TestAnswer(videoLength: 10).text) }
        let archives = try (0..<3).map { try test.open(actor: "writer \($0)") }
        DispatchQueue.concurrentPerform(iterations: 24) { number in
            _ = try? archives[number % 3].intake.import(items[number])
            if number % 5 == 0 { archives[number % 3].publish() }
        }
        for archive in archives { archive.publish() }
        #expect(try archives[0].audit.reconcile().findings == [])
        #expect(try count(archives[0]) == 3 + 3 + 24 * 6)
        #expect(archives.allSatisfy { $0.publicationProblem == nil })
    }

    /// A thousand findings are named, and none is lost from the count; objects that went meanwhile are no findings.
    @Test func aReconciliationNamesAThousandAndCountsAll() {
        var result = Reconciliation()
        for number in 0..<1500 { result.find("finding \(number)") }
        #expect(result.findings.count == 1000 && result.findings.last == "finding 999" && result.furtherFindings == 500)
        var other = Reconciliation()
        for _ in 0..<1500 { other.miss(ObjectUID(from: .system), "gone") }
        #expect(other.missed.count == 1500 && other.findings.isEmpty && other.furtherFindings == 0)
        #expect(other.missed[999].why == "gone" && other.missed[1000].why == nil)
    }
}
