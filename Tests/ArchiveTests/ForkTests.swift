import Base
import Evidence
import Foundation
import GRDB
import Ledger
import Retention
import Sealing
import Synchronization
import Testing

@testable import Archive
@testable import Vault

/// A ledger that was put back, cut or exchanged is noticed, and nothing is written until somebody has looked.
struct ForkTests {
    private func checkForked(_ test: TestArchive, _ words: String, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let error = #expect(throws: ArchiveError.self, sourceLocation: sourceLocation) { try test.open() }
        #expect(error?.code == .ledgerForked && error?.outcome == .integrity, sourceLocation: sourceLocation)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        // To look is possible, to write is not.
        let archive = try test.open(toLook: true)
        let last = try archive.audit.lastEntry()
        #expect(throws: ArchiveError.self) { try test.contents("result", of: "K-1", in: archive) }
        #expect(throws: ArchiveError.self) {
            try archive.intake.import(try test.item("K-9", answer: TestAnswer().text))
        }
        archive.publish()
        #expect(try archive.audit.lastEntry() == last)
        #expect(try archive.audit.reconcile().findings.contains { $0.contains(words) })
        #expect(try archive.overview.status().ledger.fork != nil)
    }

    @Test func anOlderIndexIsNoticedUntilSomebodyLooked() throws {
        let test = try TestArchive()
        try test.work("K-1")
        try test.copyIndex(to: "older")
        try test.work("K-2")
        try test.copyIndex(to: "older", back: true)
        try checkForked(test, "it is an older copy, or was cut")
        let before = try FileManager.default.contents(atPath: test.published() + "/checkpoint")

        let accepted = try test.open(actor: "j.chan", toLook: true).audit.acceptFork(
            try Reason("the disk was restored"))
        #expect(accepted.origin.contains("/2."))
        try test.work("K-3")
        let archive = try test.open()
        // The blobs of what was forgotten have no row now, as many as an answer of these tests has.
        let findings = try archive.audit.reconcile().findings
        #expect(
            findings.count == 3 && findings.allSatisfy { $0.hasPrefix("no row of the index names the blob") },
            "\(findings)")
        // The old origin's publication is untouched, and the new one holds its checkpoint.
        #expect(try FileManager.default.contents(atPath: test.published() + "/checkpoint") == before)
        let entries = try String(contentsOfFile: test.published(origin: 2) + "/entries.jsonl", encoding: .utf8)
        let fork = try #require(entries.split(separator: "\n").first { $0.contains("fork accepted") })
        guard case .forkAccepted(let event) = try Entry(Array(fork.utf8)).event else { return #expect(Bool(false)) }
        #expect(Data(event.previous.utf8) == before)
        #expect(!fork.contains("restored"))
        for origin in [1, 2] {
            #expect(try EvidenceVerifier().verify(test.published(origin: origin)).problems == [])
        }
        // An index of before the fork was accepted is no less an old one.
        try test.copyIndex(to: "older", back: true)
        try checkForked(test, "an origin that this index does not know")
        #expect(throws: ArchiveError.self) { try test.open(toLook: true).audit.prove(999, to: test.directory + "/p") }
        #expect(try test.open(toLook: true).audit.acceptFork(try Reason("again")).origin.contains("/3."))
        #expect(
            try test.open().audit.reconcile().findings.allSatisfy { $0.hasPrefix("no row of the index names the blob") }
        )
        #expect(throws: ArchiveError.self, "there is no fork now") { try test.open().audit.acceptFork(try Reason("r")) }
    }

    /// Who had the archive open when somebody else accepted a fork belongs to a ledger that goes on no more.
    @Test func whoOpenedItBeforeAForkWritesNoMore() throws {
        let test = try TestArchive()
        try test.work("K-1")
        let before = try test.open()
        _ = try before.intake.import(try test.item("K-2", answer: TestAnswer().text))
        before.publish()
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: test.published() + "/checkpoint"))
        let accepted = try test.open(actor: "j.chan", toLook: true).audit.acceptFork(
            try Reason("the place was damaged"), unread: true)
        #expect(accepted.origin.contains("/2."))
        let size = try test.open().audit.lastEntry()
        let error = #expect(throws: ArchiveError.self) {
            try before.intake.import(try test.item("K-3", answer: TestAnswer().text))
        }
        #expect(error?.code == .ledgerForked && error?.message.contains("another command accepted") == true)
        before.publish()
        #expect(try test.open().audit.lastEntry() == size && test.open().overview.status().cases == 2)
    }

    /// Promise 3: what was held by the published ledger stops every destruction until it is held again.
    @Test func holdsThatAForkLostStopDestruction() throws {
        let test = try TestArchive()
        try test.activate(TestArchive.policy, in: try test.open())
        try test.archive("K-1", in: try test.open())
        try test.open().publish()
        try test.copyIndex(to: "older")
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        try test.hold("M-2", .everything, in: try test.open())
        try test.open().publish()
        try test.copyIndex(to: "older", back: true)
        let accepted = try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
        #expect(accepted.holdsLost.count == 2)
        let archive = try test.open()
        #expect(try archive.overview.status().holds.lost == 2 && archive.holds.list(all: true).isEmpty)
        try test.pass(days: 91, in: archive)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .holdsLost)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .holdsLost)
        // Another matter is no answer; the same, placed again, is.
        try test.hold("M-3", .everything, in: archive)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .holdsLost)
        try test.hold("M-2", try test.cases("K-1"), in: archive)
        #expect(try archive.overview.status().holds.lost == 0)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0, "it is held")
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Destroys videos, changes the policy and records an event, publishes that, and puts an index of before back.
    private func goBack(_ test: TestArchive) throws -> Date {
        let policy = TestArchive.policy.replacingOccurrences(of: "P90D", with: "P5D")
        try test.activate(policy, in: try test.open())
        for caseID in ["K-1", "K-2"] { try test.archive(caseID, in: try test.open()) }
        try test.open().publish()
        try test.copyIndex(to: "older")
        let archive = try test.open()
        try test.pass(days: 6, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 2)
        let ended = test.time.now
        _ = try test.event("relationship-ended", of: "K-2", at: ended, in: archive)
        try test.activate(
            policy.replacingOccurrences(of: "version: 1", with: "version: 2")
                .replacingOccurrences(of: "P2Y", with: "P1Y"), in: archive)
        archive.publish()
        try test.copyIndex(to: "older", back: true)
        return ended
    }

    /// Promise 3: what was destroyed is destroyed again with the fork's own entry, and what was a rule or an event has
    /// to apply again before anything else goes.
    @Test func whatAForkGoesBackBeforeIsDoneAgain() throws {
        let test = try TestArchive()
        let ended = try goBack(test)
        let accepted = try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
        #expect(accepted.isWhole && accepted.destroyedAgain == 2, "\(accepted)")
        #expect(accepted.entriesLost["object destroyed"] == 2 && accepted.entriesLost["policy activated"] == 1)
        #expect(accepted.rulesLost.count == 2, "\(accepted.rulesLost)")
        let archive = try test.open()
        for caseID in ["K-1", "K-2"] {
            #expect(try Set(test.kinds(of: caseID, in: archive)) == ["result", "best-frame"])
            #expect(throws: ArchiveError.self) { try test.contents("video", of: caseID, in: archive) }
        }
        #expect(try archive.overview.status().ledger.rulesLost.count == 2)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .rulesLost)
        try test.activate(
            TestArchive.policy.replacingOccurrences(of: "P90D", with: "P5D")
                .replacingOccurrences(of: "version: 1", with: "version: 2")
                .replacingOccurrences(of: "P2Y", with: "P1Y"), in: archive)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .rulesLost)
        // Another time is no answer.
        let other = try test.event(
            "relationship-ended", of: "K-2", at: ended.addingTimeInterval(-3600), in: archive)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .rulesLost)
        _ = try test.event("relationship-ended", of: "K-2", at: ended, .corrects(other.entry), in: archive)
        #expect(try archive.overview.status().ledger.rulesLost == [])
        // What applied once is done: the event may turn out to be wrong, and the policy may be retired.
        _ = try test.event("relationship-ended", of: "K-2", .withdraws(other.entry), in: archive)
        _ = try archive.policies.retire("house", reason: try Reason("r"), accepting: nil, confirm: { _ in true })
        #expect(try archive.overview.status().ledger.rulesLost == [])
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 0)
        #expect(try archive.audit.reconcile().findings == [])
        archive.publish()
        #expect(try EvidenceVerifier().verify(test.published(origin: 2)).problems == [])
    }

    /// A token whose result was destroyed must not bring it back: the vendor has it still.
    @Test func whatWaitsAndWasDestroyedIsNotPulledAgain() throws {
        let test = try TestArchive()
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        try test.activate(
            TestArchive.policy.replacingOccurrences(of: "P90D", with: "P1D"), in: try test.open())
        let first = try test.open()
        let waiting = try ["K-1", "K-2"].map { caseID in
            let issued = Timestamp.format(test.time.now.addingTimeInterval(-3600))
            return try first.intake.register(
                try test.registration(caseID, token: "token-\(caseID)") { input in
                    (input.tokenIssuedAt, input.jurisdictions) = (issued, ["HK"])
                })
        }
        first.publish()
        try test.copyIndex(to: "older")
        let archive = try test.open()
        #expect(try test.pull(archive) { $0.only = [waiting[0]] }.map(\.state) == [.archived])
        try test.pass(days: 2, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        archive.publish()
        try test.copyIndex(to: "older", back: true)
        let accepted = try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
        #expect(accepted.isWhole && accepted.destroyedAgain == 0, "\(accepted)")
        let again = try test.open()
        let ended = try again.retrieval.caseDetails(try CaseID("K-1")).verifications[0]
        #expect(ended.state == "rejected" && ended.objects.isEmpty, "\(ended)")
        #expect(try test.pull(again).map(\.state) == [.archived], "only the other case waits")
        #expect(try test.kinds(of: "K-1", in: again).isEmpty && !test.kinds(of: "K-2", in: again).isEmpty)
        #expect(try again.audit.reconcile().findings.allSatisfy { $0.hasPrefix("no row of the index names the blob") })
    }

    /// Nor must the token of the verification that another went on from: it stays sealed for its hours here, and there
    /// what came of it was destroyed.
    @Test func whatWentOnAndWasDestroyedIsNotReopened() throws {
        let test = try TestArchive()
        let (answer, reason) = (TestAnswer(), try Reason("r"))
        let empty = #"{"Response":{"Result":"0","Description":"Success","RequestId":"r"}}"#
        test.transport.answer { _, _ in (200, empty) }
        try test.activate(
            TestArchive.policy.replacingOccurrences(of: "P90D", with: "P1D"), in: try test.open())
        let first = try test.open()
        let caseIDs = try ["K-1", "K-2"].map { try CaseID($0) }
        for caseID in caseIDs {
            let issued = Timestamp.format(test.time.now.addingTimeInterval(-3600))
            _ = try first.intake.register(
                try test.registration(caseID.text, token: "token-\(caseID.text)") { input in
                    (input.tokenIssuedAt, input.jurisdictions) = (issued, ["HK"])
                })
        }
        _ = try test.pull(first)
        test.time.advance(601)
        #expect(try test.pull(first).map(\.state) == [.incomplete, .incomplete])
        first.publish()
        try test.copyIndex(to: "older")
        let archive = try test.open()
        test.transport.answer { _, _ in (200, answer.text) }
        _ = try archive.intake.reopen(caseIDs[0], number: nil, for: reason)
        #expect(try test.pull(archive).map(\.state) == [.archived])
        try test.pass(days: 2, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        archive.publish()
        try test.copyIndex(to: "older", back: true)
        _ = try test.open(toLook: true).audit.acceptFork(reason)
        let again = try test.open()
        #expect(refusal { _ = try again.intake.reopen(caseIDs[0], number: nil, for: reason) }?.code == .tokenEnded)
        #expect(try again.intake.reopen(caseIDs[1], number: nil, for: reason).number == 2)
        #expect(try again.audit.reconcile().findings.allSatisfy { $0.hasPrefix("no row of the index names the blob") })
    }

    /// What was registered on both sides of a fork under the same number is not the same: it waits on.
    @Test func anotherVerificationOfTheSameNumberWaitsOn() throws {
        let test = try TestArchive()
        let (answer, reason) = (TestAnswer(), try Reason("r"))
        test.transport.answer { _, _ in (200, answer.text) }
        try test.activate(
            TestArchive.policy.replacingOccurrences(of: "P90D", with: "P1D"), in: try test.open())
        func register(_ token: String, in session: Session) throws {
            let issued = Timestamp.format(test.time.now.addingTimeInterval(-3600))
            _ = try session.intake.register(
                try test.registration("K-1", token: token) { input in
                    (input.tokenIssuedAt, input.jurisdictions) = (issued, ["HK"])
                })
        }
        let first = try test.open()
        try register("first", in: first)
        first.publish()
        try test.copyIndex(to: "older")
        let there = try test.open()
        try register("there", in: there)
        #expect(try Set(test.pull(there).map(\.state)) == [.archived])
        try test.pass(days: 2, in: there)
        #expect(try there.destruction.run(accepting: nil).get().destroyed > 0)
        there.publish()
        // The older one is used where nothing of that is seen.
        try test.copyIndex(to: "older", back: true)
        let (published, mark) = (test.directory + "/state/strongroom", test.directory + "/state/strongroom-mark")
        for path in [published, mark] { try FileManager.default.moveItem(atPath: path, toPath: path + ".away") }
        test.time.advance(-2 * 86_400)
        try register("here", in: try test.open())
        test.time.advance(2 * 86_400)
        for path in [published, mark] {
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
        }
        _ = try test.open(toLook: true).audit.acceptFork(reason)
        let again = try test.open()
        let states = try again.retrieval.caseDetails(try CaseID("K-1")).verifications.map(\.state)
        #expect(states == ["rejected", "awaiting"], "\(states)")
        #expect(try again.audit.reconcile().findings.allSatisfy { $0.hasPrefix("no row of the index names the blob") })
    }

    /// A second fork from the same copy has lost what the first one had: also that is named, where the first folder is
    /// there, and where it is gone nobody goes on without saying so.
    @Test(arguments: [false, true])
    func aSecondForkNamesWhatTheFirstLost(firstIsGone: Bool) throws {
        let test = try TestArchive()
        _ = try goBack(test)
        _ = try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
        try test.open().publish()
        try test.copyIndex(to: "older", back: true)
        if firstIsGone {
            try FileManager.default.removeItem(atPath: test.published())
            let refused = refusal { _ = try test.open(toLook: true).audit.acceptFork(try Reason("and again")) }
            #expect(refused?.code == .publishedUnread)
        }
        let again = try test.open(toLook: true).audit.acceptFork(try Reason("and again"), unread: firstIsGone)
        #expect(again.origin.contains("/3.") && again.rulesLost.count == 2 && again.destroyedAgain == 2, "\(again)")
        let next = try test.open()
        if firstIsGone {
            #expect(refusal { _ = try next.destruction.run(accepting: nil) }?.code == .clockDoubted)
        } else {
            #expect(refusal { _ = try next.destruction.run(accepting: nil) }?.code == .rulesLost)
        }
    }

    /// An older signed checkpoint in a later folder, or in the same, hides nothing.
    @Test(arguments: [1, 2, 9])
    func anOlderPublicationHidesNothing(folder: Int) throws {
        let test = try TestArchive()
        try test.activate(TestArchive.policy, in: try test.open())
        try test.archive("K-1", in: try test.open())
        try test.open().publish()
        try test.copyIndex(to: "older")
        let place = try test.published()
        try FileManager.default.copyItem(atPath: place, toPath: test.directory + "/early")
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        try test.open().publish()
        try test.copyIndex(to: "older", back: true)
        let other = FilePath.parent(place) + "/\(folder)"
        try? FileManager.default.removeItem(atPath: other)
        try FileManager.default.copyItem(atPath: test.directory + "/early", toPath: other)
        let refused = refusal { _ = try test.open(toLook: true).audit.acceptFork(try Reason("r")) }
        #expect(refused?.code == .publishedUnread)
    }

    /// What a hold takes in by the ledger is not destroyed again, whatever the index says of the hold.
    @Test func whatIsHeldIsNotDestroyedAgain() throws {
        let test = try TestArchive()
        try test.activate(TestArchive.policy.replacingOccurrences(of: "P90D", with: "P5D"), in: try test.open())
        try test.archive("K-1", in: try test.open())
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        try test.open().publish()
        try test.copyIndex(to: "older")
        let archive = try test.open()
        _ = try archive.holds.release(try Matter("M-1"), reason: try Reason("r"))
        try test.pass(days: 25, in: archive)
        try test.pass(days: 10, in: archive)
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        archive.publish()
        try test.copyIndex(to: "older", back: true)
        let queue = try DatabaseQueue(path: test.path + "/index.sqlite")
        try queue.writeWithoutTransaction { db in
            let triggers = try Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            for trigger in triggers { try db.execute(sql: "DROP TRIGGER \"\(trigger["name"] as String)\"") }
            try db.execute(sql: "DELETE FROM hold_case; DELETE FROM hold_pin; UPDATE object SET status = 'kept'")
            for trigger in triggers { try db.execute(sql: trigger["sql"]) }
        }
        try queue.close()
        let accepted = try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
        #expect(accepted.destroyedAgain == 0 && accepted.isWhole)
    }

    /// The codes of lost rules are read as they were written.
    @Test func codesOfLostRulesAreReadAgain() {
        let (uid, time) = (CaseUID(from: .system), DayOrTime.time(Date(timeIntervalSince1970: 1_767_225_600)))
        let rule = RuleName(policy: "hk-bank", version: 4, rule: "video")
        for lost in [
            LostRule.policy("hk-bank", version: 4, file: String(repeating: "7", count: 64)),
            .retired("hk-bank", version: 3), .resolved(lower: rule, upper: rule, winner: .keep),
            .setting("approve hold release"), .setting("limit"), .completed(uid),
            .happened(uid, "relationship-ended", time),
            .neverHappened(uid, "relationship-ended", time),
            .happened(uid, "relationship-ended", .day(CalendarDay(number: 20_000)!)),
        ] {
            #expect(LostRule(code: lost.code) == lost, "\(lost.code)")
        }
        for bad in ["", "policy a b c", "happened x y z", "resolved a/b/c a/1/c keep", "never-happened \(uid) e"] {
            #expect(LostRule(code: bad) == nil, "\(bad)")
        }
    }

    /// What no key has signed destroys nothing: lines that somebody wrote into the published place.
    @Test(arguments: [true, false])
    func whatNobodySignedIsNotDoneAgain(behind: Bool) throws {
        let test = try TestArchive()
        _ = try goBack(test)
        let path = try test.published() + "/entries.jsonl"
        var lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        let place = try #require(lines.firstIndex { $0.contains("object destroyed") })
        let live = try #require(lines.first { $0.contains("object archived") && $0.contains("best-frame") })
        guard case .objectArchived(let object) = try Entry(Array(live.utf8)).event else { return #expect(Bool(false)) }
        guard case .objectDestroyed(let gone) = try Entry(Array(lines[place].utf8)).event else {
            return #expect(Bool(false))
        }
        let forged = lines[place].replacingOccurrences(of: gone.object.hex, with: object.object.hex)
            .replacingOccurrences(of: gone.address.hex, with: object.address.hex)
            .replacingOccurrences(of: gone.caseUID.hex, with: object.caseUID.hex)
        if behind { lines.append(forged) } else { lines[place] = forged }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        if !behind {
            let refused = refusal {
                _ = try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
            }
            #expect(refused?.code == .publishedUnread)
        }
        let accepted = try test.open(toLook: true).audit.acceptFork(
            try Reason("the disk was restored"), unread: !behind)
        #expect(accepted.isWhole == behind && accepted.destroyedAgain == (behind ? 2 : 0))
        #expect(try test.kinds(of: "K-1", in: try test.open()).contains("best-frame"))
    }

    /// Nobody can accept a ledger of which something is altered.
    @Test func anAlteredLedgerIsNotAccepted() throws {
        let test = try TestArchive()
        _ = try goBack(test)
        let queue = try DatabaseQueue(path: test.path + "/index.sqlite")
        try queue.writeWithoutTransaction {
            try $0.execute(sql: "DROP TRIGGER IF EXISTS ledger_entry_is_kept")
            let triggers = try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            let text = try String.fetchAll(
                $0, sql: "SELECT sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name")
            for name in triggers { try $0.execute(sql: "DROP TRIGGER \"\(name)\"") }
            try $0.execute(
                sql: """
                    UPDATE ledger_entry SET entry = CAST(replace(CAST(entry AS TEXT), '"HK"', '"SG"') AS BLOB)
                    WHERE kind = 'case registered'
                    """)
            for sql in text { try $0.execute(sql: sql) }
        }
        try queue.close()
        #expect(throws: (any Error).self) {
            try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
        }
        #expect(!FileManager.default.fileExists(atPath: try test.published(origin: 2)))
    }

    /// A fork that was accepted because the place could not be read is none any more when it can be: what was said on
    /// the record stands.
    @Test func aPlaceThatIsRightAgainAfterAForkStopsNothing() throws {
        let test = try TestArchive()
        try test.work("K-1")
        let path = try test.published() + "/checkpoint"
        let good = try Data(contentsOf: URL(fileURLWithPath: path))
        try Data("garbage".utf8).write(to: URL(fileURLWithPath: path))
        _ = try test.open(toLook: true).audit.acceptFork(try Reason("it is damaged"), unread: true)
        try good.write(to: URL(fileURLWithPath: path))
        try test.work("K-2")
        #expect(try test.open().audit.reconcile().findings == [])
        // One that was read to its end began where it ended; what is another now is no longer what was accepted.
        try test.copyIndex(to: "older")
        try test.work("K-3")
        try test.copyIndex(to: "older", back: true)
        _ = try test.open(toLook: true).audit.acceptFork(try Reason("the disk was restored"))
        try good.write(to: URL(fileURLWithPath: test.published(origin: 2) + "/checkpoint"))
        let refused = refusal { _ = try test.open() }
        #expect(refused?.code == .ledgerForked && refused?.message.contains("number 3") == true)
        // Whoever looked goes on.
        _ = try test.open(toLook: true).audit.acceptFork(try Reason("I know"), unread: true)
        try test.work("K-4")
    }

    /// A place that the operator names is filled also where it was away at first.
    @Test func aNewPlaceThatIsAwayAtFirstIsFilled() throws {
        let test = try TestArchive()
        try test.work("K-1")
        let place = test.directory + "/elsewhere"
        try test.setOperator("state/strongroom\"\n", "elsewhere\"\n")
        for number in 2...3 {
            let away = try test.open()
            _ = try away.intake.import(try test.item("K-\(number)", answer: TestAnswer().text))
            away.finishPublication()
            #expect(away.publicationProblem != nil && away.fork == nil)
        }
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        let archive = try test.open()
        archive.publish()
        #expect(archive.publicationProblem == nil && archive.unpublishedEntries == 0 && archive.fork == nil)
        #expect(try EvidenceVerifier().verify("\(place)/\(archive.uid)/1").problems == [])
    }

    @Test func anIndexWithAnotherPastIsNoticed() throws {
        let test = try TestArchive()
        try test.copyIndex(to: "older")
        try test.work("K-1")
        // The same archive lives a second life, hidden from the place and from this machine, until it is as long.
        try test.copyIndex(to: "older", back: true)
        try FileManager.default.removeItem(atPath: test.directory + "/state/strongroom-mark")
        let home = FilePath.parent(try test.published())
        try FileManager.default.moveItem(atPath: home, toPath: test.directory + "/hidden")
        for number in 1...3 { try test.work("L-\(number)") }
        try FileManager.default.removeItem(atPath: home)
        try FileManager.default.moveItem(atPath: test.directory + "/hidden", toPath: home)
        try checkForked(test, "are not those that are published")
    }

    @Test func aCheckpointOfAnotherArchiveIsNoticed() throws {
        let (test, other) = (try TestArchive(), try TestArchive())
        try test.work("K-1")
        try other.work("K-1")
        let path = try test.published() + "/checkpoint"
        let good = try #require(FileManager.default.contents(atPath: path))
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: other.published() + "/checkpoint", toPath: path)
        try checkForked(test, "of another ledger")
        // Altered bytes are no checkpoint of this archive either.
        for index in stride(from: 0, to: good.count, by: 7) {
            var altered = good
            altered[index] ^= 1
            try altered.write(to: URL(fileURLWithPath: path))
            #expect(throws: ArchiveError.self, "byte \(index)") { try test.open() }
        }
        try good.write(to: URL(fileURLWithPath: path))
        _ = try test.open()
    }

    /// A row that names another origin, without a key that could have accepted it, hides no fork.
    @Test(arguments: [
        "INSERT INTO ledger_origin VALUES (2, 'evil.example/x', 9, 0)", "UPDATE ledger_origin SET number = 2",
        "UPDATE ledger_origin SET origin = 'evil.example/x'", "INSERT INTO ledger_origin VALUES (2, 'a b', 0, 0)",
        "UPDATE ledger_origin SET published = -1", "UPDATE ledger_origin SET first_entry = -1",
        "DELETE FROM ledger_origin",
    ])
    func aForgedOriginIsNoticed(sql: String) throws {
        let test = try TestArchive()
        try test.work("K-1")
        try test.copyIndex(to: "older")
        try test.work("K-2")
        try test.copyIndex(to: "older", back: true)
        let queue = try DatabaseQueue(path: test.path + "/index.sqlite")
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
        let error = #expect(throws: ArchiveError.self) { try test.open() }
        #expect(error?.outcome == .integrity, "\(error?.message ?? "")")
        #expect(throws: ArchiveError.self) {
            _ = try test.open(toLook: true).audit.export(to: test.directory + "/signed")
        }
        #expect(!FileManager.default.fileExists(atPath: try test.published(origin: 2)))
    }

    /// A place that fails just while the archive is opened does not let a forged origin through later.
    @Test func aForgedOriginIsNoticedAlsoWhenThePlaceFailsAtFirst() throws {
        let test = try TestArchive()
        try test.work("K-1")
        try test.copyIndex(to: "older")
        try test.work("K-2")
        try test.copyIndex(to: "older", back: true)
        let queue = try DatabaseQueue(path: test.path + "/index.sqlite")
        try queue.writeWithoutTransaction {
            try $0.execute(sql: "INSERT INTO ledger_origin VALUES (2, 'evil.example/x', 9, 0)")
        }
        try queue.close()
        let home = FilePath.parent(try test.published())
        try FileManager.default.moveItem(atPath: home, toPath: home + ".away")
        try Data().write(to: URL(fileURLWithPath: home))
        #expect(throws: ArchiveError.self) { try test.open() }
        let archive = try test.open(toLook: true)
        try FileManager.default.removeItem(atPath: home)
        try FileManager.default.moveItem(atPath: home + ".away", toPath: home)
        archive.publish()
        #expect(try archive.fork != nil && !FileManager.default.fileExists(atPath: test.published(origin: 2)))
    }

    /// Naming another place is not a way around the one where the ledger is published.
    @Test func anOldIndexIsNoticedAlsoBesideANewPlace() throws {
        let test = try TestArchive()
        try test.work("K-1")
        try test.copyIndex(to: "older")
        try test.work("K-2")
        try test.copyIndex(to: "older", back: true)
        let place = test.directory + "/elsewhere"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try test.setOperator("\(test.directory)/state/strongroom", place)
        let error = #expect(throws: ArchiveError.self) { try test.open() }
        #expect(error?.code == .ledgerForked && error?.message.contains("older copy") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
    }

    /// What stands in the place beyond its checkpoint is evidence, and is never cut away.
    @Test func entriesThatTheLedgerDoesNotKnowAreNotOverwritten() throws {
        let test = try TestArchive()
        try test.work("K-1")
        let folder = try test.published()
        let (checkpoint, entries) = (folder + "/checkpoint", folder + "/entries.jsonl")
        let early = try Data(contentsOf: URL(fileURLWithPath: checkpoint))
        try test.copyIndex(to: "older")
        try test.work("K-2")
        // The crash came between entries and checkpoint, and then an older index was put back.
        try early.write(to: URL(fileURLWithPath: checkpoint))
        try test.copyIndex(to: "older", back: true)
        let before = try Data(contentsOf: URL(fileURLWithPath: entries))
        let archive = try test.open()
        _ = try archive.intake.import(try test.item("K-3", answer: TestAnswer(videoLength: 10).text))
        archive.publish()
        #expect(archive.fork?.message.contains("holds other entries") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: entries)) == before)
        // An altered byte of what was published last is noticed, too.
        let other = try TestArchive()
        try other.work("K-1")
        let path = try other.published() + "/entries.jsonl"
        var altered = try Data(contentsOf: URL(fileURLWithPath: path))
        altered[altered.count - 40] ^= 1
        try altered.write(to: URL(fileURLWithPath: path))
        #expect(try !other.open().audit.reconcile().findings.isEmpty)
        let next = try other.open()
        _ = try next.intake.import(try other.item("K-2", answer: TestAnswer(videoLength: 10).text))
        next.publish()
        #expect(next.fork != nil)
    }
}
