import Base
import Evidence
import Foundation
import Ledger
import Synchronization
import Testing

@testable import Archive
@testable import Vault

/// The place outside of the archive: what fails there, what a crash leaves, and what is made of it.
struct PublicationTests {
    /// Zeros behind the published lines, more of them than the next lines have bytes.
    @Test func zerosThatACrashLeftAreCutOff() throws {
        let test = try TestArchive()
        try test.work("K-1")
        let entries = try test.published() + "/entries.jsonl"
        let handle = try #require(FileHandle(forWritingAtPath: entries))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(count: 2_000_000))
        try handle.close()
        let archive = try test.open()
        let items = try (0..<200).map { try test.item("Z-\($0)", answer: TestAnswer(videoLength: 1).text) }
        archive.intake.import(items) { _ in }
        archive.publish()
        #expect(archive.fork == nil && archive.publicationProblem == nil)
        #expect(try EvidenceVerifier().verify(test.published()).problems == [])
    }

    /// An old archive whose place fails for a moment goes on working.
    @Test func whatWasPublishedBeforeDoesNotCountAgainstTheBound() throws {
        let test = try TestArchive()
        for number in 1...3 {
            try test.work("K-\(number)")
            try test.open().finishPublication()
        }
        test.time.advance(100 * 24 * 3600)
        let place = FilePath.parent(FilePath.parent(try test.published()))
        for makesFile in [false, true] {
            try FileManager.default.moveItem(atPath: place, toPath: place + ".away")
            if makesFile { try Data().write(to: URL(fileURLWithPath: place)) }
            let archive = try test.open()
            _ = try archive.intake.import(try test.item("K-\(makesFile)", answer: TestAnswer(videoLength: 10).text))
            archive.finishPublication()
            #expect(archive.publicationProblem != nil)
            if makesFile { try FileManager.default.removeItem(atPath: place) }
            try FileManager.default.moveItem(atPath: place + ".away", toPath: place)
        }
        let archive = try test.open()
        archive.finishPublication()
        #expect(try archive.publicationProblem == nil && EvidenceVerifier().verify(test.published()).problems == [])
    }

    /// Another place is no alarm: it is filled from the beginning.
    @Test func aPlaceThatIsNamedAnewIsFilled() throws {
        let test = try TestArchive()
        for number in 1...2 { try test.work("K-\(number)") }
        let place = test.directory + "/elsewhere"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try test.setOperator("\(test.directory)/state/strongroom", place)
        try test.work("K-3")
        let archive = try test.open()
        var query = LedgerQuery()
        query.kind = "publication repaired"
        #expect(try archive.audit.entries(query).isEmpty)
        #expect(try EvidenceVerifier().verify("\(place)/\(archive.uid)/1").problems == [])
    }

    @Test func aCrashBetweenCommitAndPublicationIsNoAlarm() throws {
        let test = try TestArchive()
        for number in 1...3 {
            _ = try test.open().intake.import(try test.item("K-\(number)", answer: TestAnswer(videoLength: 10).text))
        }
        let archive = try test.open()
        #expect(archive.unpublishedEntries > 10)
        archive.publish()
        #expect(archive.unpublishedEntries == 0 && archive.publicationProblem == nil)
        #expect(try EvidenceVerifier().verify(test.published()).problems == [])
    }

    @Test func aPlaceThatIsGoneStopsWorkAtTheBound() throws {
        let test = try TestArchive()
        try test.set("unpublished-limit: 10000", "unpublished-limit: 30")
        try test.setOperator("\(test.directory)/state/strongroom", "\(test.directory)/place")
        try test.work("K-1")
        var done = 1
        var refusal: ArchiveError?
        while refusal == nil, done < 20 {
            let archive = try test.open()
            do {
                _ = try archive.intake.import(try test.item("K-\(done + 1)", answer: TestAnswer(videoLength: 10).text))
                done += 1
            } catch { refusal = error as? ArchiveError }
            archive.publish()
            #expect(archive.publicationProblem?.message.contains("/place") == true)
        }
        #expect(
            refusal?.code == .ledgerUnpublished && refusal?.outcome == .refused && (4...7).contains(done), "\(done)")
        #expect(try test.open().audit.reconcile().findings == [])
        // Mended, it goes on by itself.
        try FileManager.default.createDirectory(atPath: test.directory + "/place", withIntermediateDirectories: false)
        try test.work("K-after")
        let archive = try test.open()
        #expect(archive.unpublishedEntries == 0)
        let uid = archive.uid
        #expect(try EvidenceVerifier().verify(test.directory + "/place/\(uid)/1").problems == [])
    }

    @Test func timeIsABoundToo() throws {
        let test = try TestArchive()
        let place = test.directory + "/state/strongroom"
        try test.work("K-1")
        try FileManager.default.moveItem(atPath: place, toPath: place + ".away")
        try Data().write(to: URL(fileURLWithPath: place))
        try test.work("K-2")
        test.time.advance(25 * 3600)
        let error = #expect(throws: ArchiveError.self) { try test.work("K-3") }
        #expect(error?.code == .ledgerUnpublished)
        try FileManager.default.removeItem(atPath: place)
        try FileManager.default.moveItem(atPath: place + ".away", toPath: place)
        try test.work("K-3")
    }

    /// What was published once is there for ever: a place that holds less is not the one that it was.
    @Test(arguments: ["checkpoint", "all", "the checkpoint of another"]) func aPlaceThatShrankIsAFork(what: String)
        throws
    {
        let test = try TestArchive()
        try test.work("K-1")
        let folder = try test.published()
        let early = try #require(FileManager.default.contents(atPath: folder + "/checkpoint"))
        for number in 2...3 { try test.work("K-\(number)") }
        switch what {
        case "checkpoint": try early.write(to: URL(fileURLWithPath: folder + "/checkpoint"))
        case "all": try FileManager.default.removeItem(atPath: FilePath.parent(folder))
        default:
            let other = try TestArchive()
            try other.work("K-1")
            try FileManager.default.removeItem(atPath: folder + "/checkpoint")
            try FileManager.default.copyItem(
                atPath: try other.published() + "/checkpoint", toPath: folder + "/checkpoint")
        }
        let refused = refusal { _ = try test.open() }
        #expect(refused?.code == .ledgerForked && refused?.outcome == .integrity, "\(String(describing: refused))")
        guard what != "the checkpoint of another" else { return }
        // A place that is named anew is filled.
        let place = test.directory + "/elsewhere"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try test.setOperator("\(test.directory)/state/strongroom\"", place + "\"")
        try test.work("K-4")
        #expect(try EvidenceVerifier().verify("\(place)/\(test.open().uid)/1").problems == [])
    }

    /// A directory with a later number is an origin only where this archive's key has signed something in it.
    @Test func anEmptyDirectoryIsNoLaterOrigin() throws {
        let test = try TestArchive()
        try test.work("K-1")
        let later = FilePath.parent(try test.published()) + "/7"
        try FileManager.default.createDirectory(atPath: later, withIntermediateDirectories: false)
        try test.work("K-2")
        try Data("nonsense\n".utf8).write(to: URL(fileURLWithPath: later + "/checkpoint"))
        try test.work("K-3")
        let other = try TestArchive()
        try other.work("K-1")
        try FileManager.default.removeItem(atPath: later)
        try FileManager.default.copyItem(atPath: try other.published(), toPath: later)
        try test.work("K-4")
        try FileManager.default.removeItem(atPath: later)
        try FileManager.default.copyItem(atPath: try test.published(), toPath: later)
        #expect(refusal { _ = try test.open() }?.code == .ledgerForked)
    }

    @Test(arguments: ["entries.jsonl", "cut", "longer"])
    func aPlaceThatWasCutIsCompletedAndNamed(what: String) throws {
        let test = try TestArchive()
        try test.work("K-1")
        let folder = try test.published()
        for number in 2...3 { try test.work("K-\(number)") }
        let entries = folder + "/entries.jsonl"
        switch what {
        case "entries.jsonl": try FileManager.default.removeItem(atPath: entries)
        case "cut":
            try Data(contentsOf: URL(fileURLWithPath: entries)).dropLast(500).write(to: URL(fileURLWithPath: entries))
        default:
            let handle = try #require(FileHandle(forWritingAtPath: entries))
            try handle.seekToEnd()
            // The first bytes of the next entry are there already, and zeros behind them.
            try handle.write(contentsOf: Data(#"{"actor":{"known":"claimed""#.utf8) + Data(count: 30))
            try handle.close()
        }
        try test.work("K-4")
        #expect(try EvidenceVerifier().verify(folder).problems == [], "\(what)")
        #expect(try test.open().audit.reconcile().findings == [])
        var query = LedgerQuery()
        query.kind = "publication repaired"
        // What a crash can leave is completed without a word.
        #expect(try test.open().audit.entries(query).count == (what == "longer" ? 0 : 1))
    }

    /// From now on a program publishes, which keeps what it was handed in a folder.
    ///
    /// - Returns: that folder.
    private func publishByCommand(_ test: TestArchive) throws -> String {
        let script = test.directory + "/take"
        let taken = test.directory + "/taken"
        try """
        #!/bin/sh
        [ -e \(taken).stop ] && exit 3
        if [ "$STRONGROOM_ACTION" = newest ]; then cat \(taken)/checkpoint 2>/dev/null; exit 0; fi
        mkdir -p \(taken) && cat "$STRONGROOM_ENTRIES" >> \(taken)/entries.jsonl && cp "$STRONGROOM_CHECKPOINT" \
        \(taken)/checkpoint
        echo "$STRONGROOM_FIRST_ENTRY $STRONGROOM_SIZE" >> \(taken)/calls; echo "$STRONGROOM_VERIFIER_KEY" > \
        \(taken)/verifier.key
        env | grep -c TENCENTCLOUD >> \(taken)/secrets; true
        """.write(toFile: script, atomically: true, encoding: .utf8)
        chmod(script, 0o700)
        try test.setOperator("\n  directory: ", "\n  # directory: ")
        try test.setOperator("# command: [/usr/local/bin/publish, --to, elsewhere]", "command: [\(script)]")
        return taken
    }

    @Test func aCommandIsHandedWhatIsNew() throws {
        let test = try TestArchive()
        let taken = try publishByCommand(test)
        for number in 1...2 { try test.work("K-\(number)") }
        #expect(try EvidenceVerifier().verify(taken).problems == [])
        try Data().write(to: URL(fileURLWithPath: taken + ".stop"))
        try test.work("K-3")
        let archive = try test.open()
        archive.publish()
        #expect(archive.publicationProblem?.message.contains("exit code 3") == true && archive.unpublishedEntries > 0)
        try FileManager.default.removeItem(atPath: taken + ".stop")
        archive.publish()
        #expect(archive.publicationProblem == nil && archive.unpublishedEntries == 0)
        #expect(try EvidenceVerifier().verify(taken).problems == [])
    }

    /// What a crash left behind the published checkpoint is completed; what somebody put behind that is found, and
    /// stays.
    @Test(arguments: [true, false]) func whatStandsBehindALeftoverIsNotCutOff(isForeign: Bool) throws {
        let test = try TestArchive()
        try test.work("K-1")
        try test.open().finishPublication()
        let (checkpoint, entries) = (try test.published() + "/checkpoint", try test.published() + "/entries.jsonl")
        let early = try Data(contentsOf: URL(fileURLWithPath: checkpoint))
        let session = try test.open()
        _ = try session.intake.import(try test.item("K-2", answer: TestAnswer(videoLength: 10).text))
        session.publish()
        // The entries were durable, and the checkpoint was not replaced yet.
        try early.write(to: URL(fileURLWithPath: checkpoint))
        var left = try Data(contentsOf: URL(fileURLWithPath: entries))
        if isForeign { left += Data("{\"somebody\":\"else\"}\n".utf8) }
        try left.write(to: URL(fileURLWithPath: entries))
        let next = try test.open()
        next.publish()
        #expect((next.fork != nil) == isForeign, "\(String(describing: next.publicationProblem))")
        #expect(try Data(contentsOf: URL(fileURLWithPath: entries)) == left)
        if !isForeign { #expect(try EvidenceVerifier().verify(test.published()).problems == []) }
    }

    /// What a command gives back is what is compared with: an older index is known by it alone.
    @Test func aCommandIsAskedForItsNewestCheckpoint() throws {
        let test = try TestArchive()
        let taken = try publishByCommand(test)
        try test.work("K-1")
        try test.copyIndex(to: "older")
        let early = try Data(contentsOf: URL(fileURLWithPath: taken + "/checkpoint"))
        try test.work("K-2")
        try test.open().finishPublication()
        let late = try Data(contentsOf: URL(fileURLWithPath: taken + "/checkpoint"))
        func put(_ bytes: Data) throws { try bytes.write(to: URL(fileURLWithPath: taken + "/checkpoint")) }

        // A command that has less than it had is not the place that it was; nor is one that has something else.
        try put(early)
        #expect(refusal { _ = try test.open() }?.message.contains("had been published") == true)
        try put(Data())
        #expect(refusal { _ = try test.open() }?.code == .ledgerForked)
        // What this archive's key did not sign is no answer.
        let other = try TestArchive()
        try other.work("K-1")
        let foreign = try Data(contentsOf: URL(fileURLWithPath: other.published() + "/checkpoint"))
        for bytes in [Data("<html>Sign in</html>\n".utf8), foreign] {
            try put(bytes)
            let session = try test.open()
            session.publish()
            #expect(session.fork == nil)
            #expect(session.publicationProblem?.message.contains("that no key of this archive signed") == true)
        }
        try put(late)
        _ = try test.open()

        // No mark of this machine is needed for that.
        try test.copyIndex(to: "older", back: true)
        try FileManager.default.removeItem(atPath: test.directory + "/state/strongroom-mark")
        #expect(refusal { _ = try test.open() }?.message.contains("it is an older copy, or was cut") == true)
        let again = refusal { _ = try test.open(toLook: true).audit.acceptFork(try Reason("r")) }
        #expect(again?.code == .publishedUnread, "a command gives no entries back")
        let session = try test.open(toLook: true)
        // Also where it cannot say anything just then.
        try put(Data("<html>Sign in</html>\n".utf8))
        #expect(refusal { _ = try session.audit.acceptFork(try Reason("r")) } != nil)
        let accepted = try session.audit.acceptFork(try Reason("r"), unread: true)
        #expect(accepted.origin.contains("/2.") && !accepted.isWhole && session.fork == nil)
        try put(late)
        try test.work("K-3")
        #expect(try EvidenceVerifier().verify(taken).problems.isEmpty == false, "two origins in one file")
        // And an index of before the fork meets an origin that it does not know.
        try test.copyIndex(to: "older", back: true)
        try FileManager.default.removeItem(atPath: test.directory + "/state/strongroom-mark")
        #expect(refusal { _ = try test.open() }?.message.contains("an origin that this index does not know") == true)
    }

    /// A command that takes everything and gives nothing back is no place: nothing counts as published, and so nothing
    /// is destroyed.
    @Test func aCommandThatGivesNothingBackIsNoPlace() throws {
        let test = try TestArchive()
        try test.activate(TestArchive.policy, in: try test.open())
        try test.archive("K-1", in: try test.open())
        try test.pass(days: 91, in: try test.open())
        let script = test.directory + "/take"
        try "#!/bin/sh\nexit 0\n".write(toFile: script, atomically: true, encoding: .utf8)
        chmod(script, 0o700)
        try test.setOperator("\n  directory: ", "\n  # directory: ")
        try test.setOperator("# command: [/usr/local/bin/publish, --to, elsewhere]", "command: [\(script)]")
        let archive = try test.open()
        archive.publish()
        #expect(archive.publicationProblem?.message.contains("does not give back the checkpoint") == true)
        #expect(archive.unpublishedEntries > 0)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .ledgerUnpublished)
        #expect(try test.stored("video", in: archive) == 1)
    }

    /// A power cut after the N-th operation on files while publishing, for every N: what is published is never
    /// ahead of the index, verifies, and goes on.
    @Test func aPowerCutWhilePublishingIsNoAlarm() throws {
        var step = 0
        var finished = false
        while !finished {
            let test = try TestArchive()
            try test.work("K-1")
            _ = try test.open().intake.import(try test.item("K-2", answer: TestAnswer(videoLength: 10).text))
            let files = LosingFileSystem(operations: step)
            try test.open(files: files).publish()
            finished = !files.isDead
            files.losePower()
            let archive = try test.open()
            archive.publish()
            #expect(archive.publicationProblem == nil, "step \(step)")
            #expect(try EvidenceVerifier().verify(test.published()).problems == [], "step \(step)")
            #expect(try archive.audit.reconcile().findings == [], "step \(step)")
            step += 1
        }
        #expect(step > 5)
    }
}
