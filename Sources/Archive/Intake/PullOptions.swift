internal import Catalog
internal import Foundation
public import Vault
public import Vendor

/// How to pull.
public struct PullOptions: Sendable {
    public var credentials: Credentials
    /// Instead of the configured ones.
    public var endpoint: Endpoint?
    public var region: String?
    /// Ask about those only; about all that wait where it is nil.
    public var only: Set<VerificationName>?
    /// Stay until everything has ended, at most until the last deadline.
    public var waits = false
    /// Answers that are read at once.
    public var workers = 16

    public init(credentials: Credentials) { self.credentials = credentials }
}

extension VerificationRecord {
    /// When the vendor forgets the result at the latest, whatever time of issue was typed: a token is issued before it
    /// is registered.
    func lastDeadline(_ provider: any Provider) -> Date {
        max(tokenIssuedAt ?? .distantPast, registeredAt).addingTimeInterval(provider.resultLifetime)
    }

    /// It ended without media, or unreadable, and the vendor can be asked about it again.
    var isOdd: Bool { [.incomplete, .unreadable].contains(state) && sealedToken != nil }

    /// Whether the vendor refused it last.
    func wasRefused(by provider: any Provider) -> Bool { lastProblem.map(provider.isRefusal) ?? false }

    func isOver(at time: Date, _ provider: any Provider) -> Bool { time >= lastDeadline(provider) }
}

/// What a pull did.
public struct PullSummary: Sendable {
    public internal(set) var counts: [VerificationReport.State: Int] = [:]
    /// Plaintext bytes that were archived.
    public internal(set) var bytes: UInt64 = 0
    /// Why the pull stopped before everything was asked about.
    public internal(set) var stopped: ArchiveError?
    /// Verifications that were not asked about because of that.
    public internal(set) var notAsked = 0
    /// The first failure of one verification.
    public internal(set) var firstProblem: ArchiveError?
    /// Seconds by which the vendor's clock is ahead of this machine's, where that mattered.
    public internal(set) var clockSkew: Double = 0
}
