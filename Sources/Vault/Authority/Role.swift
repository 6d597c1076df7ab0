/// What somebody with a personal token may do. Who opens the archive without one may do what the root key allows,
/// which is everything but to approve.
public enum Role: String, CaseIterable, Sendable, Comparable {
    /// Registers, pulls and imports.
    case intake
    /// Looks, retrieves and proves.
    case auditor
    /// Places holds, and approves that they are lifted.
    case legal
    /// Looks after persons' rights, and approves destruction.
    case privacy
    /// Runs the archive: policies, purges, settings, tokens.
    case `operator`
    /// Approves.
    case approver

    /// Whether its holder can allow what another asked for.
    public var approves: Bool { self == .approver || self == .legal || self == .privacy }

    var permissions: Set<Permission> {
        let looks: Set<Permission> = [.status, .look]
        return switch self {
        case .intake: [.status, .intake]
        case .auditor: looks.union([.retrieve, .audit])
        case .legal: looks.union([.retrieve, .audit, .hold, .release])
        case .privacy: looks.union([.retrieve, .audit, .events])
        case .operator:
            looks.union([.intake, .events, .policies, .purge, .clock, .verify, .audit, .release, .settings, .tokens])
        case .approver: looks
        }
    }

    public static func < (a: Role, b: Role) -> Bool { a.rawValue < b.rawValue }
}

/// A group of verbs that go together.
package enum Permission: String, Sendable {
    /// Counts and deadlines, without any case.
    case status
    /// Cases, decisions, holds, requests, without media.
    case look
    case retrieve, intake, events, policies, purge, clock, verify, audit
    /// Placing and extending holds: preserving.
    case hold
    /// Asking for a hold to be lifted or narrowed.
    case release
    case settings, tokens
    /// What everybody may who is known: their own token, votes that the role decides about.
    case own
}

/// A verb that needs a second person where there are two.
public enum GuardedVerb: String, CaseIterable, Codable, Sendable {
    case holdRelease = "hold release"
    case holdNarrow = "hold narrow"
    case purge = "purge run"
    case backstop = "purge backstop"
    case clockAccept = "clock accept"
    case policyResolve = "policy resolve"
    case policyRetire = "policy retire"
    case policyActivate = "policy activate"
    case settingsApply = "settings apply"
    case tokenCreate = "token create"
    case tokenRevoke = "token revoke"
    case singlePerson = "token single-person"

    /// Who may allow it, unless configured.
    var standardRoles: [Role] {
        switch self {
        case .holdRelease, .holdNarrow: [.approver, .legal]
        case .purge, .backstop, .policyResolve, .policyRetire, .policyActivate: [.approver, .legal, .privacy]
        case .clockAccept, .settingsApply, .tokenCreate, .tokenRevoke, .singlePerson: [.approver]
        }
    }
}

/// Who has to allow a guarded verb.
package struct ApprovalRule: Equatable, Sendable {
    package var roles: [Role]
    /// How many persons.
    package var quorum = 1
}
