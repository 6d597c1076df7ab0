import Foundation
import TestSupport
import Testing

/// SIGKILL, a full disk and a failing disk at every call by which a command changes files, for every N.
/// `Support/faults.c` is preloaded in front of libc, so SQLite's own calls are counted too.
@Suite(.serialized) struct CrashTests {
    private enum Power: Equatable {
        case stays
        /// Nothing that was not synced is there afterwards.
        case goes
        /// So, but after the same command was given again, and met no fault.
        case goesLater
        case goesWithSome(seed: Int)
    }

    /// Runs a command with a fault, and checks that what it acknowledged is there, that nothing is half
    /// there, and that the next run completes.
    ///
    /// - Parameter power: the power goes before anything else happens.
    private func play(
        _ fault: Faults.Fault, _ arguments: (Workplace) throws -> [String], cases: Int, power: Power = .stays
    ) throws {
        let place = try Workplace()
        let before = try place.file("before.json", try Simulator.answer("before"))
        #expect(
            try place.strongroom("import", "--case", "K-before", before, "--captured-at", "2026-01-01T00:00:00Z").code
                == 0)
        let command = try arguments(place)
        let noting = power == .stays ? [:] : ["FAULT_POWER": place.folder + "/power"]
        let hurt = try Faults.run(place, command + ["--json"], fault.environment.merging(noting) { $1 })
        if case .kill = fault { #expect(hurt.wasKilled || hurt.code == 0) }
        var runs = [hurt]
        switch power {
        case .stays: break
        case .goes: try Faults.cutPower(place)
        case .goesWithSome(let seed): try Faults.cutPower(place, seed: seed)
        case .goesLater:
            runs.append(try Faults.run(place, command + ["--json"], noting))
            #expect(runs[1].code == 0, "\(fault): \(runs[1].err)")
            try Faults.cutPower(place)
        }
        let acknowledged = Set(
            runs.flatMap { run in
                let lines = (try? run.jsonLines()) ?? []
                return lines.filter { ["archived", "unchanged"].contains($0["state"] as? String) }.compactMap {
                    $0["caseID"] as? String
                }
            })

        // Right after the crash, before any other command could mend something.
        let reconciled = try place.strongroom("audit", "reconcile")
        #expect(reconciled.code == 0, "\(fault): \(reconciled.text)\(reconciled.err)")
        let verified = try place.strongroom("verify")
        #expect(verified.code == 0, "\(fault): \(verified.text)\(verified.err)")
        for caseID in acknowledged.union(["K-before"]) {
            #expect(
                try place.strongroom("retrieve", caseID, "--reason", "r", "--out", place.folder + "/bag-" + caseID).code
                    == 0, "\(fault): \(caseID) is missing")
        }
        let next = try Programs.run(Programs.folder + "/strongroom", command, environment: place.environment)
        #expect(next.code == 0, "\(fault): \(next.err)")
        let status = try place.strongroom("status", "--json").json()
        #expect(
            status["cases"] as? Int == cases + 1
                && (status["verifications"] as? [String: Int])?["archived"] == cases + 1, "\(fault): \(status)")
        #expect(try place.strongroom("verify").code == 0, "\(fault)")
        try Faults.checkLedger(place, "\(fault)")
    }

    private func retrieving(_ place: Workplace) throws -> [String] {
        ["retrieve", "K-before", "--reason", "r", "--out", place.folder + "/taken"]
    }

    /// Whatever kills a retrieval, what was handed out is on the ledger, and what is on the ledger fits.
    @Test func aRetrievalIsKilledOnItsWay() throws {
        func prepared() throws -> Workplace {
            let place = try Workplace()
            let before = try place.file("before.json", try Simulator.answer("before"))
            #expect(
                try place.strongroom("import", "--case", "K-before", before, "--captured-at", "2026-01-01T00:00:00Z")
                    .code == 0)
            return place
        }
        let first = try prepared()
        let log = first.folder + "/calls"
        #expect(try Faults.run(first, try retrieving(first), ["FAULT_LOG": log]).code == 0)
        let count = try #require(
            Int(try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        for step in Faults.steps(count) {
            let place = try prepared()
            let hurt = try Faults.run(place, try retrieving(place), Faults.Fault.kill(step).environment)
            #expect(hurt.wasKilled || hurt.code == 0)
            let opened = try place.strongroom("audit", "log", "--kind", "access opened", "--json").jsonLines()
            // Half-written directories are hidden; what is in one left the archive.
            let left = try FileManager.default.subpathsOfDirectory(atPath: place.folder).filter {
                $0.contains("taken") && $0.contains("/data/1/")
            }
            #expect(left.isEmpty || opened.count == 1, "step \(step): \(left)")
            try Faults.checkLedger(place, "step \(step)")
            #expect(try place.strongroom("verify").code == 0, "step \(step)")
        }
    }

    private func importing(_ place: Workplace) throws -> [String] {
        [
            "import", "--case", "K", try place.file("a.json", try Simulator.answer("tok")), "--captured-at",
            "2026-01-01T00:00:00Z",
        ]
    }

    private func pulling(_ simulator: Simulator) -> (Workplace) throws -> [String] {
        { place in
            [
                "pull", "--from", try place.file("t.csv", "case,sdk-token\nP-1,tok-1\nP-2,tok-2\n"), "--endpoint",
                simulator.url,
            ]
        }
    }

    @Test func anImportIsKilledOnItsWay() throws {
        let count = try Faults.countCalls(importing)
        #expect(count > 40)
        for step in Faults.steps(count) { try play(.kill(step), importing, cases: 1) }
    }

    @Test func aPullIsKilledOnItsWay() throws {
        let simulator = try Simulator("--rate", "1000")
        let count = try Faults.countCalls(pulling(simulator))
        #expect(count > 60)
        for step in Faults.steps(count) { try play(.kill(step), pulling(simulator), cases: 2) }
    }

    @Test(arguments: [ENOSPC, EIO]) func anImportMeetsAFailingDiskOnItsWay(code: Int32) throws {
        let count = try Faults.countCalls(importing)
        for step in Faults.steps(count) {
            try play(.fail(step, code, onwards: true), importing, cases: 1)
            try play(.fail(step, code, onwards: false), importing, cases: 1)
        }
    }

    /// What a command acknowledged is there after a power cut, whatever had failed before; and what it called not known
    /// is one or the other from then on.
    @Test(arguments: ["import", "pull"]) func aPowerCutFollows(verb: String) throws {
        let simulator = try Simulator("--rate", "1000")
        let (command, cases) = verb == "import" ? (importing, 1) : (pulling(simulator), 2)
        let count = try Faults.countCalls(command)
        var random = SeededGenerator.ofTest("power \(verb)")
        for (number, step) in Faults.steps(count).enumerated() {
            let faults: [Faults.Fault] = [
                .kill(step), .fail(step, EIO, onwards: false), .fail(step, EIO, onwards: true),
                .fail(step, EDQUOT, onwards: false), .fail(step, ENOSPC, onwards: true),
            ]
            for (place, fault) in faults.enumerated() where Faults.isLong || place == number % faults.count {
                try play(fault, command, cases: cases, power: number % 2 == 0 ? .goes : .goesLater)
                if Faults.isLong { try play(fault, command, cases: cases, power: number % 2 == 1 ? .goes : .goesLater) }
                // What else a disk may have kept is played by tools/crash.
                guard Faults.isLong else { continue }
                try play(
                    fault, command, cases: cases, power: .goesWithSome(seed: .random(in: 0..<1000, using: &random)))
            }
        }
    }

    @Test func aFullDiskIsNamed() throws {
        let place = try Workplace()
        let command = try importing(place)
        let hurt = try Faults.run(place, command, Faults.Fault.fail(4, ENOSPC, onwards: true).environment)
        #expect(
            hurt.code == 1 && hurt.err.contains("no space left on device") && hurt.err.contains("free some space"),
            "\(hurt.err)")
        #expect(try place.strongroom("case", "show", "K").code == 3)
    }

    @Test func initIsKilledOnItsWay() throws {
        let place = try Workplace(makesArchive: false)
        var step = 1
        while true {
            // The many directories of the store are one step like another.
            defer { step += (20..<270).contains(step) ? 49 : 1 }
            guard Faults.isOurs(step) else { continue }
            let folder = place.folder + "/\(step)"
            place.environment["STRONGROOM_ARCHIVE"] = folder
            place.environment["STRONGROOM_ROOT_KEY_FILE"] = folder + ".key"
            let hurt = try Faults.run(place, ["init"], Faults.Fault.kill(step).environment)
            if hurt.code == 0 { break }
            #expect(hurt.wasKilled)
            if try place.strongroom("status").code != 0 {
                #expect(try place.strongroom("init").code == 0, "step \(step)")
            }
            #expect(try place.strongroom("verify").code == 0, "step \(step)")
            try Faults.checkLedger(place, "step \(step)")
        }
        #expect(step > 270)
    }

    @Test func aRetrievalThatIsInterruptedLeavesNothing() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("size=20M~x"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        var random = SeededGenerator.ofTest()
        for _ in 0..<5 {
            let (process, _, _) = try Programs.start(
                Programs.folder + "/strongroom", ["retrieve", "K", "--reason", "r", "--out", place.folder + "/bag"],
                environment: place.environment)
            usleep(UInt32.random(in: 20_000...120_000, using: &random))
            process.terminate()
            process.waitUntilExit()
            let left = try FileManager.default.contentsOfDirectory(atPath: place.folder).filter { $0.contains("bag") }
            #expect(left.isEmpty || left == ["bag"], "\(left)")
            try? FileManager.default.removeItem(atPath: place.folder + "/bag")
        }
    }
}
