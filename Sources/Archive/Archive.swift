internal import Base
internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Synchronization
internal import Vendor

/// One archive, open for use. All verbs are in `Archive+….swift`; all may be called by many threads, and
/// several processes may have the same archive open.
///
///     let archive = try Archive.open(
///         "/srv/strongroom", rootKey: .keyFile("/etc/strongroom/root.key"), actor: .osUser)
///     let cases = try archive.cases(CaseQuery())
///
/// What a verb throws is an ``ArchiveError``.
public final class Archive: Sendable {
    public let directory: String
    public let configuration: Configuration
    let rootKeyKind: RootKeyKind
    let effects: Effects
    let store: any BlobStorage
    let catalog: Index
    let recorder: Recorder
    let ledgerState: Mutex<LedgerState>
    /// The first entry that is not published, and its time.
    let oldestUnpublished = Mutex<(number: UInt64, time: Date)?>(nil)
    /// Held by the thread that publishes.
    let publishing = Mutex(())
    /// The ledger has the configured settings.
    let settingsAreKnown = Atomic(false)
    /// The rules that were read last.
    let knownRules = Mutex<(rules: ActiveRules, entry: [UInt8]?)?>(nil)
    /// Who may do what, as far as the ledger was read.
    let authorityBook: LedgerBook<Authority>
    /// What is held, as far as the ledger was read.
    let holdBook = LedgerBook(HoldBook(), kinds: HoldBook.kinds, finish: { $0.prepare() }) { $0.apply($1, number: $2) }
    /// Guards that the file would loosen, and which count as the ledger has them.
    let loosened: [LoosenedSetting]

    static let indexName = "index.sqlite"
    static let keyringName = "keyring.sealed"
    /// Stands in the directory while `create` is at work; before there are settings, it says that what is
    /// there may be cleared away.
    static let unfinishedName = "unfinished"
    static let paceName = "vendor.pace"

    private init(
        parts: Parts, configuration: Configuration, loosened: [LoosenedSetting], rootKeyKind: RootKeyKind,
        recorder: Recorder, authority: LedgerBook<Authority>, ledger: LedgerState
    ) {
        authorityBook = authority
        directory = parts.directory
        self.configuration = configuration
        self.loosened = loosened
        effects = parts.effects
        store = parts.store
        catalog = parts.catalog
        self.rootKeyKind = rootKeyKind
        self.recorder = recorder
        ledgerState = Mutex(ledger)
    }

    /// Opens an archive: checks the directory, its format, that keyring and index belong together, and that the
    /// ledger is the one that was published.
    ///
    /// - Parameters:
    ///   - identity: who acts.
    ///   - toLook: open also what must not be written because the ledger is not the one that was published.
    public static func open(
        _ directory: String, rootKey source: RootKeySource, as identity: Identity, effects: Effects,
        toLook: Bool = false
    ) throws -> Archive {
        do {
            let parts = try Parts(directory: directory, effects: effects)
            let keyringPath = directory + "/" + keyringName
            let file = try effects.files.contents(of: keyringPath, limit: 1 << 20)
            let rootKey = try source.read(effects.files)
            let keyring: Keyring
            do {
                keyring = try Keyring(opening: file, with: rootKey)
            } catch .wrongRootKey {
                // Without a key nobody can say who; the next who has one puts it on the ledger.
                try? parts.catalog.write { try $0.countRefusedOpening(at: effects.clock.now()) }
                throw ArchiveError(
                    .wrongRootKey, "\(source.path) is not the root key of the archive \(directory)",
                    hint: "give the key file or passphrase that this archive was made with")
            } catch {
                throw ArchiveError(error, subject: keyringPath)
            }
            let (record, origin) = try parts.catalog.read { (try $0.archive(), try $0.origins().last) }
            guard record.uid == parts.configuration.archiveUID, keyring.archiveUID == record.uid.bytes else {
                throw ArchiveError(
                    .badKeyring, "\(directory): keyring, index and strongroom.yaml belong to different archives",
                    hint: "put back the files that belong together")
            }
            guard keyring.generation >= record.keyringGeneration else {
                throw ArchiveError(
                    .badKeyring,
                    "\(keyringPath) is an old copy: generation \(keyring.generation), where the index knows "
                        + "\(record.keyringGeneration)",
                    hint: "put back the newest copy of keyring.sealed")
            }
            guard let origin else { throw CatalogError.damaged("the ledger has no origin") }
            let publication = Publication(
                origin: origin, key: VerifierKey(name: origin.origin, publicKey: keyring.signer.publicKey),
                archive: record.uid, settings: parts.configuration.publication, effects: effects)
            try checkIsOutside(publication, of: directory)
            var recorder = Recorder(
                actor: .osUser, keyring: keyring, contexts: SealedContexts(archiveUID: record.uid),
                randomness: effects.randomness)
            let ledger = try compare(
                publication, recorder: recorder, configuration: parts.configuration, catalog: parts.catalog)
            if !toLook, let fork = ledger.fork { throw fork }
            let authority = LedgerBook(Authority(), kinds: Authority.kinds) { $0.apply($1, number: $2) }
            switch identity {
            case .actor(let actor): recorder.actor = actor
            case .token(let token):
                recorder.actor = try actor(
                    by: token, recorder: recorder, catalog: parts.catalog, effects: effects, authority: authority,
                    mayWrite: ledger.fork == nil)
            }
            let (configuration, loosened) = try guarded(
                parts.configuration, recorder: recorder, catalog: parts.catalog, authority: authority, toLook: toLook)
            return Archive(
                parts: parts, configuration: configuration, loosened: loosened, rootKeyKind: rootKey.kind,
                recorder: recorder, authority: authority, ledger: ledger)
        } catch {
            throw ArchiveError(error)
        }
    }

    private static func guarded(
        _ file: Configuration, recorder: Recorder, catalog: Index, authority: LedgerBook<Authority>, toLook: Bool
    ) throws -> (configuration: Configuration, loosened: [LoosenedSetting]) {
        do {
            return try catalog.read { index in
                file.guarded(
                    by: try recorder.recordedSettings(in: index),
                    needsTwo: try authority.content(in: index, by: recorder).needsTwo)
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
                hint: "name a place outside of it in strongroom.yaml: who changes the archive must not reach it")
        }
    }

    /// The archive's own name, 32 hexadecimal digits.
    public var uid: String { configuration.archiveUID.hex }

    var now: Date { effects.clock.now() }

    /// Runs a verb's body where who acts may, and gives its errors this target's form.
    ///
    /// - Parameters:
    ///   - permission: what it takes; with a personal token, its roles decide.
    ///   - verb: where a failure of it belongs on the ledger.
    ///   - caseID: what it is about.
    func attempt<Result>(
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
            return try body()
        } catch {
            let error = ArchiveError(error, subject: subject)
            if let verb { recordFailure(verb, error, caseID: caseID) }
            throw error
        }
    }

    /// Runs a part of a verb and names what it was about where it fails.
    func describing<Result>(_ subject: String?, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch { throw ArchiveError(error, subject: subject) }
    }
}

/// What of an archive can be used without a key: the directory, its settings, blobs and index.
struct Parts {
    let directory: String
    let configuration: Configuration
    let effects: Effects
    let store: any BlobStorage
    let catalog: Index

    init(directory: String, effects: Effects) throws {
        let files = effects.files
        try Self.checkDirectory(directory, files: files)
        let settings = directory + "/" + Configuration.fileName
        configuration = try Configuration(
            yaml: String(decoding: try files.contents(of: settings, limit: 1 << 20), as: UTF8.self), path: settings,
            vendor: effects.provider.standardSettings)
        self.directory = directory
        self.effects = effects
        store = Self.store(in: directory, effects: effects)
        catalog = Index(try SQLiteEngine(path: directory + "/" + Archive.indexName))
    }

    static func store(in directory: String, effects: Effects) -> any BlobStorage {
        let randomness = effects.randomness
        return DirectoryBlobStore(directory: directory, files: effects.files) {
            UID<Parts>(from: randomness).hex
        }
    }

    private static func checkDirectory(_ directory: String, files: any FileSystem) throws {
        let missing = ArchiveError(
            .noArchive, "there is no archive at \(directory)",
            hint: "make one with strongroom init, or name another with --archive or STRONGROOM_ARCHIVE")
        let status: FileStatus
        do throws(FileError) {
            status = try files.status(directory + "/.")
        } catch {
            throw error.code == ENOENT || error.code == ENOTDIR ? missing : error
        }
        guard status.kind == .directory else { throw missing }
        guard status.owner == geteuid() else {
            throw ArchiveError(
                .otherOwner, "the archive \(directory) belongs to another user (uid \(status.owner))",
                hint: "run strongroom as that user")
        }
        guard status.mode & 0o077 == 0 else {
            throw ArchiveError(
                .openToOthers,
                "the archive \(directory) is open to other users (mode \(String(status.mode, radix: 8)))",
                hint: "chmod 700 \(directory), and find out who may have read it")
        }
        let names = try files.names(in: directory)
        let parts = [Configuration.fileName, Archive.indexName, Archive.keyringName, "objects", "staging"]
        let lost = parts.filter { !names.contains($0) }
        if lost.contains(Configuration.fileName), lost.count > 1 { throw missing }
        guard lost.isEmpty || names.contains(Archive.unfinishedName) else {
            throw ArchiveError(
                .indexDamaged, "the archive \(directory) has lost \(lost.joined(separator: ", "))",
                hint: "put it back from a backup before anything else; do not run init")
        }
        guard names.contains(Configuration.fileName) else { throw missing }
        if names.contains(Archive.unfinishedName) {
            // The creation ended at its last step: its settings are seen, and may not be durable yet.
            try files.syncNames(in: directory)
            try? files.remove(directory + "/" + Archive.unfinishedName)
        }
    }
}
