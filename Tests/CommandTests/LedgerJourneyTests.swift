import Foundation
import TestSupport
import Testing

/// What an auditor does, with this program and without it.
@Suite(.serialized) struct LedgerJourneyTests {
    private static let tools =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/tools/verifiers/"

    private static let go: String? = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("ledger-\(UUID().uuidString)").path
        let built = try? Programs.run(
            "/usr/bin/env", ["go", "build", "-o", path, tools + "ledger.go"],
            environment: [
                "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "GO111MODULE": "off",
                "GOPATH": "/usr/share/gocode", "GOCACHE": path + "-cache",
            ])
        return built?.code == 0 ? path : nil
    }()

    /// A ledger of a few cases that the program itself made, and what it hands out of it.
    private struct Handout {
        let place: Workplace
        let key: String
        var export: String { place.folder + "/export" }
        var bag: String { place.folder + "/bag" }
        var proof: String { place.folder + "/proof" }
        var entry: String { place.folder + "/entry" }
        var earlier: String { place.folder + "/earlier" }
        var consistency: String { place.folder + "/consistency" }

        init() throws {
            place = try Workplace(makesArchive: false)
            key = try #require(
                try place.strongroom("init", "--origin", "archive.example.com/ekyc", "--json").json()["verifierKey"]
                    as? String)
            for number in 1...3 {
                let file = try place.file("a.json", try Simulator.answer("tok-\(number)"))
                _ = try place.strongroom(
                    "import", "--case", "K-\(number)", file, "--captured-at", "2026-01-01T00:00:00Z")
                if number == 1 {
                    let checkpoint = try place.strongroom("audit", "checkpoint").out
                    try checkpoint.write(to: URL(fileURLWithPath: place.folder + "/earlier"))
                }
            }
            for arguments in [
                ["retrieve", "K-2", "--reason", "audit", "--out", bag], ["audit", "export", "--out", export],
                ["audit", "prove", "5", "--out", proof, "--entry-out", entry],
                ["audit", "prove", "--since", earlier, "--out", consistency],
            ] {
                let done = try Programs.run(Programs.folder + "/strongroom", arguments, environment: place.environment)
                try #require(done.code == 0, "\(arguments): \(done.err)")
            }
        }

        func audit(_ arguments: String...) throws -> Int32 {
            try Programs.run(
                Programs.folder + "/strongroom", ["audit", "verify"] + arguments + ["--verifier-key", key],
                environment: ["PATH": ""]
            ).code
        }
    }

    private typealias Verifier = (_ arguments: [String], _ key: String) throws -> Int32

    private func verifiers() throws -> [(name: String, run: Verifier)] {
        let go = try #require(Self.go, "tools/verifiers/ledger.go does not build")
        let python = try #require(ProcessInfo.processInfo.environment["STRONGROOM_TEST_PYTHON"])
        let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        return [
            (
                "go",
                { arguments, key in
                    let arguments = arguments.map { $0.hasPrefix("--") ? String($0.dropFirst()) : $0 }
                    return try Programs.run(go, ["-key", key] + arguments, environment: environment).code
                }
            ),
            (
                "python",
                { arguments, key in
                    try Programs.run(python, [Self.tools + "ledger.py", key] + arguments, environment: environment).code
                }
            ),
        ]
    }

    @Test func othersAcceptWhatTheProgramHandsOut() throws {
        let handout = try Handout()
        for (name, run) in try verifiers() {
            for arguments in [
                [handout.export], [handout.bag], ["--proof", handout.proof, "--entry", handout.entry],
                ["--consistency", handout.consistency, "--since", handout.earlier],
            ] { #expect(try run(arguments, handout.key) == 0, "\(name): \(arguments)") }
        }
        for (arguments) in [
            [handout.export], [handout.bag], [handout.proof, "--entry", handout.entry],
            [handout.consistency, "--since", handout.earlier], [handout.earlier],
            [handout.export, "--since", handout.earlier],
        ] {
            let done = try Programs.run(
                Programs.folder + "/strongroom",
                ["audit", "verify"] + arguments + ["--verifier-key", handout.key, "--json"],
                environment: ["PATH": ""])
            #expect(done.code == 0, "\(arguments): \(done.text)\(done.err)")
            #expect(try done.json()["keyWasGiven"] as? Bool == true)
        }
        for checkpoint in [handout.earlier, handout.export + "/checkpoint", handout.bag + "/checkpoint"] {
            let done = try Programs.run(
                Self.tools + "checkpoint.sh", [handout.key, checkpoint],
                environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""])
            #expect(done.code == 0, "\(done.err)")
        }
        let python = try #require(ProcessInfo.processInfo.environment["STRONGROOM_TEST_PYTHON"])
        let bagit = (python as NSString).deletingLastPathComponent + "/bagit.py"
        #expect(try Programs.run(python, [bagit, "--validate", handout.bag]).code == 0)
        // A commitment is checked with nothing but sha256sum.
        let custody = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: handout.bag + "/custody.json"))) as? [String: Any])
        let lines = try #require(custody["record"] as? [[String: Any]])
        let line = try #require(lines.first { $0["kind"] as? String == "case registered" })
        let opening = try #require(
            (line["openings"] as? [[String: String]])?.first { $0["member"] == "caseIDCommitment" })
        let digest = try Programs.run(
            "/bin/bash",
            [
                "-c", #"(printf '%b' "$(printf %s "$1" | sed 's/../\\x&/g')"; printf %s "$2") | sha256sum"#, "sh",
                opening["salt"]!, opening["text"]!,
            ].map { $0 },
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        ).text.prefix(64)
        let entry = try String(contentsOfFile: handout.bag + "/custody/\(line["number"]!).json", encoding: .utf8)
        #expect(entry.contains("\"caseIDCommitment\":\"\(digest)\"") && opening["text"] == "K-2")
    }

    /// The program that an auditor runs is the same code as `audit verify`, and nothing in it could hold a key, read an
    /// index or ask the vendor.
    @Test func theAuditorsProgramSaysTheSameAndKnowsNoMore() throws {
        let handout = try Handout()
        func compare(_ arguments: [String], _ code: Int32) throws {
            let own = try Programs.run(
                Programs.folder + "/strongroom", ["audit", "verify"] + arguments, environment: ["PATH": ""])
            let theirs = try Programs.run(
                Programs.folder + "/strongroom-verify", arguments, environment: ["PATH": ""])
            #expect(own.code == code && theirs.code == code, "\(arguments): \(own.err)\(theirs.err)")
            #expect(own.out == theirs.out && own.err == theirs.err, "\(arguments)")
        }
        let key = ["--verifier-key", handout.key]
        for path in [handout.bag, handout.export] {
            try compare([path] + key, 0)
            try compare([path, "--json"], 0)
        }
        try compare([handout.proof, "--entry", handout.entry] + key, 0)
        try compare([handout.consistency, "--since", handout.earlier] + key, 0)
        try compare([handout.proof] + key, 1)
        try compare([handout.place.folder + "/nothing"], 1)
        try compare([handout.export, "--verifier-key", "nonsense"], 1)
        let entries = URL(fileURLWithPath: handout.export + "/entries.jsonl")
        try (try Data(contentsOf: entries) + Data("x\n".utf8)).write(to: entries)
        try compare([handout.export] + key, 4)
        let linked = try Programs.run("/usr/bin/ldd", [Programs.folder + "/strongroom-verify"]).text
        #expect(linked.contains("libcrypto"))
        for library in ["libsodium", "libsqlite3", "libcurl", "libpq"] { #expect(!linked.contains(library)) }
    }

    @Test func othersRefuseWhatWasAltered() throws {
        let handout = try Handout()
        let (all, place) = (try verifiers(), handout.place)
        var random = SeededGenerator.ofTest()
        func check(_ path: String, _ arguments: [String], _ own: [String], at position: Int? = nil) throws {
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            defer { try? good.write(to: URL(fileURLWithPath: path)) }
            var altered = good
            let position = position ?? Int.random(in: 0..<good.count - 1, using: &random)
            altered[position] ^= 1
            try altered.write(to: URL(fileURLWithPath: path))
            for (name, run) in all {
                #expect(try run(arguments, handout.key) != 0, "\(name): byte \(position) of \(path)")
            }
            let done = try Programs.run(
                Programs.folder + "/strongroom", ["audit", "verify"] + own + ["--verifier-key", handout.key],
                environment: ["PATH": ""])
            #expect(done.code == 4, "byte \(position) of \(path): \(done.text)\(done.err)")
        }
        for _ in 0..<6 {
            try check(handout.export + "/entries.jsonl", [handout.export], [handout.export])
            try check(
                handout.proof, ["--proof", handout.proof, "--entry", handout.entry],
                [handout.proof, "--entry", handout.entry])
            try check(
                handout.entry, ["--proof", handout.proof, "--entry", handout.entry],
                [handout.proof, "--entry", handout.entry])
            try check(
                handout.consistency, ["--consistency", handout.consistency, "--since", handout.earlier],
                [handout.consistency, "--since", handout.earlier])
            let entry = try #require(
                try FileManager.default.contentsOfDirectory(atPath: handout.bag + "/custody").first {
                    $0.hasSuffix(".json")
                })
            try check(handout.bag + "/custody/" + entry, [handout.bag], [handout.bag])
        }
        for position in [0, 25, 40] {
            try check(handout.export + "/checkpoint", [handout.export], [handout.export], at: position)
        }
        // A bag out of which entries of the case were taken, one and then all that are about it; and one that pretends
        // to be the certificate of a run.
        let custody = handout.bag + "/custody"
        let entries = try FileManager.default.contentsOfDirectory(atPath: custody).filter { $0.hasSuffix(".json") }
            .filter { name in
                let text = try String(contentsOfFile: custody + "/" + name, encoding: .utf8)
                return text.contains(#""case":"#)
            }
        #expect(entries.count >= 4)
        for left in [[entries[0]], entries] {
            let copy = place.folder + "/less-\(left.count)"
            try FileManager.default.copyItem(atPath: handout.bag, toPath: copy)
            for name in left {
                try FileManager.default.removeItem(atPath: copy + "/custody/" + name)
                try FileManager.default.removeItem(
                    atPath: copy + "/custody/" + name.replacingOccurrences(of: ".json", with: ".tlog-proof"))
            }
            for isDisguised in [false, true] {
                if isDisguised {
                    try #"{"form":"run"}"#.write(
                        toFile: copy + "/certificate.json", atomically: true, encoding: .utf8)
                }
                for (name, run) in all { #expect(try run([copy], handout.key) != 0, "\(name): \(left.count) left out") }
                let own = try Programs.run(
                    Programs.folder + "/strongroom", ["audit", "verify", copy, "--verifier-key", handout.key],
                    environment: ["PATH": ""])
                #expect(own.code == 4)
            }
        }
        // Somebody else's key.
        let other = try Workplace(makesArchive: false)
        let stranger = try #require(
            try other.strongroom("init", "--origin", "archive.example.com/ekyc", "--json").json()["verifierKey"]
                as? String)
        for (name, run) in all { #expect(try run([handout.export], stranger) != 0, "\(name)") }
        #expect(
            try Programs.run(
                Self.tools + "checkpoint.sh", [stranger, handout.earlier],
                environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
            ).code != 0)
    }

    @Test func theCommandsSayWhatTheyDid() throws {
        let handout = try Handout()
        let place = handout.place
        let log = try place.strongroom("audit", "log", "--from-start", "--limit", "1000", "--json").jsonLines()
        #expect(log.map { $0["number"] as? Int } == (0..<log.count).map { $0 })
        for key in ["number", "time", "kind", "actor", "known", "caseID", "sentence", "entry"] {
            #expect(log.allSatisfy { $0[key] != nil }, "\(key)")
        }
        #expect(log[0]["kind"] as? String == "archive created" && log[0]["known"] as? String == "os-user")
        let claimed = try place.strongroom(
            "retrieve", "K-9", "--reason", "r", "--out", place.folder + "/no", "--actor", "j.chan")
        #expect(claimed.code == 3)
        let tried = try place.strongroom("audit", "log", "--kind", "attempt failed", "--by", "j.chan", "--json")
            .jsonLines()
        #expect(tried.count == 1 && tried[0]["known"] as? String == "claimed")
        #expect(try place.strongroom("audit", "log", "--case", "K-9").code == 3)
        #expect(try place.strongroom("audit", "log", "--kind", "nonsense").code == 64)
        #expect(try place.strongroom("audit", "prove", "9999", "--out", place.folder + "/p9").code == 3)
        #expect(try place.strongroom("audit", "prove", "1", "--out", handout.proof).code == 1, "nothing is overwritten")
        #expect(try place.strongroom("audit", "accept-fork", "--reason", "r").code == 2)
        #expect(try place.strongroom("audit", "verify", place.folder + "/nowhere").code == 1)
        #expect(try place.strongroom("audit", "verify", place.archive).code == 1)
        #expect(try place.strongroom("audit", "verify", handout.proof).code == 1, "no key was given")
        let status = try place.strongroom("status", "--json").json()
        let ledger = try #require(status["ledger"] as? [String: Any])
        #expect(ledger["verifierKey"] as? String == handout.key && ledger["fork"] is NSNull)
        #expect(ledger["entries"] as? Int == ledger["published"] as? Int)
        let published = try #require(ledger["publishedTo"] as? String)
        #expect(published.hasPrefix(place.folder))
        #expect(try handout.audit(published) == 0)
        let reconciled = try place.strongroom("audit", "reconcile", "--json").json()
        #expect(reconciled["objects"] as? Int == 12 && (reconciled["findings"] as? [String])?.isEmpty == true)
    }

    @Test func theLogCanBeFollowed() throws {
        let place = try Workplace()
        let (process, out, _) = try Programs.start(
            Programs.folder + "/strongroom", ["audit", "log", "--follow", "--json", "--limit", "1"],
            environment: place.environment)
        defer { kill(process.processIdentifier, SIGKILL) }
        usleep(700_000)
        let file = try place.file("a.json", try Simulator.answer("tok"))
        _ = try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z")
        var seen = ""
        for _ in 0..<200 where !seen.contains("object archived") {
            seen += String(decoding: out.fileHandleForReading.availableData, as: UTF8.self)
        }
        #expect(seen.contains("case registered") && seen.contains("object archived"))
    }

    /// An index that is put back is refused by every command that would write, with exit code 4.
    @Test func anOldIndexStopsEveryCommand() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        let older = place.folder + "/older"
        func copy(_ from: String, to: String) throws {
            for suffix in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: to + suffix)
                guard FileManager.default.fileExists(atPath: from + suffix), suffix != "-shm" else { continue }
                try FileManager.default.copyItem(atPath: from + suffix, toPath: to + suffix)
            }
        }
        try copy(place.archive + "/index.sqlite", to: older)
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        try copy(older, to: place.archive + "/index.sqlite")
        for arguments in [
            ["import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z"], ["verify"], ["case", "list"],
            ["retrieve", "K", "--reason", "r", "--out", place.folder + "/b"], ["pull"], ["status"],
            ["audit", "checkpoint"], ["audit", "reconcile"],
        ] {
            let done = try Programs.run(Programs.folder + "/strongroom", arguments, environment: place.environment)
            #expect(done.code == 4, "\(arguments): \(done.text)\(done.err)")
            #expect((done.text + done.err).contains("an older copy"), "\(arguments)")
        }
        // To look is possible, with the same exit code; nothing is signed.
        let log = try place.strongroom("audit", "log")
        #expect(log.code == 4 && log.text.contains("made the archive"))
        #expect(try place.strongroom("audit", "export", "--out", place.folder + "/e").code == 4)
        #expect(!FileManager.default.fileExists(atPath: place.folder + "/e"))
        #expect(try place.strongroom("audit", "accept-fork", "--reason", " ").code != 0)
        #expect(try place.strongroom("audit", "accept-fork", "--reason", "a test").code == 0)
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
    }
}
