internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
public import Vault

extension Audit {
    /// Puts on record that somebody has looked at a ledger that does not fit what was published. It goes on under
    /// a new origin; what was published stays.
    ///
    /// - Parameter second: the personal token of another person, where two are needed: before a fork is accepted
    ///   nothing can be written, so that nobody can be asked.
    /// - Parameter unread: also where what was published cannot be read to its end: what it held, ruled and destroyed
    ///   is then up to who accepts.
    public func acceptFork(
        _ reason: Reason, second: PersonalToken? = nil, unread: Bool = false
    ) throws -> ForkReport {
        try session.attempt(.own) {
            let fork = try session.acceptFork(reason, second: second, unread: unread)
            session.publish()
            try session.afterwards { try session.holds.workOnHolds() }
            let published = describe(
                try closed().checkpoint, output: session.publication(of: fork.origin).place)
            return ForkReport(
                output: published.output, origin: published.origin, entries: published.entries,
                verifierKey: published.verifierKey,
                holdsLost: fork.holds.map { "\($0.uid.hex), placed \(Timestamp.minute($0.placedAt))" },
                rulesLost: try session.catalog.read { index in
                    fork.rules.map { session.sentence($0, in: index) }
                },
                entriesLost: Dictionary(uniqueKeysWithValues: fork.entries.map { ($0.key.rawValue, $0.value) }),
                destroyedAgain: fork.destroyed, isWhole: fork.isVouched)
        }
    }
}

/// What came of a fork that was accepted.
public struct ForkReport: Encodable, Sendable {
    /// Where the ledger is published from now on.
    public let output: String
    public let origin: String
    /// Of the checkpoint.
    public let entries: UInt64
    public let verifierKey: String
    /// Holds that only the published ledger has. They have to be placed again.
    public let holdsLost: [String]
    /// Rules, settings and case events that only the published ledger has: sentences. Nothing is destroyed until each
    /// applies.
    public let rulesLost: [String]
    /// How many entries only the published ledger has, by their kind.
    public let entriesLost: [String: Int]
    /// Objects that it says were destroyed, and that were still here.
    public let destroyedAgain: Int
    /// Whether all of it could be read, and leads to its checkpoint.
    public let isWhole: Bool
}
