import Base
import Foundation
import Ledger
import Testing

@testable import Archive
@testable import Vault

/// What somebody wrote into the index, or put into the archive's directory, by hand is shown to nobody as truth, and
/// leads nowhere else.
struct MisledReadingTests {
    private let test: TestArchive
    private let archive: Session

    init() throws {
        test = try TestArchive()
        archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
    }

    /// What is listed of the ledger is what was recorded; what is not is marked, and named by its number.
    @Test func theLogMarksWhatWasAltered() throws {
        try test.archive("K-1", in: archive)
        var all = LedgerQuery()
        all.fromStart = true
        let before = try test.open().audit.entries(all)
        #expect(Audit.problem(among: before) == nil)
        try test.alter(
            """
            UPDATE ledger_entry SET entry = CAST(replace(CAST(entry AS TEXT), '"HK"', '"SG"') AS BLOB)
            WHERE kind = 'case registered'
            """)
        let altered = before.filter { $0.kind == "case registered" }.map(\.number)
        var lines = try test.open().audit.entries(all)
        // Its neighbour is proved by its hash; whose case that is, is known no more.
        #expect(Set(lines.filter { !$0.vouched }.map(\.number)).isSuperset(of: altered))
        #expect(lines.filter(\.vouched).count > 3 && lines.allSatisfy { $0.vouched || $0.caseID == nil })
        #expect(Audit.problem(among: lines)?.outcome == .integrity)
        try test.alter("DELETE FROM ledger_entry WHERE number = 2")
        lines = try test.open(toLook: true).audit.entries(all)
        #expect(lines.first { $0.number == 2 }?.kind == "missing" && lines.map(\.number) == before.map(\.number))
    }

    /// What a policy says is what was activated, also of one that is active no more.
    @Test func theTextOfAPolicyIsTheOneThatWasActivated() throws {
        #expect(try test.open().policies.list().count == 1)
        try test.alter("UPDATE policy_file SET text = replace(text, 'P90D', 'P91D')")
        expectDamaged { _ = try test.open().policies.show("house", version: 1) }
        try test.alter("UPDATE policy_file SET text = replace(text, 'P91D', 'P90D'), name = 'other'")
        expectDamaged { _ = try test.open().policies.list() }
    }

    /// A bag without what opens its entries would prove less than it says.
    @Test func aBagHasWhatOpensItsEntries() throws {
        try test.archive("K-1", in: archive)
        try test.alter("DELETE FROM ledger_opening WHERE member = 'contentCommitment'")
        expectDamaged {
            _ = try test.open().retrieval.retrieve(
                try CaseID("K-1"), for: try Reason("audit"), to: test.directory + "/bag")
        }
    }

    /// Who has read the notice of a hold, and to whom copies were given, is what the ledger says.
    @Test func whatIsSaidOfAHoldIsWhatTheLedgerSays() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", where: "media = video", in: archive)
        _ = try archive.holds.acknowledge(try Matter("M-1"), reader: "Ben")
        _ = try test.contents("video", of: "K-1", in: archive)
        let before = try test.open().holds.notice(try Matter("M-1")) { _ in "" }
        #expect(before.copies == 1)
        try test.alter(
            """
            UPDATE ledger_entry SET kind = 'x', time = 1000, newest = 1000
            WHERE kind IN ('access opened', 'object archived', 'hold acknowledged', 'case registered')
            """)
        let session = try test.open()
        var after: HoldNotice?
        let refused = refusal { after = try session.holds.notice(try Matter("M-1")) { _ in "" } }
        #expect(refused?.outcome == .integrity || after?.text == before.text)
        var shown: HoldSummary?
        let other = refusal { shown = try session.holds.show(try Matter("M-1")) }
        #expect(other?.outcome == .integrity || shown?.acknowledgements.map(\.reader) == ["Ben"])
    }

    /// A bag names everybody who acted.
    @Test func aBagNamesWhoActed() throws {
        try test.archive("K-1", in: archive)
        _ = try test.contents("video", of: "K-1", in: try test.open(actor: "ann"))
        try test.alter(
            """
            UPDATE ledger_entry SET kind = 'x' WHERE kind = 'actor introduced' AND number > 2;
            DELETE FROM actor WHERE uid NOT IN (SELECT actor_uid FROM ledger_entry WHERE number = 0)
            """)
        expectDamaged {
            _ = try test.open().retrieval.retrieve(
                try CaseID("K-1"), for: try Reason("audit"), to: test.directory + "/bag")
        }
    }

    /// How somebody was known who opened an access is what its entry says.
    @Test func howAnActorIsKnownIsWhatTheEntrySays() throws {
        try test.archive("K-1", in: archive)
        _ = try test.contents("video", of: "K-1", in: archive, range: "0-3")
        try test.alter("UPDATE actor SET known = 'token'")
        test.time.advance(700)
        _ = refusal { _ = try test.contents("video", of: "K-1", in: try test.open(actor: "ann"), range: "0-3") }
        let closed = try test.open(toLook: true).audit.entries(LedgerQuery(kind: "access closed"))
        #expect(closed.allSatisfy { $0.known == "claimed" })
    }

    /// A count that nobody can reach, and a token that was exchanged, are named.
    @Test func whatCannotBeCountedIsNamed() throws {
        try test.archive("K-1", in: archive)
        _ = try archive.intake.register(try test.registration("K-2", token: "tok"))
        try test.alter("UPDATE tally SET number = 9223372036854775807 WHERE what = 'object' AND which = 'video'")
        expectDamaged("status") { _ = try test.open().overview.status() }
        expectDamaged("import") { try test.archive("K-3", in: try test.open()) }
        try test.alter("UPDATE tally SET number = 1 WHERE what = 'object' AND which = 'video'")
        #expect(try test.open().audit.reconcile().findings == [])
        try test.alter("UPDATE verification SET sealed_token = randomblob(104) WHERE state = 'awaiting'")
        #expect(try test.open().audit.reconcile().findings.isEmpty == false)
    }

    /// Nothing outside of the archive is removed or written, whatever stands in place of its parts.
    @Test func whatIsElsewhereStays() throws {
        let elsewhere = test.directory + "/elsewhere"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
        let name = String(repeating: "0a", count: 16)
        for file in ["root.key", name] { try Data([1]).write(to: URL(fileURLWithPath: elsewhere + "/" + file)) }
        let staging = test.path + "/staging"
        try FileManager.default.moveItem(atPath: staging, toPath: test.directory + "/staging")
        try FileManager.default.createSymbolicLink(atPath: staging, withDestinationPath: elsewhere)
        expectDamaged { _ = try test.pull(try test.open()) }
        // Exchanged while the archive is open.
        test.time.advance(10 * 86_400)
        _ = refusal { try archive.intake.sweep() }
        _ = refusal { try test.archive("K-1", in: archive) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere).sorted() == [name, "root.key"])
        try FileManager.default.removeItem(atPath: staging)
        try FileManager.default.moveItem(atPath: test.directory + "/staging", toPath: staging)
        for file in ["vendor.pace", "index.sqlite-wal"] {
            let path = test.path + "/" + file
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.linkItem(atPath: elsewhere + "/root.key", toPath: path)
            expectDamaged(file) { _ = try test.open() }
            try FileManager.default.removeItem(atPath: path)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: elsewhere + "/root.key")) == Data([1]))
        #expect(throws: FileError.self) {
            try FileManager.default.linkItem(atPath: elsewhere + "/root.key", toPath: elsewhere + "/lock")
            _ = try FileLock(elsewhere + "/lock")
        }
    }
}
