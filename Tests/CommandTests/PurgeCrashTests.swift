import Foundation
import Testing

/// SIGKILL, a full disk and a failing disk at the calls of a purge: nothing kept is lost, nothing destroyed can be
/// read, the next run finishes, and the ledger fits.
@Suite(.serialized) struct PurgeCrashTests {
    private static let policy = """
        policy: soon
        version: 1
        title: Everything goes at once
        applies-to: { jurisdiction: [HK, FR] }
        rules:
          - name: videos
            media: [video, action-video]
            retain: { from: captured, at-most: P1D }
          - name: rest
            media: [best-frame, result]
            outcome: failed
            retain: { from: captured, at-most: P1D }
        """

    private func prepared() throws -> Workplace {
        let place = try Workplace()
        for (name, places) in [("kept", []), ("half", ["--jurisdiction", "HK"]), ("gone", ["--jurisdiction", "FR"])] {
            let file = try place.file("\(name).json", try Simulator.answer(name == "gone" ? "result=1004~gone" : name))
            let outcome = try Programs.run(
                Programs.folder + "/strongroom",
                ["import", "--confirm", "--case", name, file, "--captured-at", "2026-01-01T00:00:00Z"] + places,
                environment: place.environment)
            try #require(outcome.code == 0)
        }
        try place.activate(Self.policy)
        return place
    }

    private func check(_ place: Workplace, _ what: String) throws {
        // Right after the crash, before any other command could mend something.
        let reconciled = try place.strongroom("audit", "reconcile")
        #expect(reconciled.code == 0, "\(what): \(reconciled.text)\(reconciled.err)")
        let verified = try place.strongroom("verify")
        #expect(verified.code == 0, "\(what): \(verified.text)\(verified.err)")
        #expect(
            try place.strongroom("retrieve", "kept", "--reason", "r", "--out", place.folder + "/kept").code == 0,
            "\(what)")
        let destroyed = try place.strongroom("audit", "log", "--kind", "object destroyed", "--json").jsonLines()
        var read = 0
        for line in destroyed {
            // Of a case that is gone as a whole, no ID is known any more.
            guard let caseID = line["caseID"] as? String, let entry = line["entry"] as? [String: Any],
                let media = entry["media"] as? String
            else { continue }
            read += 1
            let taken = try place.strongroom("retrieve", caseID, "--reason", "r", "--media", media, "--output", "-")
            #expect(taken.code == 3 && taken.out.isEmpty, "\(what): \(media) of \(caseID) can still be read")
        }
        #expect(destroyed.isEmpty || read == 2, "\(what)")
        let next = try place.strongroom("purge", "run", "--json")
        #expect(next.code == 0, "\(what): \(next.err)")
        let status = try place.strongroom("status", "--json").json()
        #expect(status["objects"] as? Int == 6 && status["cases"] as? Int == 2, "\(what): \(status)")
        let blobs = FileManager.default.enumerator(atPath: place.archive + "/objects")!.allObjects.compactMap {
            $0 as? String
        }
        #expect(blobs.filter { $0.count > 2 }.count == 6, "\(what)")
        let shown = try place.strongroom("case", "show", "gone")
        #expect(shown.code == 3 && shown.err.contains("destroyed on"), "\(what): \(shown.err)")
        try Faults.checkLedger(place, what)
        #expect(try place.strongroom("verify").code == 0, "\(what)")
    }

    @Test func aPurgeIsKilledOnItsWay() throws {
        let first = try prepared()
        let log = first.folder + "/calls"
        #expect(try Faults.run(first, ["purge", "run"], ["FAULT_LOG": log]).code == 0)
        try check(first, "no fault")
        let count = try #require(
            Int(try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(count > 30)
        for step in Faults.steps(count) {
            let place = try prepared()
            let hurt = try Faults.run(place, ["purge", "run"], Faults.Fault.kill(step).environment)
            #expect(hurt.wasKilled || hurt.code == 0, "step \(step): \(hurt.err)")
            try check(place, "killed at \(step)")
        }
    }

    @Test(arguments: [ENOSPC, EIO]) func aPurgeMeetsAFailingDisk(code: Int32) throws {
        let first = try prepared()
        let log = first.folder + "/calls"
        #expect(try Faults.run(first, ["purge", "run"], ["FAULT_LOG": log]).code == 0)
        let count = try #require(
            Int(try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        for (number, step) in Faults.steps(count).enumerated() {
            let place = try prepared()
            let fault = Faults.Fault.fail(step, code, onwards: number % 2 == 0)
            let hurt = try Faults.run(place, ["purge", "run"], fault.environment)
            // Refused, too, where the disk kept it from publishing that it had begun.
            #expect([0, 1, 2, 5, 6].contains(hurt.code), "step \(step): \(hurt.code) \(hurt.err)")
            try check(place, "\(code) at \(step)")
        }
    }
}
