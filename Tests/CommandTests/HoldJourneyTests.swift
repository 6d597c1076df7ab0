import Foundation
import Testing

/// What both suites place their holds on: everything is due at once.
private enum HoldCommands {
    static let policy = """
        policy: soon
        version: 1
        title: Everything goes at once
        applies-to: { jurisdiction: [HK] }
        rules:
          - name: all
            media: [video, action-video, best-frame, result]
            retain: { from: captured, at-most: P1D }
        """
    static let review = ["--reason", "r", "--review-by", "2099-01-01"]

    /// The file of a new token.
    static func token(_ place: Workplace, _ name: String, _ role: String) throws -> String {
        let made = try place.strongroom(
            "token", "create", "--actor", name, "--role", role, "--reason", "r", "--json")
        try #require(made.code == 0, "\(made.err)")
        let path = try place.file(name, try #require(try made.json()["secret"] as? String))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    static func run(_ place: Workplace, _ arguments: [String]) throws -> Programs.Outcome {
        try Programs.run(Programs.folder + "/strongroom", arguments, environment: place.environment)
    }
}

/// The way of a lawyer, an operator and an auditor, through the commands alone.
@Suite(.serialized) struct HoldJourneyTests {
    /// Cases K-1 to K-3, everything of which is due.
    private func place() throws -> Workplace {
        let place = try Workplace()
        for number in 1...3 {
            let file = try place.file("\(number).json", try Simulator.answer("tok-\(number)"))
            try #require(
                try place.strongroom(
                    "import", "--confirm", "--case", "K-\(number)", file, "--captured-at", "2026-01-01T00:00:00Z",
                    "--jurisdiction",
                    "HK", "--subject", "S-\(number)"
                ).code == 0)
        }
        try place.activate(HoldCommands.policy)
        return place
    }

    @Test func aLawyerStopsWhatIsDueAndTwoPeopleLiftIt() throws {
        let place = try place()
        let preview = try HoldCommands.run(
            place,
            ["hold", "place", "--matter", "M", "--case", "K-1", "--case", "K-9", "--preview", "--json"]
                + HoldCommands.review)
        #expect(try preview.code == 0 && preview.json()["heldObjects"] as? Int == 4)
        let none = try place.strongroom("hold", "list", "--json").text
        #expect(none.filter { !$0.isWhitespace } == "[]", "a preview places nothing: \(none)")
        let placed = try HoldCommands.run(
            place, ["hold", "place", "--matter", "M", "--case", "K-1", "--case", "K-9", "--json"] + HoldCommands.review)
        let answer = try placed.json()
        #expect(placed.code == 0 && answer["matter"] as? String == "M" && answer["entry"] as? Int != nil)
        #expect(answer["heldObjects"] as? Int == 4 && answer["heldCases"] as? Int == 1)
        #expect(
            answer["unknownCases"] as? [String] == ["K-9"] && (answer["alreadyDestroyed"] as? [Any])?.isEmpty == true)
        let twice = try HoldCommands.run(
            place, ["hold", "place", "--matter", "M", "--case", "K-1"] + HoldCommands.review)
        #expect(twice.code == 2 && twice.err.contains("hold extend"), "\(twice.err)")

        // Destroyed: the two cases that nobody holds. Then the order comes too late, and says so.
        #expect(try place.strongroom("purge", "run", "--json").json()["destroyed"] as? Int == 8)
        let late = try HoldCommands.run(
            place, ["hold", "extend", "--matter", "M", "--case", "K-2", "--reason", "r", "--json"]
        ).json()
        let gone = try #require((late["alreadyDestroyed"] as? [[String: Any]])?.first)
        #expect(gone["entry"] as? Int != nil, "\(late)")
        // What comes later is held: by its ID, and by the person it is about.
        for (name, flags) in [("K-9", [String]()), ("K-10", ["--subject", "S-77"])] {
            if name == "K-10" {
                #expect(
                    try HoldCommands.run(
                        place, ["hold", "extend", "--matter", "M", "--subject", "S-77", "--reason", "r"]
                    ).code == 0)
            }
            let file = try place.file("late.json", try Simulator.answer("late-\(name)"))
            #expect(
                try HoldCommands.run(
                    place,
                    [
                        "import", "--confirm", "--case", name, file, "--captured-at", "2026-01-01T00:00:00Z",
                        "--jurisdiction", "HK",
                    ]
                        + flags
                ).code == 0)
        }
        #expect(try place.strongroom("purge", "run").text.contains("nothing is due"))
        #expect(try place.strongroom("explain", "K-10").text.contains("M"))
        let report = try place.strongroom("hold", "report", "--matter", "M", "--csv")
        #expect(report.code == 0 && report.text.split(separator: "\n").count == 1 + 12, "\(report.text)")
        #expect(try place.strongroom("retrieve", "K-1", "--reason", "r", "--out", place.folder + "/bag").code == 0)
        let notice = try place.strongroom("hold", "notice", "--matter", "M")
        #expect(notice.code == 0 && notice.text.contains("K-1"), "\(notice.text)")
        #expect(try place.strongroom("hold", "acknowledge", "--matter", "M").code == 0)

        let (ann, ben) = (
            try HoldCommands.token(place, "ann", "legal"), try HoldCommands.token(place, "ben", "approver")
        )
        let asked = try place.strongroom(
            "hold", "release", "--matter", "M", "--reason", "r", "--token-file", ann, "--json")
        let request = try #require(try asked.json()["request"] as? Int)
        #expect(asked.code == 2)
        #expect(try place.strongroom("requests", "show", "\(request)").text.contains("M"))
        func vote(_ file: String?) throws -> Programs.Outcome {
            try HoldCommands.run(
                place, ["approve", "\(request)", "--reason", "r"] + (file.map { ["--token-file", $0] } ?? []))
        }
        #expect(try vote(ann).code == 2 && vote(nil).code == 2)
        #expect(try vote(ben).code == 0)
        #expect(try vote(ben).code != 0, "what is done is not approved again")
        #expect(try place.strongroom("hold", "release", "--matter", "M", "--reason", "r").code != 0)
        // It cools.
        #expect(try place.strongroom("purge", "run").text.contains("nothing is due"))
        #expect(try place.strongroom("hold", "list").text.contains("cool"))
        #expect(try place.strongroom("audit", "reconcile").code == 0)
        let names = try place.strongroom("audit", "log", "--from-start", "--limit", "1000").text
        #expect(!names.contains("srt_"))
    }

    @Test func badInputIsNamedAndChangesNothing() throws {
        let place = try place()
        let begin = ["hold", "place", "--matter", "M"] + HoldCommands.review
        try expect(place, 1, saying: "column 1", from: begin + ["--where", "jurisdicton = HK"])
        try expect(place, 1, saying: "there is no 'not'", from: begin + ["--where", "not media = video"])
        try expect(place, 1, saying: "2026-13-01", from: begin + ["--where", "captured >= 2026-13-01"])
        try expect(place, 64, from: begin)
        try expect(place, 1, saying: "no case", from: begin + ["--cases", try place.file("empty", "\n\n")])
        try expect(place, 1, saying: "missing", from: begin + ["--cases", place.folder + "/missing"])
        for verb in ["release", "extend", "narrow"] {
            try expect(
                place, 3, saying: "none",
                from: ["hold", verb, "--matter", "none", "--reason", "r"]
                    + (verb == "release" ? [] : ["--case", "K-1"]))
        }
        let twice = try place.file("twice", "K-1\nK-1\nCafe\u{301}\nCaf\u{e9}\n")
        let told = try HoldCommands.run(place, begin + ["--cases", twice, "--json"]).json()
        #expect(told["heldCases"] as? Int == 1 && (told["unknownCases"] as? [String])?.count == 1, "\(told)")

        // Tokens.
        let secret = "srt_" + String(repeating: "A", count: 43)
        for arguments in [["status", "--token", secret], ["status", "--token=\(secret)"], ["status", secret]] {
            let refused = try HoldCommands.run(place, arguments)
            #expect(
                refused.code != 0 && !refused.err.contains(secret) && !refused.text.contains(secret), "\(refused.err)")
        }
        try expect(place, 2, from: ["status"], extra: ["STRONGROOM_TOKEN": ""])
        try expect(place, 2, from: ["status"], extra: ["STRONGROOM_TOKEN": secret])
        let open = try place.file("open", secret)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open)
        try expect(place, 2, saying: "mode 0600", from: ["status", "--token-file", open])
        let auditor = try HoldCommands.token(place, "aud", "auditor")
        #expect(try place.strongroom("status", "--token-file", auditor).code == 0)
        #expect(try place.strongroom("purge", "run", "--token-file", auditor).code == 2)
        #expect(
            try place.strongroom(
                "token", "create", "--actor", "x", "--role", "auditor", "--expires", "2020-01-01", "--reason", "r"
            ).code != 0)
        #expect(try place.strongroom("token", "create", "--actor", "x", "--role", "king", "--reason", "r").code == 64)
        #expect(try place.strongroom("approve", "7", "--reason", "r", "--token-file", auditor).code != 0)
        #expect(try place.strongroom("requests").code == 0)
    }
}

/// SIGKILL at the calls of orders and their lifting: what was ordered binds, what was not lifted binds, the same
/// command goes on, and the ledger fits.
@Suite(.serialized) struct HoldCrashTests {

    private func prepared(released: Bool) throws -> Workplace {
        let place = try Workplace()
        for name in ["held", "free"] {
            let file = try place.file("\(name).json", try Simulator.answer(name))
            try #require(
                try place.strongroom(
                    "import", "--confirm", "--case", name, file, "--captured-at", "2026-01-01T00:00:00Z",
                    "--jurisdiction", "HK",
                    "--purpose", name == "held" ? "onboarding" : "transaction"
                ).code == 0)
        }
        try place.activate(HoldCommands.policy)
        if released {
            let placed = try Programs.run(
                Programs.folder + "/strongroom",
                ["hold", "place", "--matter", "M", "--case", "held"] + HoldCommands.review,
                environment: place.environment)
            try #require(placed.code == 0)
            for name in ["ann", "ben"] {
                _ = try HoldCommands.token(place, name, "legal")
            }
            try #require(
                try place.strongroom(
                    "hold", "release", "--matter", "M", "--reason", "r", "--token-file", place.folder + "/ann"
                ).code == 2)
        }
        return place
    }

    private enum Order: String, CaseIterable { case list, expression, approval }

    private func arguments(_ order: Order, _ place: Workplace) throws -> [String] {
        switch order {
        case .list:
            ["hold", "place", "--matter", "M", "--cases", try place.file("cases", "held\nunknown\n")]
                + HoldCommands.review
        case .expression: ["hold", "place", "--matter", "M", "--where", "purpose = onboarding"] + HoldCommands.review
        case .approval: ["approve", "1", "--reason", "r", "--token-file", place.folder + "/ben"]
        }
    }

    private func check(_ place: Workplace, _ order: Order, _ what: String) throws {
        let reconciled = try place.strongroom("audit", "reconcile")
        #expect(reconciled.code == 0, "\(what): \(reconciled.text)\(reconciled.err)")
        // The same again: done before, or done now.
        let again = try Programs.run(
            Programs.folder + "/strongroom", try arguments(order, place), environment: place.environment)
        #expect([0, 1, 2].contains(again.code), "\(what): \(again.code) \(again.err)")
        let holds = try place.strongroom("hold", "list").text
        #expect(holds.contains("M"), "\(what): \(holds)")
        let purged = try place.strongroom("purge", "run", "--json")
        #expect(try purged.code == 0 && purged.json()["destroyed"] as? Int == 4, "\(what): \(purged.text)\(purged.err)")
        #expect(
            try place.strongroom("retrieve", "held", "--reason", "r", "--out", place.folder + "/bag").code == 0,
            "\(what)")
        #expect(try place.strongroom("retrieve", "free", "--reason", "r", "--out", place.folder + "/b").code == 3)
        let count = try place.strongroom("audit", "log", "--kind", "hold placed", "--json").jsonLines().count
        #expect(count == 1, "\(what): \(count) orders")
        if order == .approval {
            #expect(try place.strongroom("audit", "log", "--kind", "hold released", "--json").jsonLines().count == 1)
        }
        try Faults.checkLedger(place, what)
    }

    @Test func anOrderIsKilledOnItsWay() throws {
        for order in Order.allCases {
            let first = try prepared(released: order == .approval)
            let log = first.folder + "/calls"
            #expect(try Faults.run(first, arguments(order, first), ["FAULT_LOG": log]).code == 0)
            try check(first, order, "\(order) without a fault")
            let count = try #require(
                Int(try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
            // A third of the steps each time, unless all are asked for.
            for step in Faults.steps(count).enumerated().filter({ Faults.isLong || $0.offset % 3 == 0 }).map(\.element)
            {
                let place = try prepared(released: order == .approval)
                let hurt = try Faults.run(place, arguments(order, place), Faults.Fault.kill(step).environment)
                #expect(hurt.wasKilled || hurt.code == 0, "\(order), step \(step): \(hurt.err)")
                try check(place, order, "\(order) killed at \(step)")
            }
        }
    }
}
