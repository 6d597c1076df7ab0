internal import Archive
import Base
internal import FaceID
import Foundation
internal import Vault
import Vendor

/// Intake, holds, requests and purges, as several people do them at once.
public enum HoldVerbs {
    /// The policy that makes them matter: videos go after five days, pictures a day after an event.
    public static let policy = """
        policy: random
        version: 1
        title: For random verbs
        applies-to: { jurisdiction: [any] }
        events: { relationship-ended: once }
        rules:
          - name: video
            media: [video]
            retain: { from: captured, at-most: P5D }
          - name: evidence
            media: [best-frame, result]
            retain: { from: relationship-ended, at-least: P1D, at-most: P2D }
          - name: nowhere
            media: [video, best-frame, result]
            retain: { from: captured, at-most: P9D }
            fallback: true
        """

    public static let all: [Verb] = [
        Verb("import", weight: 24) { world in
            var input = Registration.Input(timeZone: .gmt)
            input.caseID = try world.caseID().text
            if world.chance(2) { input.jurisdictions = [world.one(of: ["HK", "SG", "US-IL"])] }
            if world.chance(3) { input.subject = "S-\(world.number(0..<6))" }
            if world.chance(2) { input.purpose = world.one(of: ["onboarding", "transaction"]) }
            input.capturedAt = Timestamp.format(world.now().addingTimeInterval(-Double(world.number(60..<400_000))))
            let file = "\(world.folder)/\(UUID().uuidString).json"
            try Data(answer(&world).utf8).write(to: URL(fileURLWithPath: file))
            defer { try? FileManager.default.removeItem(atPath: file) }
            let registration = try Registration(input, purposes: ["onboarding", "transaction"], now: world.now())
            let report = try world.archive.intake.import(try ImportItem(registration: registration, file: file))
            return ["case": input.caseID, "state": report.state.rawValue]
        },
        Verb("complete", weight: 6) { world in
            var input = Registration.Input(timeZone: .gmt)
            input.caseID = try world.caseID().text
            input.jurisdictions = [world.one(of: ["HK", "SG", "US-IL"])]
            if world.chance(2) { input.purpose = "onboarding" }
            if world.chance(2) { input.subject = "S-\(world.number(0..<6))" }
            input.token = SecretText("T-\(world.number(0..<1_000_000_000))".utf8)
            _ = try world.archive.intake.register(
                try Registration(input, purposes: ["onboarding", "transaction"], now: world.now()))
            return ["case": input.caseID]
        },
        Verb("pull", weight: 6) { world in
            let summary = try world.archive.intake.pull(
                PullOptions(credentials: .init(secretID: "id", secretKey: SecretText("key".utf8)))
            ) {
                _ in
            }
            return ["archived": "\(summary.counts[.archived] ?? 0)"]
        },
        Verb("event", weight: 4) { world in
            let input = try CaseEventInput(event: "relationship-ended", at: nil, change: .happened, now: world.now())
            let done = try world.archive.policies.recordEvent(input, of: try world.caseID())
            return ["case": done.caseID]
        },
        Verb("place", weight: 6) { world in
            let scope = try scope(&world)
            let order = HoldOrder(
                matter: try world.matter(), reason: try Reason("random"), reviewBy: world.now().addingTimeInterval(1e8),
                scope: scope)
            return told(try world.archive.holds.place(order))
        },
        Verb("extend", weight: 3) { world in
            let scope = try scope(&world)
            let order = HoldOrder(matter: try world.matter(), reason: try Reason("random"), reviewBy: nil, scope: scope)
            return told(try world.archive.holds.extend(order))
        },
        Verb("narrow", weight: 4) { world in
            let matter = try world.matter()
            let revision = world.chance(2) ? world.number(1..<4) : nil
            let cases = try revision == nil ? [world.caseID()] : []
            return told(
                try world.archive.holds.narrow(matter, cases: cases, revision: revision, reason: try Reason("random")))
        },
        Verb("release", weight: 12) { world in
            told(try world.archive.holds.release(try world.matter(), reason: try Reason("random")))
        },
        Verb("vote", weight: 24) { world in
            let open = try world.archive.people.requests(all: false)
            guard !open.isEmpty else { return ["none": "true"] }
            let request = world.one(of: open).request
            let report =
                try world.chance(8)
                ? world.archive.people.deny(request, reason: try Reason("random"))
                : world.archive.people.approve(request, reason: try Reason("random"))
            return ["request": "\(request)", "state": report.state]
        },
        Verb("finish", weight: 5) { world in
            try world.archive.holds.finish {}
            return [:]
        },
        Verb("purge", weight: 14) { world in
            switch try world.archive.destruction.run(accepting: nil) {
            case .done(let report): return ["destroyed": "\(report.destroyed)", "altered": "\(report.altered)"]
            case .requested(let request): return ["request": "\(request.request)"]
            }
        },
    ]

    private static func told(_ answer: HoldAnswer) -> [String: String] {
        [
            "hold": answer.hold, "entry": answer.entry.map { "\($0)" } ?? "",
            "destroyedBefore": answer.alreadyDestroyed.map { "\($0.entry)" }.joined(separator: " "),
        ]
    }

    private static func told(_ change: Permitted<HoldChange>) -> [String: String] {
        switch change {
        case .done(let change): ["entry": "\(change.entry)"]
        case .requested(let request): ["request": "\(request.request)"]
        }
    }

    private static func scope(_ world: inout World) throws -> HoldOrder.Scope {
        switch world.number(0..<12) {
        case 0...6:
            var cases: [CaseID] = []
            for _ in 0..<world.number(1..<4) { cases.append(try world.caseID()) }
            return .cases(cases)
        case 7, 8: return .subject("S-\(world.number(0..<6))")
        case 11 where world.chance(30): return .everything
        default:
            let condition = world.one(of: [
                "jurisdiction = HK", "jurisdiction in (SG, US)", "media = video",
                "purpose = onboarding and media = video",
                "outcome = failed", "jurisdiction = HK and outcome = passed or purpose = transaction",
            ])
            let day = Timestamp.day(world.now().addingTimeInterval(-Double(world.number(0..<10)) * 86_400))
            return .expression(
                world.chance(2) ? condition : "(\(condition)) and captured >= \(day)", judgedOnly: !world.chance(4),
                timeZone: .gmt)
        }
    }

    /// An answer that nobody else has.
    static func answer(_ world: inout World) -> String {
        func bytes(_ magic: [UInt8]) -> String {
            Data(magic + (0..<40).map { _ in UInt8.random(in: 0...255, using: &world.random) }).base64EncodedString()
        }
        let code = world.chance(4) ? "1004" : "0"
        return
            #"{"Response":{"Result":"\#(code)","Description":"d","BestFrame":"\#(bytes([0xFF, 0xD8, 0xFF, 0xE0]))","#
            + #""Video":"\#(bytes([0, 0, 0, 0x18] + Array("ftypmp42".utf8)))","#
            + #""Similarity":1,"RequestId":"\#(UUID().uuidString)"}}"#
    }
}
