import Foundation
import Testing

/// The way of a data-protection officer, through the commands alone.
@Suite(.serialized) struct RetentionJourneyTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static let policy = """
        policy: house
        version: 1
        title: House rules
        basis:
          - cite: House rule 1
            says: it is so
        applies-to: { jurisdiction: [HK] }
        events: { relationship-ended: once }
        rules:
          - name: evidence
            media: [best-frame, result]
            retain: { from: relationship-ended, at-least: P5Y, at-most: P5Y6M }
            backstop: { from: captured, after: P15Y }
          - name: video
            media: [video, action-video]
            retain: { from: captured, at-most: P90D }
        """

    private func place(cases: Int) throws -> Workplace {
        let place = try Workplace()
        for number in 1...cases {
            let file = try place.file("\(number).json", try Simulator.answer("tok-\(number)"))
            try #require(
                try place.strongroom(
                    "import", "--confirm", "--case", "K-\(number)", file, "--captured-at", "2026-01-01T00:00:00Z",
                    "--jurisdiction",
                    "HK",
                    "--sdk-token", "tok-\(number)", "--subject", "S-\(number)"
                ).code == 0)
        }
        return place
    }

    @Test func fromAPolicyToACertificateThatOthersCheck() throws {
        let place = try place(cases: 2)
        let file = try place.file("house.yaml", Self.policy)
        #expect(try place.strongroom("policy", "check", file).code == 0)
        let refused = try place.strongroom("policy", "activate", file)
        #expect(refused.code == 2 && refused.err.contains("--accept-impact"))
        let impact = try place.strongroom("policy", "simulate", file, "--json").json()
        let digest = try #require(impact["digest"] as? String)
        #expect(impact["dueNow"] as? Int == 4 && impact["objects"] as? Int == 8)
        #expect(refused.err.contains(digest.prefix(16)))
        let asJSON = try place.strongroom("policy", "activate", file, "--json")
        #expect(try asJSON.code == 2 && asJSON.json()["digest"] as? String == digest)
        #expect(try place.strongroom("policy", "activate", file, "--accept-impact", digest).code == 0)
        #expect(try place.strongroom("policy", "list").text.contains("active house v1"))
        #expect(try place.strongroom("policy", "show", "house").text == Self.policy)

        let explained = try place.strongroom("explain", "K-1", "--json").json()
        let objects = try #require(explained["objects"] as? [[String: Any]])
        for key in ["kind", "status", "keepUntil", "goneBy", "policy", "version", "rule", "reasons"] {
            #expect(objects.allSatisfy { $0[key] != nil }, "\(key)")
        }
        let video = try #require(objects.first { $0["kind"] as? String == "video" })
        #expect(video["status"] as? String == "overdue" && video["goneBy"] as? String == "2026-04-01T00:00:00.000Z")
        #expect(
            video["policy"] as? String == "house" && video["version"] as? Int == 1
                && video["rule"] as? String == "video")
        let text = try place.strongroom("explain", "K-1").text
        #expect(text.contains("OVERDUE") && text.contains("House rule 1") && text.contains("▲ as of"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 }, "\(text)")
        let later = try place.strongroom("explain", "K-1", "--media", "video", "--as-of", "2026-02-01", "--json").json()
        #expect((later["objects"] as? [[String: Any]])?.map { $0["status"] as? String } == ["kept"])
        let other = try place.file(
            "v2.yaml",
            Self.policy.replacingOccurrences(of: "version: 1", with: "version: 2").replacingOccurrences(
                of: "P90D", with: "P9Y"))
        let hypothetical = try place.strongroom("explain", "K-1", "--media", "video", "--if", other, "--json").json()
        #expect((hypothetical["objects"] as? [[String: Any]])?.map { $0["status"] as? String } == ["kept"])

        let event = try place.strongroom("case", "event", "K-1", "relationship-ended", "--at", "2026-03-01", "--json")
            .json()
        #expect(event["entry"] as? Int != nil && event["wasKnown"] as? Bool == false)
        let table = try place.file(
            "events.csv", "case,event,at\nK-2,relationship-ended,2026-04-01\nK-9,relationship-ended,2026-04-01\n")
        let batch = try place.strongroom("case", "event", "--from", table)
        #expect(
            batch.code == 5 && batch.text.contains("1 recorded · 0 known already · 1 failed")
                && batch.err.contains("line 3"))

        let plan = place.folder + "/tonight.plan"
        #expect(try place.strongroom("purge", "plan", "--out", plan, "--json").json()["objects"] as? Int == 4)
        let applied = try place.strongroom("purge", "apply", plan, "--json").json()
        #expect(
            applied["destroyed"] as? Int == 4 && applied["bytes"] as? Int ?? 0 > 1000
                && applied["skipped"] as? [String: Int] == [:])
        #expect(try place.strongroom("purge", "apply", plan).code == 2)
        #expect(try place.strongroom("purge", "run").text.contains("nothing is due"))
        let gone = try place.strongroom("retrieve", "K-1", "--reason", "r", "--media", "video", "--output", "-")
        #expect(gone.code == 3 && gone.err.contains("was destroyed on") && gone.out.isEmpty)

        // The certificates of a case and of the run, by this program and by others.
        let run = try #require(applied["run"] as? Int)
        for arguments in [["K-1"], ["--run", "\(run)"]] {
            let out = place.folder + "/certificate-\(arguments.last!)"
            let made = try Programs.run(
                Programs.folder + "/strongroom", ["purge", "certificate"] + arguments + ["--out", out, "--json"],
                environment: place.environment)
            #expect(made.code == 0, "\(made.err)")
            let key = try #require(try made.json()["verifierKey"] as? String)
            #expect(
                try Programs.run(
                    Programs.folder + "/strongroom", ["audit", "verify", out, "--verifier-key", key],
                    environment: ["PATH": ""]
                ).code == 0)
            let path = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
            let tools = Self.root + "/tools/verifiers/"
            #expect(try Programs.run(tools + "checkpoint.sh", [key, out + "/checkpoint"], environment: path).code == 0)
            if let python = Programs.python {
                let checked = try Programs.run(python, [tools + "ledger.py", key, out], environment: path)
                #expect(checked.code == 0, "\(checked.text)\(checked.err)")
            }
        }
        let reconciled = try place.strongroom("audit", "reconcile")
        #expect(reconciled.code == 0, "\(reconciled.text)")
        let status = try place.strongroom("status", "--json").json()
        let retention = try #require(status["retention"] as? [String: Any])
        #expect(
            (retention["counts"] as? [String: Int])?["kept"] == 4 && (retention["next30Days"] as? [Int])?.count == 30)
        #expect(try place.strongroom("status").text.contains("0 overdue"))
    }

    @Test func theShippedPoliciesAreInOrder() throws {
        let folder = Self.root + "/policies"
        func files(_ path: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".yaml") }.map {
                path + "/" + $0
            }.sorted()
        }
        let all = try files(folder) + files(folder + "/terms")
        let checked = try Programs.run(Programs.folder + "/strongroom", ["policy", "check", "--json"] + all)
        #expect(checked.code == 0, "\(checked.text)")
        #expect(try Programs.run(Programs.folder + "/strongroom", ["policy", "check", "--strict"] + all).code == 1)
        let tested = try Programs.run(Programs.folder + "/strongroom", ["policy", "test"] + files(folder + "/tests"))
        #expect(tested.code == 0 && tested.text.contains("decisions as expected"), "\(tested.text)\(tested.err)")
    }

    @Test func badInputGetsASentence() throws {
        let place = try place(cases: 1)
        func expect(_ code: Int32, _ words: String..., from arguments: [String]) throws {
            let done = try Programs.run(Programs.folder + "/strongroom", arguments, environment: place.environment)
            #expect(done.code == code, "\(arguments): \(done.code) \(done.err)")
            for word in words {
                #expect((done.err + done.text).contains(word), "\(arguments): \(done.err)\(done.text)")
            }
        }
        let bad = try place.file("bad.yaml", Self.policy.replacingOccurrences(of: "P90D", with: "P0D"))
        for command in [["policy", "check"], ["policy", "simulate"], ["policy", "activate"]] {
            try expect(1, "bad.yaml:16:", "keeps nothing", from: command + [bad])
        }
        try expect(1, "no such file", from: ["policy", "check", place.folder + "/none.yaml"])
        try expect(1, from: ["policy", "check", place.folder])
        try expect(1, "is not UTF-8", from: ["policy", "check", try binary(place)])
        try expect(
            64, from: ["policy", "resolve", "--lower", "a/b", "--upper", "c/d", "--winner", "none", "--reason", "r"])
        try expect(
            3, "not a rule of an active policy",
            from: ["policy", "resolve", "--lower", "a/b", "--upper", "c/d", "--winner", "keep", "--reason", "r"])
        try expect(3, "was ever active", from: ["policy", "show", "house"])
        try expect(3, "no terms are active", from: ["policy", "terms"])
        try place.activate(Self.policy)
        try expect(2, "is active already", from: ["policy", "activate", try place.file("again.yaml", Self.policy)])
        try expect(
            2, "other contents",
            from: ["policy", "simulate", try place.file("other.yaml", Self.policy + "\n# changed\n")])

        try expect(3, "not in the archive", from: ["case", "event", "K-9", "relationship-ended"])
        try expect(
            1, "no active policy waits", "declared are relationship-ended",
            from: ["case", "event", "K-1", "relationship-endet"])
        try expect(1, "not the name of an event", from: ["case", "event", "K-1", "Relationship Ended"])
        try expect(64, "in the future", from: ["case", "event", "K-1", "relationship-ended", "--at", "2099-01-01"])
        try expect(1, "before the capture", from: ["case", "event", "K-1", "relationship-ended", "--at", "2020-01-01"])
        try expect(
            64, "neither a day nor a time", from: ["case", "event", "K-1", "relationship-ended", "--at", "yesterday"])
        try expect(64, from: ["case", "event", "K-1"])
        try expect(64, from: ["case", "event", "K-1", "relationship-ended", "--correct", "1", "--withdraw", "2"])
        try expect(
            1, "records no relationship-ended", from: ["case", "event", "K-1", "relationship-ended", "--withdraw", "2"])
        try expect(
            1, "no column is named", from: ["case", "event", "--from", try place.file("t.csv", "a,b\n1,2\n")])

        try expect(3, from: ["explain", "K-9"])
        try expect(3, "there is", from: ["explain", "K-1", "--media", "hologram"])
        try expect(64, from: ["explain"])
        try expect(64, "neither a day nor a time", from: ["explain", "K-1", "--as-of", "soon"])

        try expect(1, "not a purge plan", from: ["purge", "apply", bad])
        try expect(1, from: ["purge", "apply", place.folder + "/none"])
        try expect(3, "began no purge", from: ["purge", "certificate", "--run", "1", "--out", place.folder + "/c"])
        try expect(
            3, "nothing of it was destroyed", from: ["purge", "certificate", "K-1", "--out", place.folder + "/c"])
        try expect(64, from: ["purge", "certificate", "--out", place.folder + "/c"])
        try expect(2, "not in doubt", from: ["clock", "accept", "2026-11-22", "--reason", "r"])
        try expect(64, "neither a day nor a time", from: ["clock", "accept", "today", "--reason", "r"])
        #expect(!FileManager.default.fileExists(atPath: place.folder + "/c"))
        #expect(try place.strongroom("status", "--json").json()["objects"] as? Int == 4)
    }

    private func binary(_ place: Workplace) throws -> String {
        let path = place.folder + "/binary.yaml"
        try Data([0xFF, 0xFE, 0x00]).write(to: URL(fileURLWithPath: path))
        return path
    }
}
