import Base
import Foundation
import Testing

@testable import Archive
@testable import Vault

/// An older state of an archive is known as such also while the published place cannot be read.
struct MarkTests {
    private let test: TestArchive
    private let place: String
    private let marks: String

    init() throws {
        test = try TestArchive()
        place = test.directory + "/state/strongroom"
        marks = test.directory + "/state/strongroom-mark"
        try test.activate(TestArchive.policy, in: try test.open())
        try test.archive("K-1", in: try test.open())
        try test.open().publish()
    }

    private func unmount() throws { try FileManager.default.moveItem(atPath: place, toPath: place + ".away") }
    private func mount() throws { try FileManager.default.moveItem(atPath: place + ".away", toPath: place) }

    private func look() throws -> Int { try test.contents("best-frame", of: "K-1", in: try test.open()).count }

    @Test func anOlderIndexIsKnownByTheMark() throws {
        try test.copyIndex(to: "older")
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        try test.open().publish()
        try unmount()
        try test.copyIndex(to: "older", back: true)
        let refused = refusal { _ = try test.open() }
        #expect(refused?.code == .ledgerForked && refused?.message.contains("this machine has seen") == true)
        // What the place says comes first, where it says something.
        try mount()
        #expect(refusal { _ = try test.open() }?.message.contains("are published in") == true)
    }

    @Test func whatWasDestroyedDoesNotComeBackWithoutThePlace() throws {
        try test.pass(days: 91, in: try test.open())
        try test.copyIndex(to: "older")
        #expect(try test.open().destruction.run(accepting: nil).get().destroyed == 1)
        try unmount()
        try test.copyIndex(to: "older", back: true)
        #expect(refusal { _ = try test.open() }?.code == .ledgerForked)
    }

    /// The place may fail for as long as something said lately that this is no older state.
    @Test func mediaLeavesForATimeWithoutThePlace() throws {
        #expect(try look() > 0)
        try unmount()
        #expect(try look() > 0)
        test.time.advance(23 * 3600)
        #expect(try look() > 0)
        test.time.advance(2 * 3600)
        let refused = refusal { _ = try look() }
        #expect(refused?.code == .ledgerUnpublished && refused?.outcome == .refused)
        try mount()
        #expect(try look() > 0)
    }

    @Test func withoutMarkAndPlaceNothingIsBelieved() throws {
        #expect(try look() > 0)
        try unmount()
        try FileManager.default.removeItem(atPath: marks)
        let refused = refusal { _ = try look() }
        #expect(refused?.code == .ledgerUnpublished && refused?.message.contains("no media leaves") == true)
        // Intake goes on.
        try test.archive("K-2", in: try test.open())
        #expect(try test.open().overview.status().cases == 2)
        try mount()
        #expect(try look() > 0)
        #expect(FileManager.default.fileExists(atPath: marks))
    }

    @Test func nothingIsDestroyedBeforeItsBeginningIsPublished() throws {
        try test.pass(days: 91, in: try test.open())
        try test.open().publish()
        try unmount()
        let refused = refusal { _ = try test.open().destruction.run(accepting: nil).get() }
        #expect(refused?.code == .ledgerUnpublished && refused?.message.contains("nothing is destroyed") == true)
        #expect(try test.kinds(of: "K-1", in: test.open()).contains("video"))
        try mount()
        #expect(try test.open().destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try test.open().audit.reconcile().findings == [])
    }

    /// Another machine, or a copy of the archive, has published something meanwhile: the run ends.
    @Test func aBatchIsComparedWithWhatIsPublished() throws {
        try test.pass(days: 91, in: try test.open())
        let session = try test.open()
        try session.compareWithPublished()
        try test.work("K-7")
        try session.compareWithPublished()
        try test.copyIndex(to: "older")
        let folder = try test.published()
        try FileManager.default.copyItem(atPath: folder, toPath: folder + ".older")
        try test.work("K-8")
        let newer = try #require(FileManager.default.contents(atPath: folder + "/checkpoint"))
        try test.copyIndex(to: "older", back: true)
        try FileManager.default.removeItem(atPath: folder)
        try FileManager.default.moveItem(atPath: folder + ".older", toPath: folder)
        try FileManager.default.removeItem(atPath: marks)
        let copy = try test.open()
        try copy.compareWithPublished()
        try newer.write(to: URL(fileURLWithPath: folder + "/checkpoint"))
        #expect(refusal { try copy.compareWithPublished() }?.code == .ledgerForked)
    }

    @Test func aMarkOnlyGrows() throws {
        let path = marks + "/" + (try test.open().uid)
        let early = try String(contentsOfFile: path, encoding: .utf8)
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        let late = try String(contentsOfFile: path, encoding: .utf8)
        #expect(late != early)
        let session = try test.open()
        let place = MarkPlace(
            session.configuration.publication, of: session.configuration.archiveUID, effects: test.effects())
        let mark = try #require(Mark(early, by: session.keyring))
        try place.write(mark, by: session.keyring)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == late)
        // Whoever alters it makes it no mark.
        for index in Array(late.utf8).indices {
            var bytes = Array(late.utf8)
            bytes[index] ^= 1
            #expect(Mark(String(decoding: bytes, as: UTF8.self), by: session.keyring) == nil)
        }
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    /// A mark that cannot be written is said; the hold stands, and that is said, too.
    @Test func aMarkThatCannotBeWrittenIsSaid() throws {
        try FileManager.default.removeItem(atPath: marks)
        try Data().write(to: URL(fileURLWithPath: marks))
        let session = try test.open()
        session.publish()
        #expect(session.publicationProblem == nil && session.markProblem?.message.contains("cannot note") == true)
        #expect(try !test.hold("M-1", try test.cases("K-1"), in: session).isMarked)
        #expect(try test.open().holds.list(all: false).count == 1)
        try FileManager.default.removeItem(atPath: marks)
        session.publish()
        _ = try look()
        try session.writeMark()
        #expect(session.markProblem == nil)
    }

    /// A machine that has seen nothing yet is given a checkpoint that somebody kept: an older index is known as such,
    /// and from then on by the mark.
    @Test func aNewMachineBeginsWithACheckpointThatWasKept() throws {
        let kept = test.directory + "/kept"
        try test.copyIndex(to: "older")
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        try test.open().publish()
        try FileManager.default.copyItem(atPath: place + "/\(try test.open().uid)/1/checkpoint", toPath: kept)
        try unmount()
        func forgetMark() throws { try FileManager.default.removeItem(atPath: marks) }
        func open(_ checkpoint: String) throws -> Session {
            try OpenArchive.open(
                test.path, rootKey: test.rootKey, effects: test.effects(), checkpoint: checkpoint
            ).session(as: .actor(try Actor(claimed: "tester")))
        }

        try forgetMark()
        try test.copyIndex(to: "newer")
        try test.copyIndex(to: "older", back: true)
        #expect(refusal { _ = try look() }?.code == .ledgerUnpublished, "nothing is known here")
        #expect(refusal { _ = try open(kept) }?.code == .ledgerForked)
        #expect(refusal { _ = try test.open() }?.message.contains("that this machine was given") == true)
        try test.copyIndex(to: "newer", back: true)
        #expect(try test.contents("best-frame", of: "K-1", in: try open(kept)).count > 0)
        #expect(try look() > 0, "this machine has a mark now")
        // Its time is that of the checkpoint's last entry.
        test.time.advance(25 * 3600)
        #expect(
            refusal { _ = try test.contents("best-frame", of: "K-1", in: try open(kept)) }?.code == .ledgerUnpublished)
        try test.copyIndex(to: "older", back: true)
        #expect(refusal { _ = try test.open() }?.message.contains("this machine has seen") == true)

        // Only what a key of this archive signed says anything.
        try test.copyIndex(to: "newer", back: true)
        try forgetMark()
        let other = try TestArchive()
        try other.work("K-1")
        let good = try Data(contentsOf: URL(fileURLWithPath: kept))
        for bytes in [
            Data(), Data("nonsense".utf8), good.dropLast(9), Data(good.map { $0 == UInt8(ascii: "1") ? 0x32 : $0 }),
            try Data(contentsOf: URL(fileURLWithPath: other.published() + "/checkpoint")),
        ] {
            try bytes.write(to: URL(fileURLWithPath: kept))
            let refused = refusal { _ = try open(kept) }
            #expect(refused?.code == .badEvidence && refused?.message.contains(kept) == true, "\(refused as Any)")
        }
        #expect(refusal { _ = try open(kept + ".none") }?.code == .storage)
        #expect(!FileManager.default.fileExists(atPath: marks + "/\(try test.open().uid)"))
    }

    /// A machine without a mark, with a new place: what it published there itself is nothing to compare with.
    @Test(arguments: [false, true]) func whatAMachinePublishedItselfVouchesForNothing(byPersons: Bool) throws {
        let kept = test.directory + "/kept"
        try test.copyIndex(to: "older")
        try test.pass(days: 91, in: try test.open())
        try test.open().publish()
        try FileManager.default.copyItem(atPath: place + "/\(try test.open().uid)/1/checkpoint", toPath: kept)
        // Another machine: nothing of this one's is there, and the operator names a place of its own.
        for path in [marks, place] { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: test.directory + "/new", withIntermediateDirectories: false)
        try test.setOperator("\(place)\"\n", "\(test.directory)/new\"\n")
        for _ in 0..<3 {
            let session = try test.open()
            #expect(refusal { _ = try session.destruction.run(accepting: nil) }?.code == .ledgerUnpublished)
            #expect(refusal { _ = try test.contents("video", of: "K-1", in: session) }?.code == .ledgerUnpublished)
            // Intake goes on.
            _ = try session.intake.import(try test.item("K-\(UUID().uuidString)", answer: TestAnswer().text))
            session.finishPublication()
            #expect(session.publicationProblem?.message.contains("is empty, and nothing on this machine") == true)
        }
        if byPersons {
            // There is no checkpoint: a named person accepts it as it is.
            let session = try test.open(toLook: true)
            #expect(refusal { _ = try session.audit.acceptFork(try Reason("r")) }?.code == .publishedUnread)
            #expect(try session.audit.acceptFork(try Reason("r"), unread: true).origin.contains("/2."))
            _ = try test.open().destruction.acceptClock(test.time.now, reason: try Reason("it is right"))
        } else {
            let session = try OpenArchive.open(
                test.path, rootKey: test.rootKey, effects: test.effects(), checkpoint: kept
            ).session(as: .actor(try Actor(claimed: "tester")))
            session.finishPublication()
            #expect(session.publicationProblem == nil && session.unpublishedEntries == 0)
        }
        #expect(try test.open().destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try test.open().audit.reconcile().findings == [])
    }

    /// A checkpoint that shows that the index is an older one is not forgotten: a fork is not accepted as if that had
    /// never been.
    @Test func aCheckpointThatIsFurtherIsKnownFromThenOn() throws {
        let kept = test.directory + "/kept"
        try test.copyIndex(to: "older")
        try FileManager.default.copyItem(atPath: test.directory + "/state", toPath: test.directory + "/before")
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        try test.open().publish()
        try FileManager.default.copyItem(atPath: place + "/\(try test.open().uid)/1/checkpoint", toPath: kept)
        // Index, place and mark are all put back.
        try test.copyIndex(to: "older", back: true)
        try FileManager.default.removeItem(atPath: test.directory + "/state")
        try FileManager.default.moveItem(atPath: test.directory + "/before", toPath: test.directory + "/state")
        _ = try test.open()
        func open() throws -> Session {
            try OpenArchive.open(
                test.path, rootKey: test.rootKey, effects: test.effects(), checkpoint: kept, toLook: true
            ).session(as: .actor(try Actor(claimed: "tester")))
        }
        let session = try open()
        #expect(session.fork?.message.contains("it is an older copy") == true, "\(session.fork as Any)")
        #expect(refusal { _ = try session.audit.acceptFork(try Reason("r")) }?.code == .publishedUnread)
        // Also without it, at the next command.
        #expect(refusal { _ = try test.open() }?.code == .ledgerForked)
        let next = try test.open(toLook: true)
        #expect(refusal { _ = try next.audit.acceptFork(try Reason("r")) }?.code == .publishedUnread)
        let accepted = try next.audit.acceptFork(try Reason("r"), unread: true)
        #expect(!accepted.isWhole)
        #expect(refusal { _ = try test.open().destruction.run(accepting: nil) }?.code == .clockDoubted)
        // One of before the fork is none to begin with any more.
        #expect(refusal { _ = try open() }?.message.contains("since a fork was accepted") == true)
    }

    /// What is gone with the machine's power is nothing to compare with.
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/shm"))) func memoryIsNoPlaceForAMark() throws {
        let folder = "/dev/shm/strongroom-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try test.setOperator(marks, folder)
        try test.hold("M-1", try test.cases("K-1"), in: try test.open())
        #expect(FileManager.default.fileExists(atPath: folder))
        try unmount()
        #expect(refusal { _ = try look() }?.code == .ledgerUnpublished)
    }
}
