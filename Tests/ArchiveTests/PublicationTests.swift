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
        let path = test.path + "/strongroom.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let place = test.directory + "/elsewhere"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try text.replacingOccurrences(of: "\(test.directory)/state/strongroom", with: place)
            .write(toFile: path, atomically: true, encoding: .utf8)
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
        let path = test.path + "/strongroom.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacingOccurrences(of: "unpublished-limit: 10000", with: "unpublished-limit: 30")
            .replacingOccurrences(
                of: "\(test.directory)/state/strongroom", with: "\(test.directory)/place"
            )
            .write(toFile: path, atomically: true, encoding: .utf8)
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
        try FileManager.default.removeItem(atPath: place)
        try Data().write(to: URL(fileURLWithPath: place))
        try test.work("K-2")
        test.time.advance(25 * 3600)
        let error = #expect(throws: ArchiveError.self) { try test.work("K-3") }
        #expect(error?.code == .ledgerUnpublished)
        try FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try test.work("K-3")
    }

    @Test(arguments: ["checkpoint", "entries.jsonl", "all", "cut", "longer"])
    func aPlaceThatWasCutIsCompletedAndNamed(what: String) throws {
        let test = try TestArchive()
        try test.work("K-1")
        let folder = try test.published()
        let early = try #require(FileManager.default.contents(atPath: folder + "/checkpoint"))
        for number in 2...3 { try test.work("K-\(number)") }
        let entries = folder + "/entries.jsonl"
        switch what {
        case "checkpoint": try early.write(to: URL(fileURLWithPath: folder + "/checkpoint"))
        case "entries.jsonl": try FileManager.default.removeItem(atPath: entries)
        case "all": try FileManager.default.removeItem(atPath: FilePath.parent(folder))
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

    @Test func aCommandIsHandedWhatIsNew() throws {
        let test = try TestArchive()
        let script = test.directory + "/take"
        let taken = test.directory + "/taken"
        try """
        #!/bin/sh
        [ -e \(taken).stop ] && exit 3
        mkdir -p \(taken) && cat "$STRONGROOM_ENTRIES" >> \(taken)/entries.jsonl && cp "$STRONGROOM_CHECKPOINT" \
        \(taken)/checkpoint
        echo "$STRONGROOM_FIRST_ENTRY $STRONGROOM_SIZE" >> \(taken)/calls; echo "$STRONGROOM_VERIFIER_KEY" > \
        \(taken)/verifier.key
        env | grep -c TENCENTCLOUD >> \(taken)/secrets; true
        """.write(toFile: script, atomically: true, encoding: .utf8)
        chmod(script, 0o700)
        let path = test.path + "/strongroom.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacingOccurrences(of: "\n  directory: ", with: "\n  # directory: ").replacingOccurrences(
            of: "# command: [/usr/local/bin/publish, --to, elsewhere]", with: "command: [\(script)]"
        )
        .write(toFile: path, atomically: true, encoding: .utf8)
        // The state directory knows what was published before there was a command.
        try FileManager.default.removeItem(atPath: test.directory + "/state/strongroom")
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
