internal import Base
internal import Catalog
internal import Foundation
public import Vault

extension Audit {
    /// Puts on record that somebody has looked at a ledger that does not fit what was published. It goes on under
    /// a new origin; what was published stays.
    ///
    /// - Parameter second: the personal token of another person, where two are needed: before a fork is accepted
    ///   nothing can be written, so that nobody can be asked.
    public func acceptFork(_ reason: Reason, second: PersonalToken? = nil) throws -> LedgerExport {
        try session.attempt(.own) {
            let (origin, lost) = try session.acceptFork(reason, second: second)
            session.publish()
            try session.afterwards { try session.holds.workOnHolds() }
            var export = describe(try closed().checkpoint, output: session.publication(of: origin).folder)
            export.holdsLost = lost.map { "\($0.uid.hex), placed \(Timestamp.minute($0.placedAt))" }
            return export
        }
    }
}
