package import Base
package import BlobStore
internal import Catalog
package import Foundation
package import Sealing

/// Somebody at work on an open archive: who acts, and how long they wait. What people do is in the rooms of
/// `Archive`; all of it may be called by many threads.
///
/// What a verb throws is an ``ArchiveError``. Every wait inside ends with the session's limit: for locks, for the turn
/// to write, for programs, and between the pieces of a stream.
public final class Session: Sendable {
    package let archive: OpenArchive
    package let recorder: Recorder
    package let limit: WaitLimit

    init(archive: OpenArchive, recorder: Recorder, limit: WaitLimit) {
        self.archive = archive
        self.recorder = recorder
        self.limit = limit
    }

    /// The same person with ten seconds left, for what has to be said at the end whatever limit there was: how an
    /// access or a purge ended, what was refused, an answer that the vendor forgets.
    package var unhurried: Session {
        limit.isBounded ? Session(archive: archive, recorder: recorder, limit: WaitLimit(seconds: 10)) : self
    }

    /// Does what follows from something that was committed. Where the limit ends it, who comes next goes on with it.
    package func afterwards(_ body: () throws -> Void) throws { do { try body() } catch is WaitEnded {} }

    public var directory: String { archive.directory }
    public var configuration: Configuration { archive.configuration }
    package var rootKeyKind: RootKeyKind { archive.rootKeyKind }
    package var effects: Effects { archive.effects }
    package var store: any BlobStorage { archive.store }
    /// What is read of it comes after its head was checked.
    package var catalog: VouchedIndex { archive.catalog }
    package var loosened: [LoosenedSetting] { archive.loosened }

    /// The archive's own name, 32 hexadecimal digits.
    public var uid: String { configuration.archiveUID.hex }

    package var now: Date { effects.clock.now() }

    /// Runs a verb's body where who acts may, and gives its errors this target's form.
    ///
    /// - Parameters:
    ///   - permission: what it takes; with a personal token, its roles decide.
    ///   - verb: where a failure of it belongs on the ledger.
    ///   - caseID: what it is about.
    package func attempt<Result>(
        _ permission: Permission, _ subject: String? = nil, verb: String? = nil, caseID: CaseID? = nil,
        _ body: () throws -> Result
    ) throws -> Result {
        do {
            try allow(permission)
        } catch {
            let error = ArchiveError(error)
            recordFailure(verb ?? permission.rawValue, error, caseID: caseID)
            throw error
        }
        do {
            try limit.check()
            return try body()
        } catch {
            let error = ArchiveError(error, subject: subject)
            if let verb { recordFailure(verb, error, caseID: caseID) }
            throw error
        }
    }

    /// Runs a part of a verb and names what it was about where it fails.
    package func describing<Result>(_ subject: String?, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw ArchiveError(error, subject: subject) }
    }
}
