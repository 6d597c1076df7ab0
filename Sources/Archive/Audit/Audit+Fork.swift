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
    ) throws -> LedgerExport {
        try session.attempt(.own) {
            let fork = try session.acceptFork(reason, second: second, unread: unread)
            session.publish()
            try session.afterwards { try session.holds.workOnHolds() }
            var export = describe(try closed().checkpoint, output: session.publication(of: fork.origin).folder)
            export.holdsLost = fork.holds.map { "\($0.uid.hex), placed \(Timestamp.minute($0.placedAt))" }
            export.rulesLost = try session.catalog.read { index in
                fork.rules.map { session.sentence($0, in: index) }
            }
            export.entriesLost = Dictionary(uniqueKeysWithValues: fork.entries.map { ($0.key.rawValue, $0.value) })
            export.destroyedAgain = fork.destroyed
            export.isWhole = fork.isVouched
            return export
        }
    }
}
