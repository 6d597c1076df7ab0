import Foundation
import Testing

/// What a person does, from the first command to the last, against the simulator.
struct JourneyTests {
    @Test func fromATokenToTheSameBytes() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        let pulled = try place.strongroom(
            "pull", "--case", "K/1 客户", "--sdk-token", "-", "--jurisdiction", "HK", "--subject", "S-1", "--purpose",
            "onboarding", "--consent", "C-1", "--endpoint", simulator.url, "--json", input: Data("tok-1\n".utf8))
        #expect(pulled.code == 0, "\(pulled.err)")
        #expect(try pulled.jsonLines().map { $0["state"] as? String } == ["archived"])

        let shown = try place.strongroom("case", "show", "K/1 客户", "--json").json()
        #expect(
            shown["caseID"] as? String == "K/1 客户" && shown["subject"] as? String == "S-1"
                && shown["consent"] as? String == "C-1")
        #expect(shown["jurisdictions"] as? [String] == ["HK"] && shown["purpose"] as? String == "onboarding")
        let verification = try #require((shown["verifications"] as? [[String: Any]])?.first)
        for key in ["state", "resultCode", "description", "requestID", "tokenIssuedAt", "archivedAt", "objects"] {
            #expect(verification[key] != nil, "\(key)")
        }
        let objects = try #require(verification["objects"] as? [[String: Any]])
        #expect(objects.map { $0["kind"] as? String } == ["action-video", "best-frame", "result", "video"])
        for key in ["mediaType", "length", "address"] { #expect(objects.allSatisfy { $0[key] != nil }) }

        let bag = place.folder + "/bag"
        #expect(try place.strongroom("retrieve", "K/1 客户", "--reason", "audit 7", "--out", bag).code == 0)
        try Simulator.media("tok-1", in: place.folder + "/media")
        for name in ["best-frame.jpg", "video.mp4", "action-video.mp4"] {
            #expect(
                FileManager.default.contentsEqual(
                    atPath: bag + "/data/1/" + name, andPath: place.folder + "/media/" + name), "\(name)")
        }
        let info = try String(contentsOfFile: bag + "/bag-info.txt", encoding: .utf8)
        #expect(
            info.contains("External-Identifier: K/1 客户\n") && info.contains("Retrieval-Reason: audit 7\n")
                && info.contains("Retrieved-By: "))

        let media = FileManager.default.contents(atPath: place.folder + "/media/video.mp4")!
        #expect(
            try place.strongroom("retrieve", "K/1 客户", "--reason", "r", "--media", "video", "--output", "-").out
                == media)
        #expect(
            try place.strongroom(
                "retrieve", "K/1 客户", "--reason", "r", "--media", "video", "--output", "-", "--range", "100-299"
            ).out == media[100...299])
        #expect(
            try place.strongroom(
                "retrieve", "K/1 客户", "--reason", "r", "--media", "video", "--output", "-", "--range", "15000-"
            ).out == media[15_000...])
        let part = place.folder + "/part"
        #expect(
            try place.strongroom(
                "retrieve", "K/1 客户", "--reason", "r", "--media", "video", "--output", part, "--range", "0-0"
            ).code == 0)
        #expect(FileManager.default.contents(atPath: part) == media.prefix(1))
        #expect(try FileManager.default.attributesOfItem(atPath: part)[.posixPermissions] as? Int == 0o600)

        #expect(try place.strongroom("verify").code == 0)
        #expect(try place.strongroom("verify", "--sample", "50%").code == 0)
        let status = try place.strongroom("status", "--json").json()
        #expect(status["cases"] as? Int == 1 && (status["verifications"] as? [String: Int])?["archived"] == 1)
    }

    @Test func addressesAreSHA256AndNeedNoKey() throws {
        let place = try Workplace()
        let answer = try place.file("a.json", try Simulator.answer("tok"))
        #expect(
            try place.strongroom("import", "--case", "K", answer, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        let sums = try Programs.run(
            "/bin/sh",
            [
                "-c",
                "cd '\(place.archive)/objects' && find . -type f | while read -r f; do test \"$(sha256sum < $f | "
                    + "cut -c1-64)\" = \"$(basename $f)\" && echo ok; done",
            ], environment: place.environment)
        #expect(sums.text == "ok\nok\nok\nok\n")
        try FileManager.default.removeItem(atPath: place.folder + "/root.key")
        #expect(try place.strongroom("verify", "--addresses-only").code == 0)
        #expect(try place.strongroom("verify").code == 1)
    }

    @Test func aBatchWithEveryFate() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        let tokens = [
            "ok-1", "ok-2", "asks=9~x", "result=1004~x", "expired~x", "illegal~x", "limit=1~x", "break=1~x", "swap~x",
            "escape~x", "internal=1~x", "fail=1~x",
        ]
        let table = try place.file(
            "t.csv", "case,sdk-token,jurisdiction\n" + tokens.enumerated().map { "K-\($0),\($1),HK SG\n" }.joined())
        let run = try place.strongroom("pull", "--from", table, "--endpoint", simulator.url, "--json")
        #expect(run.code == 5)
        let states = Dictionary(
            uniqueKeysWithValues: try run.jsonLines().map { ($0["caseID"] as? String, $0["state"] as? String) })
        #expect(states.count == tokens.count)
        for (number, token) in tokens.enumerated() {
            let expected =
                token.hasPrefix("asks")
                ? "awaiting"
                : token.hasPrefix("expired") || token.hasPrefix("illegal") ? "refused" : "archived"
            #expect(states["K-\(number)"] == expected, "\(token)")
        }
        // The swapped media is told by its bytes.
        let objects =
            ((try place.strongroom("case", "show", "K-8", "--json").json()["verifications"] as? [[String: Any]])?
                .first?["objects"] as? [[String: Any]]) ?? []
        #expect(
            objects.map { $0["mediaType"] as? String } == ["video/mp4", "video/mp4", "application/json", "image/jpeg"])
        let again = try place.strongroom("pull", "--from", table, "--endpoint", simulator.url)
        #expect(
            again.code == 5
                && again.text.contains(
                    "12 registered · 0 archived · 9 archived before · 1 not finished · 2 refused, and kept"),
            "\(again.text)")
        #expect(try place.strongroom("pull", "--endpoint", simulator.url).code == 5)
        #expect(try place.strongroom("verify").code == 0)
        let list = try place.strongroom("case", "list", "--state", "archived", "--json").jsonLines()
        #expect(list.count == 9)
        let page = try place.strongroom("case", "list", "--limit", "5", "--json").jsonLines()
        let next = try place.strongroom(
            "case", "list", "--limit", "50", "--after", try #require(page.last?["caseUID"] as? String), "--json"
        ).jsonLines()
        #expect((page + next).map { $0["caseID"] as? String } == (0..<12).map { "K-\($0)" })
    }

    @Test func waitingUntilThePersonHasFinished() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        let run = try place.strongroom(
            "pull", "--case", "K", "--sdk-token", "later=3~x", "--endpoint", simulator.url, "--wait")
        #expect(run.code == 0, "\(run.err)")
        #expect(try place.strongroom("case", "show", "K").text.contains("archived"))
    }

    @Test func aPassphraseOpensAndAnotherDoesNot() throws {
        let place = try Workplace(makesArchive: false)
        let good = try place.file("pass", "correct horse battery staple\n")
        let bad = try place.file("other", "correct horse battery stable\n")
        for path in [good, bad] {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        #expect(try place.strongroom("init", "--passphrase-file", good).code == 0)
        #expect(try place.strongroom("status", "--passphrase-file", good).code == 0)
        #expect(try place.strongroom("status", extra: ["STRONGROOM_PASSPHRASE_FILE": good]).code == 0)
        #expect(try place.strongroom("status", "--passphrase-file", bad).code == 4)
        #expect(!FileManager.default.fileExists(atPath: place.folder + "/root.key"))
    }

    @Test(.enabled(if: Programs.python != nil)) func bagItAcceptsTheBag() throws {
        let place = try Workplace()
        for (number, token) in ["a", "b", "result=1004~c"].enumerated() {
            let answer = try place.file("\(number).json", try Simulator.answer(token))
            #expect(
                try place.strongroom("import", "--case", "K", answer, "--captured-at", "2026-01-01T00:00:00Z").code == 0
            )
        }
        #expect(
            try place.strongroom("retrieve", "K", "--reason", "Prüfung – 审计", "--out", place.folder + "/bag").code == 0)
        let validated = try Programs.run(Programs.python!, ["-m", "bagit", "--validate", place.folder + "/bag"])
        #expect(validated.code == 0, "\(validated.err)")
        let handle = try #require(FileHandle(forUpdatingAtPath: place.folder + "/bag/data/2/video.mp4"))
        try handle.write(contentsOf: Data([1]))
        #expect(try Programs.run(Programs.python!, ["-m", "bagit", "--validate", place.folder + "/bag"]).code != 0)
    }

    @Test(.enabled(if: Programs.python != nil)) func theVendorsSDKSucceedsAgainstTheSimulator() throws {
        let simulator = try Simulator()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try Simulator.media("sdk-token", in: folder)
        func ask(_ token: String) throws -> [String: Any] {
            let run = try Programs.run(
                Programs.python!, [Programs.support("sdk.py"), "127.0.0.1:\(simulator.port)", token],
                environment: ["HOME": folder])
            #expect(run.code == 0, "\(run.err)")
            return try run.json()
        }
        let answer = try ask("sdk-token")
        #expect(answer["result"] as? String == "0" && answer["similarity"] as? Double == 98.31)
        for name in ["best-frame.jpg", "video.mp4", "action-video.mp4"] {
            let digest = try Programs.run("/usr/bin/sha256sum", [folder + "/" + name]).text.prefix(64)
            #expect(answer[(name as NSString).deletingPathExtension] as? String == String(digest), "\(name)")
        }
        #expect(try ask("expired~x")["error"] as? String == "InvalidParameterValue.BizTokenExpired")
        #expect(try ask("asks=1~x")["result"] as? String == "-999")
    }
}
