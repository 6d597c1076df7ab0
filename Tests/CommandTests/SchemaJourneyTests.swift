import Foundation
import Testing

/// Every command once with `--json`: what it prints is checked against its schema wherever a command runs.
struct SchemaJourneyTests {
    private static let policy = """
        policy: house
        version: 1
        title: House rules
        basis: [{ cite: House rule 1, says: nothing, checked: unverified }]
        applies-to: { jurisdiction: [HK] }
        events: { relationship-ended: once }
        rules:
          - name: evidence
            media: [best-frame, result]
            retain: { from: relationship-ended, at-least: P5Y, at-most: P6Y }
            backstop: { from: captured, after: P2Y }
          - name: video
            media: [video, action-video]
            retain: { from: captured, at-most: P30D }
        """

    @Test func everyCommandPrintsWhatItsSchemaSays() throws {
        let place = try Workplace()
        let simulator = try Simulator()
        var done: Set<String> = []
        @discardableResult
        func run(_ command: String, _ rest: String..., code: Int32 = 0) throws -> Programs.Outcome {
            let words = command.split(separator: " ").map(String.init)
            let outcome = try Programs.run(
                Programs.folder + "/strongroom", words + rest + ["--json"], environment: place.environment)
            #expect(
                outcome.code == code, "\(command) \(rest): \(outcome.code) \(outcome.err)\(outcome.text.prefix(300))")
            if outcome.code == code { done.insert(words.joined(separator: "-")) }
            return outcome
        }
        func file(_ name: String) -> String { place.folder + "/" + name }
        try Workplace(makesArchive: false).checkInit()
        done.insert("init")

        let policy = try place.file("house.yaml", Self.policy)
        let tests = try place.file(
            "tests.yaml",
            "policies: [house.yaml]\ntests:\n  - name: n\n    facts: { media: video, jurisdiction: [HK], captured: "
                + "2026-01-01 }\n"
                + "    at: 2026-01-02\n    expect: { status: kept }\n")
        try run("policy new", "mine", "--out", file("mine.yaml"), "--jurisdiction", "HK")
        try run("policy check", policy, file("mine.yaml"))
        try run("policy test", tests)
        let digest = try #require(try run("policy simulate", policy).json()["digest"] as? String)
        try run("policy activate", policy, "--accept-impact", digest)
        try run("policy list")
        try run("policy show", "house")
        try run("policy refresh")
        try run("policy terms", code: 3)

        try run("pull", "--case", "K-1", "--sdk-token", "tok", "--jurisdiction", "HK", "--endpoint", simulator.url)
        let answer = try place.file("old.json", try Simulator.answer("old"))
        try run("import", "--case", "K-2", answer, "--captured-at", "2024-01-10", "--jurisdiction", "HK")
        try run("case list")
        try run("case show", "K-2")
        try run("case correct", "K-2", "--captured-at", "2024-01-09", "--reason", "a day earlier")
        try run("case confirm", "K-2", "--reason", "the register says so")
        try run("case event", "K-1", "relationship-ended")
        let events = try place.file(
            "events.csv", "case,event,at\nK-1,relationship-ended,\nK-9,relationship-ended,2026-01-01\n")
        try run("case event", "--from", events, code: 1)
        try run("case reopen", "K-1", "--reason", "look again")
        try run("case reread", "K-1", "--reason", "r", code: 2)
        try run("explain", "K-2")
        try run("explain", "--conflicts")
        try run("status")
        try run("status", "--check", code: 2)
        try run("verify")
        try run("verify", "--addresses-only")
        try run("retrieve", "K-1", "K-2", "--reason", "r", "--out", file("bags"))
        try run("retrieve", "K-1", "--reason", "r", "--out", file("bag"))
        try run("audit verify", file("bag"))

        try run("hold place", "--matter", "M", "--case", "K-1", "--reason", "r", "--review-by", "2030-01-01")
        try run("hold extend", "--matter", "M", "--case", "K-3", "--reason", "r")
        try run("hold list")
        try run("hold show", "--matter", "M")
        try run("hold report", "--matter", "M")
        try run("hold notice", "--matter", "M", "--out", file("notice.txt"))
        try run("hold acknowledge", "--matter", "M")
        try run("hold narrow", "--matter", "M", "--case", "K-1", "--reason", "r")
        try run("hold release", "--matter", "M", "--reason", "r")
        try run("hold withdraw", "--matter", "M", code: 2)

        try run("purge plan", "--out", file("plan.json"))
        try run("purge apply", file("plan.json"))
        try run("purge run")
        try run("purge compact")
        try run("purge certificate", "K-2", "--out", file("certificate"))
        try run("purge backstop", "K-2", "--reason", "nobody told us")
        try run("policy resolve", "--lower", "a/b", "--upper", "c/d", "--winner", "keep", "--reason", "r", code: 3)
        try run("policy retire", "house", "--reason", "r", code: 2)
        try run("clock accept", "2026-01-01", "--reason", "r", code: 2)
        try run("settings show")
        try run("settings apply", "--reason", "r", code: 2)
        try FileManager.default.createDirectory(atPath: file("copy"), withIntermediateDirectories: true)
        try run("keys copy", file("copy"))

        try run("audit log", "--reasons", "--limit", "200")
        try run("audit checkpoint")
        try run("audit export", "--out", file("export"))
        try run("audit prove", "3", "--out", file("proof"))
        try run("audit reconcile")
        try run("audit accept-fork", "--reason", "r", code: 2)
        try run("requests list")
        try run("requests show", "1", code: 3)
        try run("approve", "1", "--reason", "r", code: 3)
        try run("deny", "1", "--reason", "r", code: 3)
        try run("token create", "--actor", "j.chan", "--role", "auditor", "--reason", "r")
        try run("token list")
        try run("token revoke", String(repeating: "0", count: 32), "--reason", "r", code: 3)
        try run("token single-person", "--reason", "r", code: 2)
        #expect(Set(Schemas.commands).subtracting(done) == [], "not run")
    }
}

extension Workplace {
    fileprivate func checkInit() throws {
        let made = try strongroom("init", "--json")
        #expect(made.code == 0 && made.text.contains("archiveUID"))
    }
}
