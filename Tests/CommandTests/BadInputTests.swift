import Foundation
import Testing

/// Every bad input ends with a sentence, the right exit code, and nothing added or changed.
struct BadInputTests {
    /// Runs a command that must fail, and checks that it says something and changes nothing.
    private func expect(
        _ place: Workplace, _ code: Int32, saying words: String..., from arguments: [String],
        extra: [String: String] = [:], input: Data? = nil,
        location: SourceLocation = #_sourceLocation
    ) throws {
        let before = place.snapshot()
        let run = try Programs.run(
            Programs.folder + "/strongroom", arguments, environment: place.environment.merging(extra) { $1 },
            input: input)
        #expect(run.code == code, "\(run.err)", sourceLocation: location)
        for word in words { #expect(run.err.contains(word), "\(run.err)", sourceLocation: location) }
        #expect(!run.err.contains("Fatal") && !run.err.contains("Optional("), "\(run.err)", sourceLocation: location)
        let after = place.snapshot()
        let kept = after.filter { !$0.key.hasSuffix("-lock") && !$0.key.hasSuffix("-wal") }
        for (name, content) in kept where !name.hasPrefix("vendor.pace") {
            #expect(before[name] == content, "\(name) changed", sourceLocation: location)
        }
    }

    @Test func answersThatAreNone() throws {
        let place = try Workplace()
        let good = try Simulator.answer("tok")
        let cases: [(String, [String])] = [
            ("<html><body>Sign in</body></html>", ["begins with '<'"]),
            (String(good.prefix(9000)), ["cut off"]),
            ("not json", ["not JSON", "byte 0"]),
            (#"{"Result":"0","RequestId":"x"}"#, ["no Response"]),
            (
                #"{"Response":{"Result":"0","BestFrame":"/9j/4AAQSkZJRg.....s97n//2Q=="}}"#,
                ["BestFrame is not Base64", "'.'", "byte 14 of the value"]
            ),
            (#"{"Response":{"Result":"0","Video":"https://cos.example/v.mp4"}}"#, ["Video holds a URL"]),
            (#"{"Response":{"Result":"-999"}}"#, ["not finished"]),
            (#"{"Response":{"Error":{"Code":"InternalError","Message":""},"RequestId":""}}"#, ["error of the vendor"]),
            ("", ["empty"]),
        ]
        for (text, words) in cases {
            let file = try place.file("answer.json", text)
            for word in words + ["answer.json"] {
                try expect(
                    place, 1, saying: word,
                    from: ["import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z"])
            }
        }
        try expect(
            place, 1, saying: "no such file",
            from: ["import", "--case", "K", place.folder + "/none.json", "--captured-at", "2026-01-01T00:00:00Z"])
        try expect(
            place, 1, saying: "directory",
            from: ["import", "--case", "K", place.folder, "--captured-at", "2026-01-01T00:00:00Z"])
        try expect(
            place, 1, saying: "standard input", "empty",
            from: ["import", "--case", "K", "-", "--captured-at", "2026-01-01T00:00:00Z"], input: Data())
        let settings = place.archive + "/strongroom.yaml"
        try String(contentsOfFile: settings, encoding: .utf8).replacingOccurrences(of: "67108864", with: "20000").write(
            toFile: settings, atomically: false, encoding: .utf8)
        let file = try place.file("answer.json", good)
        try expect(
            place, 1, saying: "larger than the cap of 20000 bytes", "answer-cap",
            from: ["import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z"])
    }

    @Test func wrongUsage() throws {
        let place = try Workplace()
        for arguments in [
            ["import", "--case", "K", "x.json"], ["import", "x.json"], ["retrieve", "K", "--out", "x"],
            ["retrieve", "K", "--reason", " ", "--out", "x"],
            ["retrieve", "K", "--reason", "r"], ["retrieve", "K", "--reason", "r", "--media", "video"],
            ["retrieve", "K", "--reason", "r", "--media", "video", "--output", "-", "--range", "9-1"],
            ["pull", "--case", "K"], ["pull", "--sdk-token", "t"], ["verify", "--sample", "0%"],
            ["case", "list", "--limit", "0"], ["status", "--nonsense"], ["nonsense"],
        ] {
            let run = try Programs.run(Programs.folder + "/strongroom", arguments, environment: place.environment)
            #expect(run.code == 64, "\(arguments): \(run.err)")
            #expect(!run.err.isEmpty)
        }
    }

    @Test func caseIDs() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        let time = ["--captured-at", "2026-01-01T00:00:00Z"]
        try expect(place, 1, saying: "case ID is empty", from: ["import", "--case", "", file] + time)
        try expect(
            place, 1, saying: "201 bytes", "at most 200",
            from: ["import", "--case", String(repeating: "x", count: 201), file] + time)
        try expect(
            place, 1, saying: "control character", "U+001B", from: ["import", "--case", "a\u{1B}[31m", file] + time)
        try expect(place, 3, saying: "not in the archive", from: ["case", "show", "nobody"])
        try expect(
            place, 3, saying: "not in the archive",
            from: ["retrieve", "nobody", "--reason", "r", "--out", place.folder + "/bag"])
        #expect(!FileManager.default.fileExists(atPath: place.folder + "/bag"))
    }

    @Test func particularsAndTokens() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        #expect(
            try place.strongroom(
                "pull", "--case", "K", "--sdk-token", "tok", "--subject", "S", "--endpoint", simulator.url
            ).code == 0)
        try expect(
            place, 2, saying: "refused", "another subject",
            from: ["pull", "--case", "K", "--sdk-token", "t2", "--subject", "T", "--endpoint", simulator.url])
        try expect(
            place, 2, saying: "another case",
            from: ["pull", "--case", "L", "--sdk-token", "tok", "--endpoint", simulator.url])
        try expect(
            place, 1, saying: "a jurisdiction is not one of ISO 3166",
            from: [
                "pull", "--case", "L", "--sdk-token", "t3", "--jurisdiction", "Hong Kong", "--endpoint", simulator.url,
            ])
        try expect(
            place, 1, saying: "not a configured one",
            from: ["pull", "--case", "L", "--sdk-token", "t3", "--purpose", "fun", "--endpoint", simulator.url])
        try expect(
            place, 1, saying: "lies in the future",
            from: [
                "pull", "--case", "L", "--sdk-token", "t3", "--token-issued-at", "2126-01-01T00:00:00Z", "--endpoint",
                simulator.url,
            ])
        try expect(
            place, 1, saying: "not a time",
            from: ["pull", "--case", "L", "--sdk-token", "t3", "--token-issued-at", "now", "--endpoint", simulator.url])
        try expect(
            place, 1, saying: "not an endpoint",
            from: ["pull", "--case", "L", "--sdk-token", "t3", "--endpoint", "http://example.com"])
    }

    @Test func tables() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        for (text, words) in [
            ("case,jurisdiction\nK,HK\n", "the column sdk-token is missing"),
            ("case,sdk-token,token-issued-at\nK,a,2026-02-30T00:00:00Z\n", "line 2"),
            ("case,sdk-token\nK,a\nL,b\nM,a\n", "line 4: the SDK token of line 2"), ("", "is empty"),
            ("case,sdk-token\n\"K,a\n", "line 2"),
        ] {
            let table = try place.file("t.csv", text)
            try expect(place, 1, saying: words, from: ["pull", "--from", table, "--endpoint", simulator.url])
            try expect(
                place, 1, saying: words, from: ["pull", "--from", "-", "--endpoint", simulator.url],
                input: Data(text.utf8))
        }
        try expect(
            place, 1, saying: "cannot be read",
            from: ["pull", "--from", place.folder + "/none.csv", "--endpoint", simulator.url])
    }

    @Test func credentials() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        let pull = ["pull", "--case", "K", "--sdk-token", "the-token", "--endpoint", simulator.url]
        try expect(
            place, 1, saying: "no credentials", "TENCENTCLOUD_SECRET_ID", from: pull,
            extra: ["TENCENTCLOUD_SECRET_KEY": ""])
        for (id, key, words) in [
            ("simulator-id", "wrong-hunter2", "AuthFailure.SignatureFailure"),
            ("nobody", "wrong-hunter2", "AuthFailure.SecretIdNotFound"),
        ] {
            let run = try Programs.run(
                Programs.folder + "/strongroom", pull,
                environment: place.environment.merging(["TENCENTCLOUD_SECRET_ID": id, "TENCENTCLOUD_SECRET_KEY": key]) {
                    $1
                })
            #expect(run.code == 1 && run.err.contains(words))
            #expect(!(run.err + run.text).contains("hunter2") && !(run.err + run.text).contains("the-token"))
        }
        #expect(try place.strongroom("status", "--json").json()["objects"] as? Int == 0)
        let file = try place.file(
            "cred", "# vendor\nTENCENTCLOUD_SECRET_ID=simulator-id\nTENCENTCLOUD_SECRET_KEY=simulator-key\n")
        try expect(
            place, 1, saying: "can be read by others", "chmod 600", from: pull + ["--credentials-file", file],
            extra: ["TENCENTCLOUD_SECRET_ID": ""])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        #expect(
            try Programs.run(
                Programs.folder + "/strongroom", pull + ["--credentials-file", file],
                environment: place.environment.filter { !$0.key.hasPrefix("TENCENT") }
            ).code == 0)
    }

    @Test func clocksAndRegionsAndTemporaryCredentials() throws {
        let place = try Workplace()
        for offset in ["600", "-600"] {
            let simulator = try Simulator("--clock-offset", offset)
            let run = try place.strongroom(
                "pull", "--case", "K\(offset)", "--sdk-token", "t\(offset)", "--endpoint", simulator.url)
            #expect(
                run.code == 0 && run.err.contains("10 min")
                    && run.err.contains(offset == "600" ? "ahead of" : "behind"), "\(run.err)")
        }
        let simulator = try Simulator(environment: ["TENCENTCLOUD_TOKEN": "session"])
        #expect(
            try place.strongroom("pull", "--case", "T", "--sdk-token", "t", "--endpoint", simulator.url).err.contains(
                "AuthFailure.TokenFailure"))
        #expect(
            try place.strongroom(
                "pull", "--case", "T", "--sdk-token", "t", "--endpoint", simulator.url,
                extra: ["TENCENTCLOUD_TOKEN": "session"]
            ).code == 0)
        #expect(
            try place.strongroom(
                "pull", "--case", "R", "--sdk-token", "r", "--region", "xx-nowhere", "--endpoint", simulator.url,
                extra: ["TENCENTCLOUD_TOKEN": "session"]
            ).err.contains("UnsupportedRegion"))
    }

    @Test func theVendorAway() throws {
        let place = try Workplace()
        let run = try place.strongroom("pull", "--case", "K", "--sdk-token", "t", "--endpoint", "http://127.0.0.1:9")
        #expect(run.code == 1 && run.err.contains("not reached in 5 attempts"), "\(run.err)")
        #expect(
            try place.strongroom("status", "--json").json()["verifications"] as? [String: Int] == [
                "awaiting": 1, "archived": 0, "expired": 0, "rejected": 0,
            ])
    }

    @Test func archivesThatAreNone() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        try expect(
            place, 1, saying: "no archive", "strongroom init", from: ["status", "--archive", place.folder + "/none"])
        try expect(place, 1, saying: "no archive", from: ["status", "--archive", file])
        try expect(place, 1, saying: "already holds an archive", from: ["init"])
        let used = place.folder + "/used"
        try FileManager.default.createDirectory(
            atPath: used, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try Data([1]).write(to: URL(fileURLWithPath: used + "/notes"))
        try expect(place, 1, saying: "not empty", from: ["init", "--archive", used])
        try expect(
            place, 1, saying: "lies inside",
            from: ["init", "--archive", place.folder + "/new", "--root-key-file", place.folder + "/new/root.key"])
        try expect(
            place, 1, saying: "no root key file", from: ["status", "--root-key-file", place.folder + "/none.key"])
        let other = place.folder + "/other.key"
        try expect(
            place, 1, saying: "not a root key file",
            from: [
                "status", "--root-key-file",
                {
                    try! FileManager.default.copyItem(atPath: file, toPath: other); chmod(other, 0o600); return other
                }(),
            ])
        try FileManager.default.removeItem(atPath: other)
        #expect(try place.strongroom("init", "--archive", place.folder + "/second", "--root-key-file", other).code == 0)
        try expect(place, 4, saying: "not the root key of the archive", from: ["status", "--root-key-file", other])
        chmod(place.folder + "/root.key", 0o644)
        try expect(place, 1, saying: "can be read by others", "chmod 600", from: ["status"])
        chmod(place.folder + "/root.key", 0o600)

        chmod(place.archive, 0o750)
        try expect(place, 1, saying: "open to other users", "chmod 700", from: ["status"])
        chmod(place.archive, 0o700)

        let settings = place.archive + "/strongroom.yaml"
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        for (change, words) in [
            ("format: 2", "format 2"), ("format: 1\ncolour: red", "'colour' is not a setting"),
            ("format: [", "not YAML"),
        ] {
            try text.replacingOccurrences(of: "format: 1", with: change).write(
                toFile: settings, atomically: false, encoding: .utf8)
            try expect(place, 1, saying: words, from: ["status"])
        }
        try text.write(toFile: settings, atomically: false, encoding: .utf8)

        let keyring = place.archive + "/keyring.sealed"
        let second = FileManager.default.contents(atPath: place.folder + "/second/keyring.sealed")!
        let sealed = FileManager.default.contents(atPath: keyring)!
        try second.write(to: URL(fileURLWithPath: keyring))
        try expect(place, 4, saying: "different archives", from: ["status", "--root-key-file", other])
        try (sealed.dropLast() + [sealed.last! ^ 1]).write(to: URL(fileURLWithPath: keyring))
        try expect(place, 4, saying: "keyring was altered", from: ["status"])
        try sealed.write(to: URL(fileURLWithPath: keyring))
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func alteredBlobs() throws {
        let place = try Workplace()
        for name in ["a", "b"] {
            let file = try place.file("\(name).json", try Simulator.answer("size=200k~\(name)"))
            #expect(
                try place.strongroom("import", "--case", name, file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        }
        func path(_ caseID: String) throws -> String {
            let verification = try #require(
                (try place.strongroom("case", "show", caseID, "--json").json()["verifications"] as? [[String: Any]])?
                    .first)
            let object = try #require(
                (verification["objects"] as? [[String: Any]])?.first { $0["kind"] as? String == "video" })
            let address = try #require(object["address"] as? String)
            return place.archive + "/objects/\(address.prefix(2))/\(address)"
        }
        let (first, second) = (try path("a"), try path("b"))
        let (one, two) = (FileManager.default.contents(atPath: first)!, FileManager.default.contents(atPath: second)!)
        var flipped = one
        flipped[flipped.count / 2] ^= 1
        let damages: [(String, () throws -> Void, String, Int)] = [
            ("one flipped bit", { try flipped.write(to: URL(fileURLWithPath: first)) }, "blob-altered", 1),
            ("cut short", { try one.dropLast(100).write(to: URL(fileURLWithPath: first)) }, "blob-altered", 1),
            (
                "swapped",
                {
                    try two.write(to: URL(fileURLWithPath: first)); try one.write(to: URL(fileURLWithPath: second))
                }, "blob-altered", 2
            ),
            ("gone", { try FileManager.default.removeItem(atPath: first) }, "blob-missing", 1),
            (
                "a stranger",
                {
                    try Data([1]).write(
                        to: URL(fileURLWithPath: place.archive + "/objects/00/" + String(repeating: "0", count: 64)))
                }, "blob-unreferenced", 1
            ),
        ]
        for (name, damage, kind, count) in damages {
            try damage()
            let run = try place.strongroom("verify", "--json")
            #expect(run.code == 4, "\(name)")
            let findings = try #require(try run.json()["findings"] as? [[String: Any]])
            #expect(
                findings.map { $0["kind"] as? String } == Array(repeating: kind, count: count), "\(name): \(findings)")
            if kind != "blob-unreferenced" {
                let out = place.folder + "/out"
                for arguments in [["--out", out], ["--media", "video", "--output", out]] {
                    let retrieved = try Programs.run(
                        Programs.folder + "/strongroom", ["retrieve", "a", "--reason", "r"] + arguments,
                        environment: place.environment)
                    #expect(retrieved.code == 4, "\(name): \(retrieved.err)")
                    #expect(retrieved.err.contains(kind == "blob-missing" ? "gone" : "altered"), "\(retrieved.err)")
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: place.folder).filter {
                    $0.contains("out")
                }
                #expect(left.isEmpty, "\(name) left \(left)")
            }
            try one.write(to: URL(fileURLWithPath: first))
            try two.write(to: URL(fileURLWithPath: second))
            try? FileManager.default.removeItem(
                atPath: place.archive + "/objects/00/" + String(repeating: "0", count: 64))
        }
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func namesOfOneCharacterAndNamesThatAreNoText() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        let script = """
            cd '\(place.folder)' && S='\(Programs.folder)/strongroom'
            $S retrieve K --reason r --media result --output q && $S retrieve K --reason r --out b && $S init --archive z || exit 9
            $S case show "$(printf '\\377\\376')"; [ $? -eq 64 ] || exit 8
            """
        let run = try Programs.run("/bin/bash", ["-c", script], environment: place.environment)
        #expect(run.code == 0 && run.err.contains("not UTF-8"), "\(run.err)")
        try expect(
            place, 1, saying: "there is no directory",
            from: ["retrieve", "K", "--reason", "r", "--out", place.folder + "/no/such"])
        try expect(place, 1, saying: "name", "is empty", from: ["retrieve", "K", "--reason", "r", "--out", ""])
    }

    @Test func anArchiveThatLostAPart() throws {
        let place = try Workplace()
        for part in ["keyring.sealed", "index.sqlite", "objects", "staging", "strongroom.yaml"] {
            let path = place.archive + "/" + part
            try FileManager.default.moveItem(atPath: path, toPath: place.folder + "/" + part)
            try expect(place, 4, saying: "has lost \(part)", "do not run init", from: ["status"])
            try FileManager.default.moveItem(atPath: place.folder + "/" + part, toPath: path)
        }
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func anImportIsNotCalledUnchangedWhenItDiffers() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        try expect(
            place, 2, saying: "another captured-at",
            from: ["import", "--case", "K", file, "--captured-at", "2026-01-02T00:00:00Z"])
        #expect(
            try place.strongroom(
                "import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z", "--sdk-token", "tok"
            ).code == 0)
        let simulator = try Simulator()
        try expect(
            place, 2, saying: "another case",
            from: ["pull", "--case", "L", "--sdk-token", "tok", "--endpoint", simulator.url])
        let table = try place.file("t.csv", "case,sdk-token\nL,tok\nM,tok-2\n")
        let batch = try place.strongroom("pull", "--from", table, "--endpoint", simulator.url, "--json")
        let lines = try batch.jsonLines()
        #expect(batch.code == 5 && lines.map { $0["state"] as? String } == ["failed", "archived"], "\(lines)")
        #expect(lines.first?["line"] as? Int == 2)
        #expect(try place.strongroom("pull", "--endpoint", simulator.url, "--subject", "x").code == 64)
    }

    @Test func nothingIsOverwritten() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        try expect(
            place, 1, saying: "exists already",
            from: ["retrieve", "K", "--reason", "r", "--media", "video", "--output", file])
        try expect(place, 1, saying: "exists already", from: ["retrieve", "K", "--reason", "r", "--out", place.folder])
        try expect(
            place, 3, saying: "no selfie", "there is action-video, best-frame, result, video",
            from: ["retrieve", "K", "--reason", "r", "--media", "selfie", "--output", place.folder + "/x"])
        try expect(
            place, 1, saying: "does not lie within",
            from: [
                "retrieve", "K", "--reason", "r", "--media", "video", "--output", place.folder + "/x", "--range",
                "0-99999999",
            ])
    }

    @Test func twoThatCreateTheArchiveAtOnce() throws {
        let place = try Workplace(makesArchive: false)
        let codes = Codes()
        let environment = place.environment
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            codes.append(
                (try? Programs.run(Programs.folder + "/strongroom", ["init"], environment: environment).code) ?? -1)
        }
        #expect(codes.all.filter { $0 == 0 }.count == 1 && codes.all.allSatisfy { $0 == 0 || $0 == 1 }, "\(codes.all)")
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func manyCommandsAtOnce() throws {
        let place = try Workplace()
        let simulator = try Simulator("--rate", "1000")
        var texts: [String] = []
        for number in 0..<8 {
            texts.append(try place.file("\(number).json", try Simulator.answer("tok-\(number % 4)")))
        }
        let table = try place.file("t.csv", "case,sdk-token\n" + (0..<10).map { "P-\($0),pull-\($0)\n" }.joined())
        let (environment, files, url) = (place.environment, texts, simulator.url)
        let codes = Codes()
        DispatchQueue.concurrentPerform(iterations: 10) { number in
            // Each answer twice into the same case, and the same table twice.
            let arguments =
                number < 8
                ? ["import", "--case", "K-\(number % 4)", files[number], "--captured-at", "2026-01-01T00:00:00Z"]
                : ["pull", "--from", table, "--endpoint", url]
            codes.append(
                (try? Programs.run(Programs.folder + "/strongroom", arguments, environment: environment).code) ?? -1)
        }
        #expect(codes.all == Array(repeating: 0, count: 10), "\(codes.all)")
        let status = try place.strongroom("status", "--json").json()
        #expect(status["cases"] as? Int == 14)
        #expect(try place.strongroom("verify").code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.archive + "/staging").isEmpty)
    }
}

final class Codes: @unchecked Sendable {
    private let lock = NSLock()
    private var codes: [Int32] = []

    func append(_ code: Int32) { lock.withLock { codes.append(code) } }
    var all: [Int32] { lock.withLock { codes } }
}
