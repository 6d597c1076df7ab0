import Foundation
import Testing

/// What the operating system does to a command ends with a sentence.
struct LimitTests {
    private func shell(_ place: Workplace, _ script: String) throws -> Programs.Outcome {
        try Programs.run(
            "/bin/bash", ["-c", script],
            environment: place.environment.merging(["S": Programs.folder + "/strongroom"]) { $1 })
    }

    /// Files may not grow: the blob of an answer, or the log of the index.
    @Test func aFileThatMayNotGrowIsNamed() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        let command = "\"$S\" import --case K '\(file)' --captured-at 2026-01-01T00:00:00Z"
        var (refused, isNamed) = (0, false)
        for kilobytes in [4, 16, 64, 128, 256] {
            let run = try shell(place, "ulimit -f \(kilobytes); \(command)")
            if run.code == 0 { break }
            refused += 1
            isNamed = isNamed || run.err.contains("file too large")
            #expect(run.code == 1 && !run.wasKilled, "\(kilobytes): \(run.code) \(run.err)")
            #expect(run.err.contains("ulimit -f"), "\(kilobytes): \(run.err)")
            #expect(try place.strongroom("case", "show", "K").code == 3)
        }
        #expect(refused > 0 && isNamed)
        #expect(try shell(place, command).code == 0)
        #expect(try place.strongroom("verify").code == 0)
    }

    /// What nohup has ignored stays so.
    @Test func aHangUpThatIsIgnoredIsIgnored() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        let run = try shell(
            place,
            """
            trap '' HUP
            "$S" pull --case K --sdk-token later=600~tok --endpoint \(simulator.url) --wait & child=$!
            for i in $(seq 100); do sleep 0.1; "$S" case show K > /dev/null 2>&1 && break; done
            sleep 1; kill -HUP $child; sleep 1; kill -0 $child && echo goes on; kill -TERM $child; wait $child
            """)
        #expect(run.text.contains("goes on") && run.code == 1, "\(run.code) \(run.err)")
    }

    /// The first signal ends a command that waits with a sentence; what was registered stays.
    @Test(arguments: ["TERM", "INT", "HUP"]) func aSignalEndsAWaitWithASentence(signal: String) throws {
        let place = try Workplace()
        let simulator = try Simulator()
        let begin = Date()
        let run = try shell(
            place,
            """
            # Otherwise the shell has what runs beside it ignore SIGINT.
            set -m
            "$S" pull --case K --sdk-token later=600~tok --endpoint \(simulator.url) --wait & child=$!
            for i in $(seq 100); do sleep 0.1; "$S" case show K > /dev/null 2>&1 && break; done
            sleep 1; kill -\(signal) $child; wait $child
            """)
        #expect(run.code == 1 && run.err.contains("interrupted"), "\(run.code) \(run.err)")
        #expect(Date().timeIntervalSince(begin) < 60)
        #expect(try place.strongroom("status", "--json").json()["verifications"] as? [String: Int]? != nil)
        #expect(try place.strongroom("case", "show", "K", "--json").text.contains("\"awaiting\""))
    }

    /// A program that is handed the ledger and hangs costs the command that started it; others go on, and what they
    /// added is handed over once it goes on.
    @Test func aPublishingProgramThatHangsCostsNobodyElse() throws {
        let place = try Workplace()
        let program = try place.file(
            "publish",
            """
            #!/bin/sh
            cd '\(place.folder)'
            [ "$STRONGROOM_ACTION" = newest ] && { cat taken 2>/dev/null; exit 0; }
            touch started; while [ -e hang ]; do sleep 0.1; done
            cp "$STRONGROOM_CHECKPOINT" taken

            """)
        chmod(program, 0o700)
        let configuration = try place.operatorFile()
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
            .replacing(/\n  directory: [^\n]*/, with: "\n  command: [\(program)]")
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
        chmod(configuration, 0o600)
        _ = try place.file("hang", "")
        let answer = try place.file("a.json", try Simulator.answer("tok"))
        let (first, out, err) = try Programs.start(
            Programs.folder + "/strongroom",
            ["import", "--case", "K-1", answer, "--captured-at", "2026-01-01T00:00:00Z"],
            environment: place.environment)
        defer { kill(first.processIdentifier, SIGKILL) }
        while access(place.folder + "/started", F_OK) != 0 {
            try #require(first.isRunning)
            usleep(20_000)
        }
        let begin = Date()
        let second = try place.strongroom(
            "import", "--case", "K-2", answer, "--captured-at", "2026-01-01T00:00:00Z")
        #expect(second.code == 0 && second.err.contains("another command has been publishing"), "\(second.err)")
        #expect(Date().timeIntervalSince(begin) < 8)
        #expect(first.isRunning)
        try FileManager.default.removeItem(atPath: place.folder + "/hang")
        first.waitUntilExit()
        let said = String(decoding: err.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        _ = out.fileHandleForReading.readDataToEndOfFile()
        #expect(first.terminationStatus == 0, "\(said)")
        let ledger = try #require(try place.strongroom("status", "--json").json()["ledger"] as? [String: Any])
        #expect(ledger["entries"] as? Int == ledger["published"] as? Int && ledger["entries"] as? Int ?? 0 > 0)
    }

    /// A lock that somebody has is said after a second, with who has it.
    @Test func aLockThatIsHeldIsNamed() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        let run = try shell(
            place,
            """
            flock \(place.archive)/index.sqlite-lock sleep 3 & holder=$!
            for i in $(seq 50); do flock -n \(place.archive)/index.sqlite-lock true || break; sleep 0.1; done
            "$S" import --case K '\(file)' --captured-at 2026-01-01T00:00:00Z; echo "code $?"; wait $holder
            """)
        #expect(run.text.contains("code 0"), "\(run.text)\(run.err)")
        #expect(
            run.err.contains(/note: waiting for \S*index.sqlite-lock\S*, which process [0-9]+ \((flock|sleep)\)/),
            "\(run.err)")
        #expect(run.err.contains("Ctrl-C ends the wait"))
    }
}
