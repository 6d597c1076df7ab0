import BlobStore
import Foundation
import GRDB
import Ledger
import Synchronization
import Testing

@testable import Archive

/// A ledger that was put back, cut or exchanged is noticed; a crash is no alarm.
struct PublicationTests {
    private func published(_ test: TestArchive, origin: Int = 1) throws -> String {
        let home = test.directory + "/state/strongroom"
        let uid = try #require(try FileManager.default.contentsOfDirectory(atPath: home).first)
        return "\(home)/\(uid)/\(origin)"
    }

    private func work(_ test: TestArchive, _ caseID: String) throws {
        let archive = try test.open()
        defer { archive.publish() }
        _ = try archive.import(try test.item(caseID, answer: TestAnswer(videoLength: 10).text))
    }

    private func copyIndex(_ test: TestArchive, to name: String, back: Bool = false) throws {
        for suffix in ["", "-wal"] {
            let (own, other) = (test.path + "/index.sqlite" + suffix, test.directory + "/" + name + suffix)
            let (from, to) = back ? (other, own) : (own, other)
            try? FileManager.default.removeItem(atPath: to)
            if FileManager.default.fileExists(atPath: from) {
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
        }
    }

    private func checkForked(_ test: TestArchive, _ words: String, sourceLocation: SourceLocation = #_sourceLocation)
        throws
    {
        let error = #expect(throws: ArchiveError.self, sourceLocation: sourceLocation) { try test.open() }
        #expect(error?.code == .ledgerForked && error?.outcome == .integrity, sourceLocation: sourceLocation)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")", sourceLocation: sourceLocation)
        // To look is possible, to write is not.
        let archive = try test.open(toLook: true)
        let last = try archive.lastEntry()
        #expect(throws: ArchiveError.self) { try test.contents("result", of: "K-1", in: archive) }
        #expect(throws: ArchiveError.self) { try archive.import(try test.item("K-9", answer: TestAnswer().text)) }
        archive.publish()
        #expect(try archive.lastEntry() == last)
        #expect(try archive.reconcile().findings.contains { $0.contains(words) })
        #expect(try archive.status().ledger.fork != nil)
    }

    @Test func anOlderIndexIsNoticedUntilSomebodyLooked() throws {
        let test = try TestArchive()
        try work(test, "K-1")
        try copyIndex(test, to: "older")
        try work(test, "K-2")
        try copyIndex(test, to: "older", back: true)
        try checkForked(test, "it is an older copy, or was cut")
        let before = try FileManager.default.contents(atPath: published(test) + "/checkpoint")

        let accepted = try test.open(actor: "j.chan", toLook: true).acceptFork(try Reason("the disk was restored"))
        #expect(accepted.origin.contains("/2."))
        try work(test, "K-3")
        let archive = try test.open()
        // The blobs of what was forgotten are strangers now, as many as an answer of these tests has.
        let findings = try archive.reconcile().findings
        #expect(
            findings.count == 3 && findings.allSatisfy { $0.hasPrefix("no row of the index names the blob") },
            "\(findings)")
        // The old origin's publication is untouched, and the new one holds its checkpoint.
        #expect(try FileManager.default.contents(atPath: published(test) + "/checkpoint") == before)
        let entries = try String(contentsOfFile: published(test, origin: 2) + "/entries.jsonl", encoding: .utf8)
        let fork = try #require(entries.split(separator: "\n").first { $0.contains("fork accepted") })
        guard case .forkAccepted(let event) = try Entry(Array(fork.utf8)).event else { return #expect(Bool(false)) }
        #expect(Data(event.previous.utf8) == before)
        #expect(!fork.contains("restored"))
        for origin in [1, 2] {
            #expect(try EvidenceVerifier().verify(published(test, origin: origin)).problems == [])
        }
        // An index of before the fork was accepted is no less an old one.
        try copyIndex(test, to: "older", back: true)
        try checkForked(test, "an origin that this index does not know")
        #expect(throws: ArchiveError.self) { try test.open(toLook: true).prove(999, to: test.directory + "/p") }
        #expect(try test.open(toLook: true).acceptFork(try Reason("again")).origin.contains("/3."))
        #expect(try test.open().reconcile().findings.allSatisfy { $0.hasPrefix("no row of the index names the blob") })
        #expect(throws: ArchiveError.self, "there is no fork now") { try test.open().acceptFork(try Reason("r")) }
    }

    @Test func anIndexWithAnotherPastIsNoticed() throws {
        let test = try TestArchive()
        try copyIndex(test, to: "older")
        try work(test, "K-1")
        // The same archive lives a second life, hidden from the place, until it is as long.
        try copyIndex(test, to: "older", back: true)
        let home = FilePath.parent(try published(test))
        try FileManager.default.moveItem(atPath: home, toPath: test.directory + "/hidden")
        for number in 1...3 { try work(test, "L-\(number)") }
        try FileManager.default.removeItem(atPath: home)
        try FileManager.default.moveItem(atPath: test.directory + "/hidden", toPath: home)
        try checkForked(test, "are not those that are published")
    }

    @Test func aCheckpointOfAnotherArchiveIsNoticed() throws {
        let (test, other) = (try TestArchive(), try TestArchive())
        try work(test, "K-1")
        try work(other, "K-1")
        let path = try published(test) + "/checkpoint"
        let good = try #require(FileManager.default.contents(atPath: path))
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: published(other) + "/checkpoint", toPath: path)
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
        try work(test, "K-1")
        try copyIndex(test, to: "older")
        try work(test, "K-2")
        try copyIndex(test, to: "older", back: true)
        let queue = try DatabaseQueue(path: test.path + "/index.sqlite")
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
        let error = #expect(throws: ArchiveError.self) { try test.open() }
        #expect(error?.outcome == .integrity, "\(error?.message ?? "")")
        #expect(throws: ArchiveError.self) {
            _ = try test.open(toLook: true).exportLedger(to: test.directory + "/signed")
        }
        #expect(!FileManager.default.fileExists(atPath: try published(test, origin: 2)))
    }

    /// A place that fails just while the archive is opened does not let a forged origin through later.
    @Test func aForgedOriginIsNoticedAlsoWhenThePlaceFailsAtFirst() throws {
        let test = try TestArchive()
        try work(test, "K-1")
        try copyIndex(test, to: "older")
        try work(test, "K-2")
        try copyIndex(test, to: "older", back: true)
        let queue = try DatabaseQueue(path: test.path + "/index.sqlite")
        try queue.writeWithoutTransaction {
            try $0.execute(sql: "INSERT INTO ledger_origin VALUES (2, 'evil.example/x', 9, 0)")
        }
        try queue.close()
        let home = FilePath.parent(try published(test))
        try FileManager.default.moveItem(atPath: home, toPath: home + ".away")
        try Data().write(to: URL(fileURLWithPath: home))
        #expect(throws: ArchiveError.self) { try test.open() }
        let archive = try test.open(toLook: true)
        try FileManager.default.removeItem(atPath: home)
        try FileManager.default.moveItem(atPath: home + ".away", toPath: home)
        archive.publish()
        #expect(try archive.fork != nil && !FileManager.default.fileExists(atPath: published(test, origin: 2)))
    }

    /// Naming another place is not a way around the one where the ledger is published.
    @Test func anOldIndexIsNoticedAlsoBesideANewPlace() throws {
        let test = try TestArchive()
        try work(test, "K-1")
        try copyIndex(test, to: "older")
        try work(test, "K-2")
        try copyIndex(test, to: "older", back: true)
        let path = test.path + "/strongroom.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let place = test.directory + "/elsewhere"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try text.replacingOccurrences(of: "\(test.directory)/state/strongroom", with: place)
            .write(toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: ArchiveError.self) { try test.open() }
        #expect(error?.code == .ledgerForked && error?.message.contains("older copy") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
    }

    /// Zeros behind the published lines, more of them than the next lines have bytes.
    @Test func zerosThatACrashLeftAreCutOff() throws {
        let test = try TestArchive()
        try work(test, "K-1")
        let entries = try published(test) + "/entries.jsonl"
        let handle = try #require(FileHandle(forWritingAtPath: entries))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(count: 2_000_000))
        try handle.close()
        let archive = try test.open()
        let items = try (0..<200).map { try test.item("Z-\($0)", answer: TestAnswer(videoLength: 1).text) }
        archive.import(items) { _ in }
        archive.publish()
        #expect(archive.fork == nil && archive.publicationProblem == nil)
        #expect(try EvidenceVerifier().verify(published(test)).problems == [])
    }

    /// What stands in the place beyond its checkpoint is evidence, and is never cut away.
    @Test func entriesThatTheLedgerDoesNotKnowAreNotOverwritten() throws {
        let test = try TestArchive()
        try work(test, "K-1")
        let folder = try published(test)
        let (checkpoint, entries) = (folder + "/checkpoint", folder + "/entries.jsonl")
        let early = try Data(contentsOf: URL(fileURLWithPath: checkpoint))
        try copyIndex(test, to: "older")
        try work(test, "K-2")
        // The crash came between entries and checkpoint, and then an older index was put back.
        try early.write(to: URL(fileURLWithPath: checkpoint))
        try copyIndex(test, to: "older", back: true)
        let before = try Data(contentsOf: URL(fileURLWithPath: entries))
        let archive = try test.open()
        _ = try archive.import(try test.item("K-3", answer: TestAnswer(videoLength: 10).text))
        archive.publish()
        #expect(archive.fork?.message.contains("holds other entries") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: entries)) == before)
        // An altered byte of what was published last is noticed, too.
        let other = try TestArchive()
        try work(other, "K-1")
        let path = try published(other) + "/entries.jsonl"
        var altered = try Data(contentsOf: URL(fileURLWithPath: path))
        altered[altered.count - 40] ^= 1
        try altered.write(to: URL(fileURLWithPath: path))
        #expect(try !other.open().reconcile().findings.isEmpty)
        let next = try other.open()
        _ = try next.import(try other.item("K-2", answer: TestAnswer(videoLength: 10).text))
        next.publish()
        #expect(next.fork != nil)
    }

    /// An old archive whose place fails for a moment goes on working.
    @Test func whatWasPublishedBeforeDoesNotCountAgainstTheBound() throws {
        let test = try TestArchive()
        for number in 1...3 {
            try work(test, "K-\(number)")
            try test.open().finishPublication()
        }
        test.time.advance(100 * 24 * 3600)
        let place = FilePath.parent(FilePath.parent(try published(test)))
        for makesFile in [false, true] {
            try FileManager.default.moveItem(atPath: place, toPath: place + ".away")
            if makesFile { try Data().write(to: URL(fileURLWithPath: place)) }
            let archive = try test.open()
            _ = try archive.import(try test.item("K-\(makesFile)", answer: TestAnswer(videoLength: 10).text))
            archive.finishPublication()
            #expect(archive.publicationProblem != nil)
            if makesFile { try FileManager.default.removeItem(atPath: place) }
            try FileManager.default.moveItem(atPath: place + ".away", toPath: place)
        }
        let archive = try test.open()
        archive.finishPublication()
        #expect(try archive.publicationProblem == nil && EvidenceVerifier().verify(published(test)).problems == [])
    }

    /// Another place is no alarm: it is filled from the beginning.
    @Test func aPlaceThatIsNamedAnewIsFilled() throws {
        let test = try TestArchive()
        for number in 1...2 { try work(test, "K-\(number)") }
        let path = test.path + "/strongroom.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let place = test.directory + "/elsewhere"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try text.replacingOccurrences(of: "\(test.directory)/state/strongroom", with: place)
            .write(toFile: path, atomically: true, encoding: .utf8)
        try work(test, "K-3")
        let archive = try test.open()
        var query = LedgerQuery()
        query.kind = "publication repaired"
        #expect(try archive.ledgerEntries(query).isEmpty)
        #expect(try EvidenceVerifier().verify("\(place)/\(archive.uid)/1").problems == [])
    }

    @Test func aCrashBetweenCommitAndPublicationIsNoAlarm() throws {
        let test = try TestArchive()
        for number in 1...3 {
            _ = try test.open().import(try test.item("K-\(number)", answer: TestAnswer(videoLength: 10).text))
        }
        let archive = try test.open()
        #expect(archive.unpublishedEntries > 10)
        archive.publish()
        #expect(archive.unpublishedEntries == 0 && archive.publicationProblem == nil)
        #expect(try EvidenceVerifier().verify(published(test)).problems == [])
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
        try work(test, "K-1")
        var done = 1
        var refusal: ArchiveError?
        while refusal == nil, done < 20 {
            let archive = try test.open()
            do {
                _ = try archive.import(try test.item("K-\(done + 1)", answer: TestAnswer(videoLength: 10).text))
                done += 1
            } catch { refusal = error as? ArchiveError }
            archive.publish()
            #expect(archive.publicationProblem?.message.contains("/place") == true)
        }
        #expect(
            refusal?.code == .ledgerUnpublished && refusal?.outcome == .refused && (4...7).contains(done), "\(done)")
        #expect(try test.open().reconcile().findings == [])
        // Mended, it goes on by itself.
        try FileManager.default.createDirectory(atPath: test.directory + "/place", withIntermediateDirectories: false)
        try work(test, "K-after")
        let archive = try test.open()
        #expect(archive.unpublishedEntries == 0)
        let uid = archive.uid
        #expect(try EvidenceVerifier().verify(test.directory + "/place/\(uid)/1").problems == [])
    }

    @Test func timeIsABoundToo() throws {
        let test = try TestArchive()
        let place = test.directory + "/state/strongroom"
        try work(test, "K-1")
        try FileManager.default.removeItem(atPath: place)
        try Data().write(to: URL(fileURLWithPath: place))
        try work(test, "K-2")
        test.time.advance(25 * 3600)
        let error = #expect(throws: ArchiveError.self) { try work(test, "K-3") }
        #expect(error?.code == .ledgerUnpublished)
        try FileManager.default.removeItem(atPath: place)
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try work(test, "K-3")
    }

    @Test(arguments: ["checkpoint", "entries.jsonl", "all", "cut", "longer"])
    func aPlaceThatWasCutIsCompletedAndNamed(what: String) throws {
        let test = try TestArchive()
        try work(test, "K-1")
        let folder = try published(test)
        let early = try #require(FileManager.default.contents(atPath: folder + "/checkpoint"))
        for number in 2...3 { try work(test, "K-\(number)") }
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
        try work(test, "K-4")
        #expect(try EvidenceVerifier().verify(folder).problems == [], "\(what)")
        #expect(try test.open().reconcile().findings == [])
        var query = LedgerQuery()
        query.kind = "publication repaired"
        // What a crash can leave is completed without a word.
        #expect(try test.open().ledgerEntries(query).count == (what == "longer" ? 0 : 1))
    }

    @Test func aCommandIsHandedWhatIsNew() throws {
        let test = try TestArchive()
        let script = test.directory + "/take"
        let taken = test.directory + "/taken"
        try """
        #!/bin/sh
        [ -e \(taken).stop ] && exit 3
        mkdir -p \(taken) && cat "$STRONGROOM_ENTRIES" >> \(taken)/entries.jsonl && cp "$STRONGROOM_CHECKPOINT" \(taken)/checkpoint
        echo "$STRONGROOM_FIRST_ENTRY $STRONGROOM_SIZE" >> \(taken)/calls; echo "$STRONGROOM_VERIFIER_KEY" > \(taken)/verifier.key
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
        for number in 1...2 { try work(test, "K-\(number)") }
        #expect(try EvidenceVerifier().verify(taken).problems == [])
        try Data().write(to: URL(fileURLWithPath: taken + ".stop"))
        try work(test, "K-3")
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
            try work(test, "K-1")
            _ = try test.open().import(try test.item("K-2", answer: TestAnswer(videoLength: 10).text))
            let files = LosingFileSystem(operations: step)
            try test.open(files: files).publish()
            finished = !files.isDead
            files.losePower()
            let archive = try test.open()
            archive.publish()
            #expect(archive.publicationProblem == nil, "step \(step)")
            #expect(try EvidenceVerifier().verify(published(test)).problems == [], "step \(step)")
            #expect(try archive.reconcile().findings == [], "step \(step)")
            step += 1
        }
        #expect(step > 5)
    }
}
