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
}
