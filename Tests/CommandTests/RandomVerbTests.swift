import Foundation
import TestSupport
import Testing

/// Several processes do random verbs on one archive at once, some are killed, time goes on; then an independent checker
/// looks.
struct RandomVerbTests {
    @Test func nothingHeldIsDestroyedWhoeverDoesWhat() throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["STRONGROOM_TEST_DECISIONS"].flatMap { Int($0) } ?? 1500
        var random = SeededGenerator.ofTest()
        let seed = random.seed
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("random-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // What a run leaves can be kept and looked at.
        defer { if environment["STRONGROOM_TEST_KEEP"] == nil { try? FileManager.default.removeItem(atPath: folder) } }
        let worker = Programs.folder + "/RandomWorker"
        let prepared = try Programs.run(worker, ["prepare", folder])
        try #require(prepared.code == 0, "\(prepared.err)")

        struct Running {
            let process: Process
            let log: String
            let killsAt: Date?
        }
        var running: [Running] = []
        var logs: [String] = []
        var (days, killed) = (0.0, 0)
        func decisions() -> Int {
            logs.reduce(0) { total, log in
                total + ((try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n").count ?? 0)
            }
        }
        var done = 0
        while done < wanted {
            while running.count < 3 {
                let log = "\(folder)/log-\(logs.count)"
                _ = FileManager.default.createFile(atPath: log, contents: nil)
                logs.append(log)
                let process = Process()
                process.executableURL = URL(fileURLWithPath: worker)
                let token = ["-", "op", "ann", "ann", "ben", "ben"].randomElement(using: &random)!
                process.arguments = [
                    "work", folder, "\(UInt64.random(in: 0...UInt64.max, using: &random))",
                    "\(Int.random(in: 10...60, using: &random))",
                    token,
                ]
                process.standardOutput = FileHandle(forWritingAtPath: log)
                process.standardError = FileHandle(forWritingAtPath: log)
                try process.run()
                let kills = Int.random(in: 0..<2, using: &random) == 0
                running.append(
                    Running(
                        process: process, log: log,
                        killsAt: kills ? Date().addingTimeInterval(Double.random(in: 0.02..<2, using: &random)) : nil))
            }
            for place in running.indices.reversed() {
                if let time = running[place].killsAt, time <= Date(), running[place].process.isRunning {
                    kill(running[place].process.processIdentifier, SIGKILL)
                    running[place].process.waitUntilExit()
                    killed += 1
                }
                if !running[place].process.isRunning { running.remove(at: place) }
            }
            // Time goes on, in steps that nobody doubts.
            if Int.random(in: 0..<12, using: &random) == 0 {
                days += Double.random(in: 0.5..<9, using: &random)
                try Data("\(days * 86_400)".utf8).write(to: URL(fileURLWithPath: folder + "/offset"), options: .atomic)
            }
            usleep(50_000)
            done = decisions()
        }
        for left in running {
            kill(left.process.processIdentifier, SIGKILL)
            left.process.waitUntilExit()
        }
        print("random verbs: \(done) decisions, \(logs.count) processes, \(killed) killed, \(Int(days)) days")

        // By the same clock, without its offset: looking at the past is no fault.
        var place = ["STRONGROOM_ARCHIVE": folder + "/archive", "STRONGROOM_ROOT_KEY_FILE": folder + "/root.key"]
        place["XDG_STATE_HOME"] = folder + "/state"
        place["XDG_CONFIG_HOME"] = folder + "/config"
        place["HOME"] = folder
        place["PATH"] = environment["PATH"]
        func strongroom(_ arguments: String...) throws -> Programs.Outcome {
            try Programs.run(Programs.folder + "/strongroom", arguments, environment: place)
        }
        let reconciled = try strongroom("audit", "reconcile")
        #expect(reconciled.code == 0, "seed \(seed): \(reconciled.text.suffix(2000))\(reconciled.err)")
        try #require(try strongroom("audit", "export", "--out", folder + "/export").code == 0)
        let names = try strongroom("audit", "log", "--from-start", "--limit", "100000", "--json")
        try #require(names.code == 0, "\(names.err)")
        try names.out.write(to: URL(fileURLWithPath: folder + "/names"))
        let python = Programs.python ?? "/usr/bin/python3"
        let checked = try Programs.run(
            python,
            [Programs.support("holds.py"), folder + "/export", folder + "/names", folder + "/archive/index.sqlite"]
                + logs,
            environment: place)
        print("random verbs: \(checked.text.split(separator: "\n").last ?? "")")
        #expect(checked.code == 0, "seed \(seed): \(checked.text)\(checked.err)")
        // A run that lifts and destroys nothing would prove nothing.
        let counts = try #require(
            try JSONSerialization.jsonObject(with: Data((checked.text.split(separator: "\n").last ?? "{}").utf8))
                as? [String: Int])
        for what in ["destroyed", "placed", "lifted", "votes"] {
            #expect((counts[what] ?? 0) > 0, "seed \(seed): \(counts)")
        }
    }
}
