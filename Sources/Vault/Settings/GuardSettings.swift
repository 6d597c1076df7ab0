internal import Foundation
package import Ledger
internal import Retention

/// A setting that guards destruction, with the direction in which it is loosened.
package struct GuardSetting: Sendable {
    enum Direction: Sendable {
        /// More is looser.
        case less
        /// Less is looser.
        case more
        /// Any other value is taken for looser.
        case none
    }

    package let name: String
    let direction: Direction
    /// Takes a value as the ledger has it; nothing where it cannot be read.
    package let set: @Sendable (inout Configuration, CanonicalJSON) -> Void

    private static func number(_ value: CanonicalJSON) -> Double? {
        switch value {
        case .number(let number): Double(number)
        case .text(let text): Double(text)
        default: nil
        }
    }

    init(_ name: String, _ direction: Direction, _ set: @escaping @Sendable (inout Configuration, Double) -> Void) {
        self.name = name
        self.direction = direction
        self.set = { configuration, value in
            // What no number of a setting is like was not put there by this program.
            guard let number = Self.number(value), number >= 0, number <= 1e12 else { return }
            set(&configuration, number)
        }
    }

    init(text name: String, _ direction: Direction, _ set: @escaping @Sendable (inout Configuration, String) -> Void) {
        self.name = name
        self.direction = direction
        self.set = { configuration, value in if case .text(let text) = value { set(&configuration, text) } }
    }

    /// Codes, as a list on the ledger and between blanks in a request.
    private init(purposes name: String) {
        self.name = name
        direction = .none
        set = { configuration, value in
            switch value {
            case .list(let codes):
                configuration.purposes = codes.compactMap { if case .text(let code) = $0 { code } else { nil } }
            case .text(let text): configuration.purposes = text.split(separator: " ").map(String.init)
            default: break
            }
        }
    }

    package static let all: [GuardSetting] =
        [
            GuardSetting("limit-percent", .less) { $0.retention.limitShare = $1 / 100 },
            GuardSetting("limit-objects", .less) { $0.retention.limitObjects = Int($1) },
            GuardSetting("clock-ahead-days", .less) { $0.retention.clockAhead = $1 * 86_400 },
            GuardSetting("clock-behind-seconds", .less) { $0.retention.clockBehind = $1 },
            GuardSetting("lead-hours", .less) { $0.retention.margins.lead = $1 * 3600 },
            GuardSetting("grace-hours", .less) { $0.retention.margins.grace = $1 * 3600 },
            GuardSetting("plan-hours", .less) { $0.retention.planLifetime = $1 * 3600 },
            GuardSetting("unpublished-limit", .less) { $0.publication.limit = UInt64($1) },
            GuardSetting("unpublished-hours", .less) { $0.publication.hours = $1 },
            GuardSetting("request-days", .less) { $0.requestLifetime = $1 * 86_400 },
            GuardSetting("cooling-days", .more) { $0.coolingDays = $1 },
            GuardSetting(text: "remember-destroyed", .none) {
                if let period = RetentionPeriod($1) { $0.retention.remembered = period }
            },
            GuardSetting("compact-days", .none) { $0.retention.compactAfter = $1 > 0 ? $1 * 86_400 : nil },
            GuardSetting(purposes: "purposes"),
        ]
        + GuardedVerb.allCases.map { verb in
            GuardSetting(text: "approve \(verb.rawValue)", .none) {
                if let rule = ApprovalRule(recorded: $1) { $0.approvals[verb] = rule }
            }
        }

    /// Whether a value is looser than the one on record.
    func isLooser(_ new: CanonicalJSON, than old: CanonicalJSON) -> Bool {
        if new == old { return false }
        if case .text(let a) = new, case .text = old, Double(a) == nil {
            // Who approves has no direction: more persons than there are would lock everybody out. Nor has how long
            // tags of persons are remembered.
            return true
        }
        guard let a = Self.number(new), let b = Self.number(old) else { return true }
        return switch direction {
        case .less: a > b
        case .more: a < b
        case .none: true
        }
    }
}

extension ApprovalRule {
    /// As the ledger has it: `approver legal, 1`.
    package var recorded: String { "\(roles.sorted().map(\.rawValue).joined(separator: " ")), \(quorum)" }

    package init?(recorded text: String) {
        let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        guard parts.count == 2, let quorum = Int(parts[1]), quorum >= 1 else { return nil }
        let roles = parts[0].split(separator: " ").compactMap { Role(rawValue: String($0)) }
        guard !roles.isEmpty else { return nil }
        self.init(roles: roles, quorum: quorum)
    }
}

/// A guard that the file wants looser than what counts.
public struct LoosenedSetting: Encodable, Sendable {
    public let name: String
    /// What counts until somebody allows another.
    public let counts: String
    public let file: String
}

extension Configuration {
    /// The same with every guard as strict as the ledger has it, and which ones the file would loosen: it proposes, and
    /// what loosens waits until it is applied. One person alone cools a hold for some days at least.
    package func guarded(
        by recorded: [String: LedgerSetting]?, needsTwo: Bool
    ) -> (configuration: Configuration, loosened: [LoosenedSetting]) {
        var guarded = self
        let wanted = ledgerSettings
        var loosened: [LoosenedSetting] = []
        for setting in GuardSetting.all {
            guard case .plain(let old) = recorded?[setting.name], case .plain(let new) = wanted[setting.name],
                setting.isLooser(new, than: old)
            else { continue }
            setting.set(&guarded, old)
            loosened.append(LoosenedSetting(name: setting.name, counts: old.plain, file: new.plain))
        }
        if !needsTwo { guarded.coolingDays = max(guarded.coolingDays, Session.leastCoolingDays) }
        return (guarded, loosened)
    }
}

extension CanonicalJSON {
    /// A text or number as people read it.
    package var plain: String {
        switch self {
        case .text(let text): text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        case .number(let number): String(number)
        case .flag(let flag): String(flag)
        case .list(let values): values.map(\.plain).joined(separator: " ")
        case .object: ""
        }
    }
}
