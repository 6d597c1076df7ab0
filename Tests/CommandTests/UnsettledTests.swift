import Foundation
import Testing

/// A disk that fails while the index commits: nobody is told that it is done, or that it is not, before it is known.
@Suite(.serialized) struct UnsettledTests {
    private func importing(_ place: Workplace, _ name: String) throws -> [String] {
        [
            "import", "--case", name, try place.file(name + ".json", try Simulator.answer(name)), "--captured-at",
            "2026-01-01T00:00:00Z",
        ]
    }

    private func isMarked(_ archive: String) throws -> Bool {
        try FileManager.default.contentsOfDirectory(atPath: archive).contains { $0.hasPrefix("unsettled.") }
    }

    /// The sync of the index's log fails once, at each place where it is asked for.
    @Test func aSyncThatFailsIsNotKnown() throws {
        var (isKnown, found) = ([Int32](), Set<String>())
        for place in 1...3 {
            let workplace = try Workplace()
            let archive = try #require(workplace.environment["STRONGROOM_ARCHIVE"])
            let command = try importing(workplace, "K-1")
            let hurt = try Faults.run(
                workplace, command, ["FAULT_SYNC_OF": "index.sqlite-wal", "FAULT_SYNC": "\(place)", "FAULT_ERRNO": "5"])
            isKnown.append(hurt.code)
            guard hurt.code == 6 else {
                #expect(hurt.code == 0, "\(place): \(hurt.err)")
                continue
            }
            #expect(hurt.err.contains("is not known") && hurt.err.contains("same command again"), "\(hurt.err)")
            #expect(try isMarked(archive))
            // While the disk goes on to fail, nobody is shown anything.
            let still = try Faults.run(
                workplace, ["case", "list"],
                ["FAULT_SYNC_OF": "index.sqlite-wal", "FAULT_SYNC": "1", "FAULT_ERRNO": "5"])
            #expect(still.code == 6 && still.err.contains("cannot be made durable"), "\(still.code) \(still.err)")
            let again = try Programs.run(
                Programs.folder + "/strongroom", command, environment: workplace.environment)
            #expect(again.code == 0 && again.err.contains("is durable now"), "\(again.err)")
            found.insert(again.err.contains("unchanged") ? "there" : "not there")
            #expect(try !isMarked(archive))
            #expect(
                try workplace.strongroom("retrieve", "K-1", "--reason", "r", "--out", workplace.folder + "/b").code == 0
            )
            #expect(try workplace.strongroom("verify").code == 0)
            try Faults.checkLedger(workplace, "\(place)")
        }
        #expect(isKnown.contains(6), "\(isKnown)")
        #expect(!found.isEmpty)
    }

    /// The disk is away for a while: also the mark cannot be synced. What the next command says is there stays there
    /// when the power goes, though the system takes what it could not write for written.
    @Test func aDiskThatIsAwayForAWhileLosesNothing() throws {
        var played = 0
        for place in 1...4 {
            let workplace = try Workplace()
            let archive = try #require(workplace.environment["STRONGROOM_ARCHIVE"])
            let command = try importing(workplace, "K-1")
            let noting = ["FAULT_POWER": workplace.folder + "/power"]
            let hurt = try Faults.run(
                workplace, command,
                [
                    "FAULT_SYNC_OF": "index.sqlite-wal", "FAULT_SYNC": "\(place)", "FAULT_ERRNO": "5",
                    "FAULT_ONWARDS": "1",
                ].merging(noting) { $1 })
            guard hurt.code == 6 else { continue }
            played += 1
            #expect(try isMarked(archive))
            let again = try Faults.run(workplace, command, noting)
            #expect(again.code == 0 && again.err.contains("is durable now"), "\(place): \(again.err)")
            try Faults.cutPower(workplace)
            #expect(try workplace.strongroom("case", "show", "K-1").code == 0, "\(place)")
            #expect(try workplace.strongroom("verify").code == 0, "\(place)")
            try Faults.checkLedger(workplace, "\(place)")
        }
        #expect(played > 0)
    }
}
