import Foundation
import Testing

/// SIGKILL at the calls of `audit accept-fork`: what the published ledger says was destroyed is destroyed again, or the
/// fork is as it was.
@Suite(.serialized) struct ForkCrashTests {
    private static let policy = """
        policy: soon
        version: 1
        title: Videos go at once
        applies-to: { jurisdiction: [HK] }
        rules:
          - name: videos
            media: [video, action-video]
            retain: { from: captured, at-most: P1D }
        """

    /// An archive of before a purge, beside the ledger that was published after it.
    private func prepared() throws -> Workplace {
        let place = try Workplace()
        let file = try place.file("case.json", try Simulator.answer("case"))
        try #require(
            place.strongroom(
                "import", "--confirm", "--case", "case", file, "--captured-at", "2026-01-01T00:00:00Z",
                "--jurisdiction", "HK"
            ).code == 0)
        let older = place.folder + "/older"
        try FileManager.default.copyItem(atPath: place.archive, toPath: older)
        try place.activate(Self.policy)
        try #require(place.strongroom("purge", "run").code == 0)
        try #require(place.strongroom("audit", "checkpoint").code == 0)
        try FileManager.default.removeItem(atPath: place.archive)
        try FileManager.default.moveItem(atPath: older, toPath: place.archive)
        return place
    }

    private func check(_ place: Workplace, _ what: String) throws {
        if try place.strongroom("status").code == 4 {
            #expect(try place.strongroom("audit", "accept-fork", "--reason", "r").code == 0, "\(what)")
        }
        for media in ["video", "action-video"] {
            let taken = try place.strongroom("retrieve", "case", "--reason", "r", "--media", media, "--output", "-")
            #expect(taken.code == 3 && taken.out.isEmpty, "\(what): \(media) came back: \(taken.err)")
        }
        let kept = try place.strongroom(
            "retrieve", "case", "--reason", "r", "--media", "best-frame", "--output", place.folder + "/frame")
        #expect(kept.code == 0, "\(what): \(kept.err)")
        let refused = try place.strongroom("purge", "run")
        #expect(refused.code == 2 && refused.err.contains("soon v1 is active"), "\(what): \(refused.err)")
        let again = try place.strongroom("audit", "log", "--kind", "object destroyed", "--json").jsonLines()
        #expect(again.count == 2, "\(what): \(again.count)")
        try Faults.checkLedger(place, what)
        #expect(try place.strongroom("verify").code == 0, "\(what)")
    }

    @Test func acceptingAForkIsKilledOnItsWay() throws {
        let command = ["audit", "accept-fork", "--reason", "the disk was restored"]
        let first = try prepared()
        let log = first.folder + "/calls"
        let done = try Faults.run(first, command, ["FAULT_LOG": log])
        #expect(done.code == 0 && done.err.contains("destroyed again"), "\(done.err)")
        try check(first, "without a fault")
        let count = try #require(
            Int(try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        // A third of the steps each time, unless all are asked for.
        for step in Faults.steps(count).enumerated().filter({ Faults.isLong || $0.offset % 3 == 0 }).map(\.element) {
            let place = try prepared()
            let hurt = try Faults.run(place, command, Faults.Fault.kill(step).environment)
            #expect(hurt.wasKilled || hurt.code == 0, "step \(step): \(hurt.err)")
            try check(place, "killed at \(step)")
        }
    }
}
