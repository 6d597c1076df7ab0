import Foundation
import Testing

/// Every bad input ends with a sentence, the right exit code, and nothing added or changed.
struct BadInputTests {
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
        let settings = try place.operatorFile()
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
            place, 1, saying: "the jurisdiction is not one of ISO 3166", "did you mean HK?",
            from: [
                "pull", "--case", "L", "--sdk-token", "t3", "--jurisdiction", "Hong Kong", "--endpoint", simulator.url,
            ])
        try expect(
            place, 1, saying: "not a configured one",
            from: ["pull", "--case", "L", "--sdk-token", "t3", "--purpose", "fun", "--endpoint", simulator.url])
        try expect(
            place, 64, saying: "lies in the future",
            from: [
                "pull", "--case", "L", "--sdk-token", "t3", "--token-issued-at", "2126-01-01T00:00:00Z", "--endpoint",
                simulator.url,
            ])
        try expect(
            place, 64, saying: "neither a day nor a time",
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
            ("", "is empty"),
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
        // What is wrong with one line is wrong with no other; of a token that stands twice, neither is taken.
        let table = try place.file(
            "t.csv", "case;sdk-token;token-issued-at\nK;a;\nL;b;\nM;a;\nN;c;soon\ncase;sdk-token;token-issued-at\n")
        let run = try place.strongroom("pull", "--from", table, "--endpoint", simulator.url, "--json")
        #expect(run.code == 5, "\(run.err)")
        let lines = try run.jsonLines()
        #expect(lines.filter { $0["state"] as? String == "failed" }.map { $0["line"] as? Int } == [2, 4, 5, 6])
        #expect(lines.filter { $0["state"] as? String == "archived" }.map { $0["caseID"] as? String } == ["L"])
        for name in ["K", "M", "N", "case"] { #expect(try place.strongroom("case", "show", name).code == 3) }
    }

    /// Standard input holds the token or the answer; a token on the command line leaves it to the answer.
    @Test func standardInputHoldsOneThing() throws {
        let place = try Workplace()
        let answer = Data(try Simulator.answer("tok").utf8)
        let rest = ["--captured-at", "2026-01-01T00:00:00Z", "-"]
        try expect(
            place, 64, saying: "not both", from: ["import", "--case", "K", "--sdk-token", "-"] + rest, input: answer)
        for (name, option) in [("K", ["--sdk-token", "tok-1"]), ("L", ["--sdk-token=tok-2"])] {
            let run = try Programs.run(
                Programs.folder + "/strongroom", ["import", "--case", name] + option + rest,
                environment: place.environment, input: Data(try Simulator.answer(name).utf8))
            #expect(run.code == 0, "\(run.err)")
        }
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
            place, 1, saying: "can be read by others", "mode 0600", from: pull + ["--credentials-file", file],
            extra: ["TENCENTCLOUD_SECRET_ID": ""])
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        #expect(
            try Programs.run(
                Programs.folder + "/strongroom", pull + ["--credentials-file", file],
                environment: place.environment.filter { !$0.key.hasPrefix("TENCENT") }
            ).code == 0)
        // As other programs write such files: with quotes, a byte order mark, and the line ends of other systems.
        for (number, text) in [
            "TENCENTCLOUD_SECRET_ID=\"simulator-id\"\nTENCENTCLOUD_SECRET_KEY=\"simulator-key\"\n",
            "\u{FEFF}TENCENTCLOUD_SECRET_ID='simulator-id'\r\n\r\nTENCENTCLOUD_SECRET_KEY='simulator-key'\r\n",
        ].enumerated() {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
            let run = try Programs.run(
                Programs.folder + "/strongroom",
                ["pull", "--case", "Q\(number)", "--sdk-token", "q\(number)", "--endpoint", simulator.url]
                    + ["--credentials-file", file],
                environment: place.environment.filter { !$0.key.hasPrefix("TENCENT") })
            #expect(run.code == 0, "\(run.err)")
        }
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
                "awaiting": 1, "archived": 0, "incomplete": 0, "unreadable": 0, "expired": 0, "rejected": 0,
                "continued": 0,
            ])
    }

    @Test func namesOfOneCharacterAndNamesThatAreNoText() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        let script = """
            cd '\(place.folder)' && S='\(Programs.folder)/strongroom'
            $S retrieve K --reason r --media result --output q && $S retrieve K --reason r --out b && $S init \
            --archive z || exit 9
            $S case show "$(printf '\\377\\376')"; [ $? -eq 64 ] || exit 8
            """
        let run = try Programs.run("/bin/bash", ["-c", script], environment: place.environment)
        #expect(run.code == 0 && run.err.contains("not UTF-8"), "\(run.err)")
        try expect(
            place, 1, saying: "there is no directory",
            from: ["retrieve", "K", "--reason", "r", "--out", place.folder + "/no/such"])
        try expect(place, 1, saying: "name", "is empty", from: ["retrieve", "K", "--reason", "r", "--out", ""])
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
}
