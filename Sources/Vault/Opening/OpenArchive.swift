internal import Base
package import BlobStore
internal import Catalog
public import Foundation
internal import Ledger
package import Sealing
package import Synchronization

/// An archive that is open: what it takes to open it was done once, and what was read of it is kept. Whoever does
/// something with it takes a ``Session``, which costs nothing; many may be at work at once, and several processes may
/// have the same archive open.
///
///     let archive = try OpenArchive.open(
///         "/srv/strongroom", rootKey: .keyFile("/etc/strongroom/root.key"), effects: effects)
///     let cases = try archive.session(as: .actor(.osUser)).cases(CaseQuery())
public final class OpenArchive: Sendable {
    public let directory: String
    public let configuration: Configuration
    package let rootKeyKind: RootKeyKind
    /// Why the second copy of the keyring is not the newest, where one is asked for.
    public let keyringCopyProblem: ArchiveError?
    /// It was not known whether a change before this opening was committed. What is there is durable now.
    public let wasUnsettled: Bool
    /// Of a change of this process it is not known whether it was committed.
    public var isUnsettled: Bool { catalog.index.isUnsettled }
    /// And nothing says so to the next command: the disk took no mark of it either.
    public var isUnmarked: Bool { catalog.index.isUnmarked }
    /// Of a change of this process or of another it is perhaps not known whether it was committed.
    package var mayBeUnsettled: Bool {
        isUnsettled || isUnmarked || ((try? UnsettledMark.stands(in: directory, files: effects.files)) ?? true)
    }
    package let effects: Effects
    package let store: any BlobStorage
    package let catalog: VouchedIndex
    /// What sessions put entries on the ledger with, but for who acts. Another one once the keyring was read again;
    /// sessions that began before keep theirs.
    private let recorder: Mutex<Recorder>
    let ledgerState: Mutex<LedgerState>
    /// The first entry that is not published, and its time.
    let oldestUnpublished = Mutex<(number: UInt64, time: Date)?>(nil)
    /// Held by the thread that publishes.
    package let publishing = Mutex(())
    /// The ledger has the configured settings.
    let settingsAreKnown = Atomic(false)
    /// The vendor's clock said the same as this one's, and no transaction has said so yet.
    let clockWasWitnessed = Atomic(false)
    /// The rules that were read last.
    let knownRules = Mutex<(rules: ActiveRules, entry: [UInt8]?)?>(nil)
    /// Guards that the file would loosen, and which count as the ledger has them.
    package let loosened: [LoosenedSetting]

    static let indexName = "index.sqlite"
    static let keyringName = "keyring.sealed"
    /// Stands in the directory while `create` is at work; before there are settings, it says that what is
    /// there may be cleared away.
    static let unfinishedName = "unfinished"
    package static let paceName = "vendor.pace"

    private init(
        parts: Parts, configuration: Configuration, loosened: [LoosenedSetting], rootKeyKind: RootKeyKind,
        copyProblem: ArchiveError?, recorder: Recorder, catalog: VouchedIndex, ledger: LedgerState
    ) {
        directory = parts.directory
        self.configuration = configuration
        self.loosened = loosened
        effects = parts.effects
        store = parts.store
        self.catalog = catalog
        self.rootKeyKind = rootKeyKind
        keyringCopyProblem = copyProblem
        wasUnsettled = parts.wasUnsettled
        self.recorder = Mutex(recorder)
        ledgerState = Mutex(ledger)
    }

    /// Opens an archive: checks the directory, its format, that keyring and index belong together, and that the
    /// ledger is the one that was published. Takes as long as the root key's passphrase is stretched for.
    ///
    /// - Parameters:
    ///   - checkpoint: the file of one that was kept, which the ledger must extend: for a machine that has not seen the
    ///     archive yet.
    ///   - toLook: open also what must not be written because the ledger is not the one that was published.
    ///   - isCancelled: whether who asked wants no more: programs are not waited for then.
    public static func open(
        _ directory: String, rootKey source: RootKeySource, effects: Effects, checkpoint: String? = nil,
        toLook: Bool = false, isCancelled: (@Sendable () -> Bool)? = nil
    ) throws -> OpenArchive {
        do {
            let parts = try Parts(directory: directory, effects: effects)
            let (keyring, rootKeyKind, copyProblem) = try readKeyring(of: parts, rootKey: source)
            if let problem = memoryProblem, parts.configuration.lockedMemory == .required { throw problem }
            let proofs = Proofs()
            let catalog = VouchedIndex(
                index: parts.catalog, watch: proofs.watch, keyring: keyring,
                archive: parts.configuration.archiveUID, alsoAltered: toLook)
            let (record, origin) = try catalog.read { (try $0.archive(), try $0.origins().last) }
            guard let origin else { throw CatalogError.damaged("the ledger has no origin") }
            let publication = Publication(
                origin: origin, key: VerifierKey(name: origin.origin, publicKey: keyring.signer.publicKey),
                archive: record.uid, settings: parts.configuration.publication, effects: effects,
                until: WaitLimit(seconds: nil, isCancelled: isCancelled))
            try checkIsOutside(publication, of: directory)
            let recorder = Recorder(
                actor: .osUser, keyring: keyring, contexts: SealedContexts(archiveUID: record.uid),
                randomness: effects.randomness, proofs: proofs)
            let ledger = try Session.compare(
                publication, keptAt: try checkpoint.map { try KeptCheckpoint($0, of: publication) },
                recorder: recorder, configuration: parts.configuration, catalog: catalog)
            if !toLook, let fork = ledger.fork { throw fork }
            let (configuration, loosened) = try guarded(
                parts.configuration, recorder: recorder, catalog: catalog, toLook: toLook)
            return OpenArchive(
                parts: parts, configuration: configuration, loosened: loosened, rootKeyKind: rootKeyKind,
                copyProblem: copyProblem, recorder: recorder, catalog: catalog, ledger: ledger)
        } catch {
            throw ArchiveError(error)
        }
    }

    /// Where the archive, its mark, its published ledger or the copy of its keyring lie on a file system that is not
    /// durable, or not locked, by itself: sentences.
    public var weakPlaces: [String] { Self.weakPlaces(of: directory, configuration, effects) }

    static func weakPlaces(of directory: String, _ configuration: Configuration, _ effects: Effects) -> [String] {
        let place = configuration.publication
        let paths = [
            directory, MarkPlace(place, of: configuration.archiveUID, effects: effects).directory,
            place.command == nil ? place.directory ?? Publication.standardPlace(effects) : nil,
            configuration.keyringCopy,
        ]
        let weak = paths.compactMap(\.self).compactMap { path in
            FileSystemType.weakness(at: path).map { "\(path) \($0)" }
        }
        let reserve = SpaceReserve(in: directory)
        guard !reserve.isWhole else { return weak }
        return weak + [
            "\(reserve.path) is not there, or short: on a full disk a purge could not work; the next one makes it "
                + "again where there is space"
        ]
    }

    /// Begins to act on the archive. Reads no file and stretches no passphrase.
    ///
    /// - Parameters:
    ///   - identity: who acts.
    ///   - seconds: how long may be waited in it, from now on, for locks, for the turn to write, for programs; nil is
    ///     as long as it takes.
    ///   - isCancelled: whether who asked wants no more; asked again and again, from any thread. What is committed by
    ///     then stays.
    public func session(
        as identity: Identity, deadline seconds: TimeInterval? = nil, isCancelled: (@Sendable () -> Bool)? = nil
    ) throws -> Session {
        do {
            let limit = WaitLimit(seconds: seconds, isCancelled: isCancelled)
            var recorder = recorder.withLock { $0 }
            switch identity {
            case .actor(let actor): recorder.actor = actor
            case .token(let token):
                recorder.actor = try Session.actor(
                    by: token, recorder: recorder, catalog: catalog, effects: effects,
                    mayWrite: ledgerState.withLock { $0.fork == nil })
            }
            return Session(archive: self, recorder: recorder, limit: limit)
        } catch {
            throw ArchiveError(error)
        }
    }

    /// Reads the keyring again, for sessions that begin from now on: it has other keys after a rotation. Refuses one
    /// that is older than what the index has seen.
    public func readKeyring(rootKey source: RootKeySource) throws {
        do {
            let parts = try Parts(directory: directory, effects: effects)
            let (keyring, _, _) = try Self.readKeyring(of: parts, rootKey: source)
            try recorder.withLock { recorder in
                guard keyring.generation >= recorder.keyring.generation else {
                    throw ArchiveError(
                        .badKeyring, "\(directory)/\(Self.keyringName) is an older copy than the one in use",
                        remedy: "put back the newest copy of keyring.sealed")
                }
                recorder = Recorder(
                    actor: .osUser, keyring: keyring, contexts: recorder.contexts, randomness: recorder.randomness,
                    proofs: recorder.proofs)
            }
        } catch {
            throw ArchiveError(error)
        }
    }

    /// Why keys of this process may come into the swap; nil where they cannot.
    public static var memoryProblem: ArchiveError? {
        LockedMemory.problem.map { code in
            ArchiveError(
                .storage, "memory with keys cannot be locked: \(String(cString: strerror(code)))",
                remedy:
                    "let this user lock more memory (ulimit -l, LimitMEMLOCK); until then keys may come into the swap")
        }
    }

    static func readKeyring(
        of parts: Parts, rootKey source: RootKeySource
    ) throws -> (keyring: Keyring, kind: RootKeyKind, copyProblem: ArchiveError?) {
        let (directory, effects) = (parts.directory, parts.effects)
        let keyringPath = directory + "/" + keyringName
        let file = try effects.files.contents(of: keyringPath, limit: 1 << 20)
        let rootKey = try source.read(effects.files, outsideOf: directory)
        let keyring: Keyring
        do {
            keyring = try Keyring(opening: file, with: rootKey)
        } catch .wrongRootKey {
            // Without a key nobody can say who; the next who has one puts it on the ledger.
            Recorder.countRefusedOpening(in: parts.catalog, at: effects.clock.now())
            throw ArchiveError(
                .wrongRootKey, "\(source.path) is not the root key of the archive \(directory)",
                remedy: "give the key file or passphrase that this archive was made with")
        } catch {
            throw ArchiveError(error, subject: keyringPath)
        }
        let record = try parts.catalog.read { try $0.archive() }
        guard record.uid == parts.configuration.archiveUID, keyring.archiveUID == record.uid.bytes else {
            throw ArchiveError(
                .badKeyring, "\(directory): keyring, index and strongroom.yaml belong to different archives",
                remedy: "put back the files that belong together")
        }
        var copyProblem: ArchiveError?
        if let copy = parts.configuration.keyringCopy {
            do {
                try KeyringCopy(in: copy, of: record.uid, effects: effects)
                    .update(file, generation: keyring.generation, rootKey: rootKey)
                try KeyringCopy.checkIsApart(copy, from: source)
            } catch {
                let problem = ArchiveError(error, subject: "the second copy of the keyring is not as it should be")
                copyProblem = ArchiveError(
                    problem.code, problem.message,
                    remedy: problem.remedy ?? "mend the directory, or name another in the configuration: keyring-copy")
            }
        }
        return (keyring, rootKey.kind, copyProblem)
    }

    private static func guarded(
        _ file: Configuration, recorder: Recorder, catalog: VouchedIndex, toLook: Bool
    ) throws -> (configuration: Configuration, loosened: [LoosenedSetting]) {
        do {
            return try catalog.read { index in
                file.guarded(
                    by: try recorder.recordedSettings(in: index),
                    needsTwo: try recorder.proofs.authority.content(in: index, recorder.head(in: index).roots)
                        .needsTwo)
            }
        } catch  where toLook {
            // Whoever looks for what was altered must be able to.
            return (file, [])
        }
    }

    private static func checkIsOutside(_ publication: Publication, of directory: String) throws(ArchiveError) {
        guard FilePath.isOutside(publication.folder, of: directory) else {
            throw ArchiveError(
                .badConfiguration, "the ledger would be published to \(publication.folder), inside the archive",
                remedy: "name a place outside of it in the configuration: who changes the archive must not reach it")
        }
    }
}
