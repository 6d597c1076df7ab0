import Foundation
import Testing

/// What a dump of a process shows: no key, and tokens and credentials only while they are used.
@Suite(.serialized) struct MemoryTests {
    /// Whether memory of other processes may be read here; a container may forbid it.
    private static let isAllowed: Bool = {
        let outcome = try? Programs.run("/bin/sh", ["-c", "sleep 5 & cat /proc/$!/maps > /dev/null; kill $!"])
        return outcome?.code == 0 && geteuid() == 0
    }()

    private func counts(_ pid: Int, _ secrets: [String: String]) throws -> [String: Int] {
        let run = try Programs.run(
            try #require(Programs.python), [Programs.support("memory.py"), "\(pid)"] + secrets.map { "\($0)=\($1)" })
        #expect(run.code == 0, "\(run.err)")
        return run.text.split(separator: "\n").reduce(into: [:]) { counts, line in
            let words = line.split(separator: " ")
            counts[String(words[0])] = Int(words[1])
        }
    }

    /// Starts a command, waits until `isReady`, and looks.
    private func look(
        _ place: Workplace, _ arguments: String, input: String? = nil, secrets: [String: String],
        until isReady: () throws -> Bool
    ) throws -> [String: Int] {
        let (pidFile, inputFile) = (place.folder + "/pid", place.folder + "/input")
        try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: inputFile))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c",
            "echo $$ > '\(pidFile)'; exec '\(Programs.folder)/strongroom' \(arguments) < '\(inputFile)' > /dev/null",
        ]
        process.environment = place.environment
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        let end = Date().addingTimeInterval(20)
        while try !isReady() {
            try #require(Date() < end && process.isRunning, "it never came so far: \(arguments)")
            usleep(50_000)
        }
        usleep(700_000)
        return try counts(Int(process.processIdentifier), secrets)
    }

    /// The root key, as it stands in its file and as it is used.
    private func rootKey(_ place: Workplace) throws -> [String: String] {
        let text = try String(contentsOfFile: place.folder + "/root.key", encoding: .utf8)
        let digits = try #require(text.wholeMatch(of: /strongroom-root-key-1:([0-9a-f]{64})\n?/)).1
        return ["rootText": String(digits), "rootKey": "hex:\(digits)"]
    }

    @Test(.enabled(if: isAllowed)) func aPullThatWaits() throws {
        let place = try Workplace()
        // Long enough to stand nowhere by chance.
        let (key, session) = ("key-\(UUID().uuidString)-secret", "session-\(UUID().uuidString)")
        let simulator = try Simulator(
            "--rate", "1000",
            environment: [
                "TENCENTCLOUD_SECRET_KEY": key, "TENCENTCLOUD_TOKEN": session,
            ])
        place.environment["TENCENTCLOUD_SECRET_KEY"] = key
        place.environment["TENCENTCLOUD_TOKEN"] = session
        let (waiting, ended) = ("later=600~\(UUID().uuidString)", UUID().uuidString)
        let found = try look(
            place, "pull --from - --endpoint \(simulator.url) --wait",
            input: "case,sdk-token\nK-1,\(waiting)\nK-2,\(ended)\n",
            secrets: ["waiting": waiting, "ended": ended, "key": key, "session": session]
                .merging(try rootKey(place)) { $1 }
        ) {
            let states = try? place.strongroom("status", "--json").json()["verifications"] as? [String: Int]
            return states?["archived"] == 1 && states?["awaiting"] == 1
        }
        #expect(found["rootText"] == 0 && found["rootKey"] == 0 && found["ended"] == 0, "\(found)")
        // One that waits is sealed between two askings; credentials stand where no dump looks.
        #expect(found["waiting"] == 0, "\(found)")
        #expect(found["key"] == 0 && found["session"] == 0, "\(found)")
    }

    /// A token that somebody gave on the command line is taken out of it before anything else is done.
    @Test(.enabled(if: isAllowed), arguments: ["--sdk-token ", "--sdk-token="])
    func aTokenOnTheCommandLine(option: String) throws {
        let place = try Workplace()
        let simulator = try Simulator("--rate", "1000")
        let token = "later=600~\(UUID().uuidString)"
        let found = try look(
            place, "pull --case K \(option)'\(token)' --endpoint \(simulator.url) --wait", secrets: ["token": token]
        ) {
            let states = try? place.strongroom("status", "--json").json()["verifications"] as? [String: Int]
            return states?["awaiting"] == 1
        }
        #expect(found["token"] == 0, "\(found)")
    }

    /// An import that waits for the rest of its answer, with the token of the verification.
    @Test(.enabled(if: isAllowed)) func anImportUnderWay() throws {
        let place = try Workplace()
        let token = UUID().uuidString
        let fifo = place.folder + "/answer"
        #expect(mkfifo(fifo, 0o600) == 0)
        let answer = try Simulator.answer("tok")
        let writer = Thread {
            guard let pipe = FileHandle(forWritingAtPath: fifo) else { return }
            try? pipe.write(contentsOf: Data(answer.utf8.prefix(answer.utf8.count / 2)))
            sleep(8)
            try? pipe.close()
        }
        writer.start()
        let begin = Date()
        let found = try look(
            place,
            "import --case K --sdk-token - '\(fifo)' --captured-at 2026-01-01T00:00:00Z", input: token + "\n",
            secrets: ["token": token].merging(try rootKey(place)) { $1 }
        ) { Date().timeIntervalSince(begin) > 2 }
        #expect(found["rootText"] == 0 && found["rootKey"] == 0, "\(found)")
        // It is used when the answer has come.
        #expect(found["token"] == 1, "\(found)")
    }

    @Test(.enabled(if: isAllowed)) func aRetrievalUnderWay() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("size=5M~tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        let begin = Date()
        let fifo = place.folder + "/out"
        #expect(mkfifo(fifo, 0o600) == 0)
        // Nobody reads on: the command waits with the key of the object in use.
        let reader = open(fifo, O_RDWR)
        defer { close(reader) }
        let found = try look(
            place, "retrieve K --reason r --media video --output - > '\(fifo)' 2>/dev/null; true",
            secrets: try rootKey(place)
        ) { Date().timeIntervalSince(begin) > 2 }
        #expect(found["rootText"] == 0 && found["rootKey"] == 0, "\(found)")
    }
}
