import Foundation
import Testing

/// What people type in front of a command, instead of one, and what a script is told.
struct CommandLineTests {
    @Test func aMistypedCommandIsNamed() throws {
        let place = try Workplace()
        for (typed, meant) in [
            (["stauts"], "strongroom status"), (["hold", "plcae"], "strongroom hold place"),
            (["purge", "Run"], "strongroom purge run"), (["explian", "K"], "strongroom explain"),
        ] {
            let run = try Programs.run(
                Programs.folder + "/strongroom", typed, environment: place.environment)
            #expect(run.code == 64 && run.err.contains("did you mean '\(meant)'?"), "\(typed): \(run.err)")
        }
        let far = try Programs.run(Programs.folder + "/strongroom", ["xyzzy"], environment: place.environment)
        #expect(far.code == 64 && far.err.contains("there are init, pull") && !far.err.contains("did you mean"))
    }

    /// The archive may be named in front of the command, as other programs have it.
    @Test func commonOptionsMayStandInFront() throws {
        let place = try Workplace()
        var environment = place.environment
        let archive = try #require(environment["STRONGROOM_ARCHIVE"])
        environment["STRONGROOM_ARCHIVE"] = nil
        for arguments in [
            ["--archive", archive, "--json", "case", "list"], ["--archive=\(archive)", "status", "--json"],
            ["--json", "--archive", archive, "hold", "list"],
        ] {
            let run = try Programs.run(Programs.folder + "/strongroom", arguments, environment: environment)
            #expect(run.code == 0, "\(arguments): \(run.err)")
        }
        // What comes behind the end of options is no option.
        #expect(
            try Programs.run(
                Programs.folder + "/strongroom", ["case", "show", "--", "--archive"], environment: place.environment
            ).code == 3)
    }

    @Test func aFailureIsADocument() throws {
        let place = try Workplace()
        for (arguments, code, kind) in [
            (["case", "show", "K", "--json"], 3, "unknownCase"), (["case", "show", "--json"], 64, "badUsage"),
            (["--json", "nonsense"], 64, "badUsage"),
            (["case", "list", "--since", "soon", "--json"], 64, "badTime"),
            (["policy", "simulate", "/none.yaml", "--json"], 1, "badPolicy"),
            (["audit", "log", "--since", "22.11.2026", "--json"], 64, "badTime"),
        ] {
            let run = try Programs.run(Programs.folder + "/strongroom", arguments, environment: place.environment)
            #expect(run.code == Int32(code), "\(arguments): \(run.code) \(run.err)")
            let last = run.text.split(separator: "\n").last.map { Data($0.utf8) } ?? Data()
            let document = try JSONSerialization.jsonObject(with: last) as? [String: Any]
            #expect(document?["code"] as? String == kind, "\(arguments): \(run.text)")
            #expect(document?["exitCode"] as? Int == code && document?["error"] is String)
        }
    }

    /// As monitoring programs read it: a line, figures behind a bar, and an exit code.
    @Test func aCheckIsOneLine() throws {
        let place = try Workplace()
        let begin = try Programs.run(
            Programs.folder + "/strongroom", ["status", "--check"], environment: place.environment)
        #expect(begin.code == 1 && begin.text.hasPrefix("WARNING keyring no copy") && begin.err == "", "\(begin.text)")
        #expect(begin.text.wholeMatch(of: /[A-Z]+ [^|\n]+ \|( [a-z_]+=[0-9]+)+\n/) != nil, "\(begin.text)")
        try FileManager.default.createDirectory(atPath: place.folder + "/copy", withIntermediateDirectories: true)
        #expect(try place.strongroom("keys", "copy", place.folder + "/copy").code == 0)
        let well = try place.strongroom("status", "--check")
        #expect(well.code == 0 && well.text.hasPrefix("OK "), "\(well.text)")
        let json = try place.strongroom("status", "--check", "--json").json()
        #expect(json["level"] as? String == "ok" && (json["conditions"] as? [Any])?.count == 8)
        // A keyring that is not the archive's, and no archive at all.
        let none = try Programs.run(
            Programs.folder + "/strongroom", ["status", "--check", "--archive", "/none"], environment: place.environment
        )
        #expect(none.code == 3 && none.text.hasPrefix("UNKNOWN: there is no archive") && none.err == "")
        // A ledger that is published nowhere any more, and an older index.
        let index = place.folder + "/index.sqlite"
        let archive = try #require(place.environment["STRONGROOM_ARCHIVE"])
        try Data(contentsOf: URL(fileURLWithPath: archive + "/index.sqlite")).write(to: URL(fileURLWithPath: index))
        let answer = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", answer, "--captured-at", "2026-01-01").code == 0)
        try Data(contentsOf: URL(fileURLWithPath: index)).write(
            to: URL(fileURLWithPath: archive + "/index.sqlite"), options: [])
        try? FileManager.default.removeItem(atPath: archive + "/index.sqlite-wal")
        try? FileManager.default.removeItem(atPath: archive + "/index.sqlite-shm")
        let forked = try place.strongroom("status", "--check")
        #expect(forked.code == 2 && forked.text.hasPrefix("CRITICAL"), "\(forked.code) \(forked.text)\(forked.err)")
    }

    /// A name that looks like another and is not the same is pointed out: К is the Cyrillic one.
    @Test func whatLooksLikeAnotherIsPointedOut() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        #expect(
            try place.strongroom("pull", "--case", "K-17", "--sdk-token", "tok", "--endpoint", simulator.url).code == 0)
        let missing = try place.strongroom("case", "show", "К-17")
        #expect(missing.code == 3 && missing.err.contains("looks like the case K-17"), "\(missing.err)")
        #expect(missing.err.contains("U+041A CYRILLIC CAPITAL LETTER KA as its character 1"), "\(missing.err)")
        let other = try place.strongroom("case", "show", "K-18")
        #expect(other.code == 3 && !other.err.contains("looks like"))
        let held = try place.strongroom(
            "hold", "place", "--matter", "M-1", "--case", "К-17", "--reason", "r", "--review-by", "2030-01-01")
        #expect(held.code == 0 && held.err.contains("К-17 looks like K-17, which is another"), "\(held.err)")
        let matter = try place.strongroom(
            "hold", "place", "--matter", "М-1", "--case", "K-17", "--reason", "r", "--review-by", "2030-01-01", "--json"
        )
        #expect(try matter.json()["matterLooksLike"] as? String == "M-1", "\(matter.text)")
        let second = try place.strongroom(
            "pull", "--case", "К-17", "--sdk-token", "tok-2", "--endpoint", simulator.url)
        #expect(second.code == 0 && second.err.contains("looks like K-17"), "\(second.err)")
        let answer = try place.file("a.json", try Simulator.answer("tok-3"))
        let third = try place.strongroom(
            "import", "--case", "K-l7", answer, "--captured-at", "2026-01-01", "--json")
        #expect(try third.json()["looksLike"] as? String == "K-17", "\(third.text)")
        for (name, isAlike) in [("j.chan", false), ("j.chаn", true), ("m.lau", false)] {
            let event = try place.strongroom("verify", "--actor", name)
            #expect(event.err.contains("looks like j.chan") == isAlike, "\(name): \(event.err)")
        }
    }

    @Test func auditorsFindWhatTheyLookFor() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        for (name, token) in [("A", "tok-1"), ("B", "result=1004~tok-2"), ("C", "tok-3")] {
            #expect(
                try place.strongroom("pull", "--case", name, "--sdk-token", token, "--endpoint", simulator.url).code
                    == 0)
        }
        let answer = try place.file("a.json", try Simulator.answer("tok-4"))
        #expect(try place.strongroom("import", "--case", "D", answer, "--captured-at", "2020-05-01").code == 0)
        #expect(
            try place.strongroom(
                "hold", "place", "--matter", "M", "--case", "C", "--reason", "r", "--review-by", "2030-01-01"
            ).code == 0)
        func found(_ arguments: String...) throws -> [String] {
            let run = try Programs.run(
                Programs.folder + "/strongroom", ["case", "list", "--json"] + arguments, environment: place.environment)
            #expect(run.code == 0, "\(run.err)")
            return try run.jsonLines().compactMap { $0["caseID"] as? String }
        }
        #expect(try found("--result", "1004") == ["B"] && found("--result", "passed") == ["A", "C", "D"])
        #expect(try found("--result", "failed") == ["B"] && found("--standing", "held") == ["C"])
        #expect(try found("--captured-before", "2020-05-02") == ["D"] && found("--captured-before", "2020-05-01") == [])
        #expect(try found("--captured-from", "2020-05-01") == ["A", "B", "C", "D"])
        #expect(try found("--captured-from", "2020-05-02", "--standing", "uncovered") == ["A", "B"])
        // By its UID, too.
        let uid = try #require(
            try place.strongroom("case", "list", "--result", "1004", "--json").jsonLines().first?["caseUID"] as? String)
        #expect(try place.strongroom("case", "show", uid, "--json").json()["caseID"] as? String == "B")
        let bags = try place.strongroom(
            "retrieve", "A", uid, "nobody", "--reason", "audit 7", "--out", place.folder + "/bags")
        #expect(bags.code == 5 && bags.text.contains("B: bag written"), "\(bags.text)\(bags.err)")
        #expect(
            try String(contentsOfFile: "\(place.folder)/bags/\(uid)/bag-info.txt", encoding: .utf8)
                .contains("External-Identifier: B"))
        let log = try place.strongroom("audit", "log", "--kind", "access opened", "--reasons", "--limit", "1")
        #expect(log.text.contains("best-frame, result · case B · “audit 7”"), "\(log.text)")
        #expect(log.err.contains("1 earlier entry not shown"), "\(log.err)")
        let quiet = try place.strongroom("audit", "log", "--kind", "access opened", "--json").jsonLines()
        #expect(quiet.allSatisfy { $0["reason"] is NSNull } && quiet.count == 2)
    }
}
