internal import Base
internal import BlobStore
@_spi(Writing) internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Synchronization
internal import Vendor

extension OpenArchive {
    /// What creating an archive did.
    public struct Creation: Sendable {
        public let directory: String
        public let uid: String
        public let rootKey: RootKeySource
        /// A new root key file was written; otherwise one that existed is used.
        public let madeRootKey: Bool
        /// The operator's own configuration.
        public let configuration: String
        /// Checks what the ledger proves, without any other key.
        public let verifierKey: String
        /// The second copy of the sealed keyring; nil where none is asked for.
        public let keyringCopy: String?
        /// Places that do not keep what they are told: sentences.
        public let weakPlaces: [String]
    }

    /// Makes an archive where there is none. Durable when it returns; before that, nobody can open it, and
    /// what a crash leaves is cleared away by the next attempt.
    ///
    /// A root key file that does not exist is made with mode 0600; one that exists is used as it is. A
    /// passphrase file must exist.
    ///
    /// - Parameters:
    ///   - origin: the name under which the ledger is signed, for ever; best a domain name and a path. Without
    ///     one, it is `strongroom/` and the archive's UID.
    public static func create(
        _ directory: String, rootKey source: RootKeySource, actor: Actor, origin: String? = nil,
        keyringCopy: String? = nil, effects: Effects
    ) throws -> Creation {
        do {
            let files = effects.files
            guard !directory.isEmpty else {
                throw ArchiveError(
                    .noArchive, "the archive's directory is an empty name", remedy: "name one with \(input: .archive)")
            }
            if let origin, !VerifierKey.isName(origin) || origin.utf8.count > 200 {
                throw ArchiveError(
                    .badOrigin, "the origin is empty, too long, or has a blank, a plus sign or a control character",
                    remedy: "give a name such as archive.example.com/ekyc, of at most 200 bytes")
            }
            try source.checkIsOutside(of: directory)
            if let keyringCopy {
                try KeyringCopy.check(keyringCopy, outside: directory, rootKey: source, files: files)
            }
            // What cannot be used is refused before anything is made.
            if case .keyFile(let path) = source, !FileManager.default.fileExists(atPath: path) {
            } else {
                _ = try source.read(files, outsideOf: directory)
            }
            if case .named(let path) = effects.operatorFile, !FilePath.isOutside(path, of: directory) {
                throw ArchiveError(
                    .badConfiguration, "\(path) is inside the archive",
                    remedy: "put it elsewhere: who changes the archive must not reach it")
            }
            try makeDirectories(directory, files: files)
            return try withDirectoryLock(directory) {
                try clearUnfinished(directory, files: files)
                let made = try provideRootKey(source, effects: effects)
                let rootKey = try source.read(effects.files, outsideOf: directory)
                let uid = ArchiveUID(from: effects.randomness)
                let verifierKey = try fill(
                    directory, uid: uid, rootKey: rootKey, actor: actor, origin: origin ?? "strongroom/\(uid)",
                    keyringCopy: keyringCopy, effects: effects)
                // What cannot be published now is published by the first command.
                var weakPlaces: [String] = []
                if let archive = try? open(directory, rootKey: source, effects: effects) {
                    weakPlaces = archive.weakPlaces
                    archive.ledgerState.withLock { $0.mayFill = true }
                    try archive.session(as: .actor(actor)).publish()
                }
                return Creation(
                    directory: directory, uid: uid.hex, rootKey: source, madeRootKey: made,
                    configuration: effects.operatorFile.path(of: uid), verifierKey: verifierKey,
                    keyringCopy: keyringCopy.map { KeyringCopy(in: $0, of: uid, effects: effects).path },
                    weakPlaces: weakPlaces)
            }
        } catch {
            throw ArchiveError(error)
        }
    }

    private static func fill(
        _ directory: String, uid: ArchiveUID, rootKey: borrowing RootKey, actor: Actor, origin: String,
        keyringCopy: String?, effects: Effects
    ) throws -> String {
        let files = effects.files
        let now = effects.clock.now()
        let marker = directory + "/" + unfinishedName
        try files.createDurably(marker, bytes: UnsafeRawBufferPointer(start: nil, count: 0))

        let keyring = Keyring(
            archiveUID: uid.bytes, createdAt: UInt64(now.timeIntervalSince1970), randomness: effects.randomness)
        let sealed = try keyring.sealed(
            under: rootKey, cost: .moderate(effects.randomness), randomness: effects.randomness)
        try sealed.withUnsafeBytes { try files.createDurably(directory + "/" + keyringName, bytes: $0) }

        try DirectoryBlobStore.create(in: directory, files: files)
        let catalog = Index(try SQLiteEngine.create(at: directory + "/" + indexName))
        let settings = Configuration.template(for: uid)
        var configuration = try Configuration(
            yaml: settings, path: Configuration.fileName, vendor: effects.provider.standardSettings)
        try provideOperatorFile(for: uid, keyringCopy: keyringCopy, effects: effects)
        try configuration.readOperatorFile(effects.operatorFile, of: directory, files: files)
        guard keyringCopy == nil || configuration.keyringCopy == keyringCopy else {
            throw ArchiveError(
                .badConfiguration,
                "the configuration that exists names another directory for the second copy of the keyring, or none",
                remedy: "name it there: keyring-copy")
        }
        if let copy = configuration.keyringCopy {
            // Before the archive exists: a copy that cannot be written is heard of now, and not when it is needed.
            try KeyringCopy(in: copy, of: uid, effects: effects).update(
                sealed, generation: keyring.generation, rootKey: rootKey)
        }
        let recorder = Recorder(
            actor: actor, keyring: keyring, contexts: SealedContexts(archiveUID: uid), randomness: effects.randomness,
            proofs: Proofs())
        let key = SecretKey(from: effects.randomness)
        let verifier = VerifierKey(name: origin, publicKey: keyring.signer.publicKey)
        let head = try catalog.write { index in
            for epoch in keyring.epochs { try index.insert(EpochRecord(epoch: epoch, state: .open, createdAt: now)) }
            let epoch = keyring.currentEpoch
            try index.insert(
                ArchiveRecord(
                    uid: uid, createdAt: now, keyringGeneration: keyring.generation,
                    key: try keyring.wrap(
                        key, epoch: epoch, context: recorder.contexts.archiveKey(epoch: epoch),
                        randomness: effects.randomness)))
            try index.insert(OriginRecord(number: 1, origin: origin, firstEntry: 0, published: 0))
            let head = Head(
                archive: uid, keyring: keyring,
                epochs: keyring.epochs.map { Head.EpochState(number: $0.number, state: "open") },
                at: ClockReading(effects.clock, now: now))
            let transaction = try Transaction(recorder, index: index, now: now, head: head)
            try transaction.begin(
                .archiveCreated(
                    .init(archive: uid, origin: origin, verifierKey: verifier.text, epoch: UInt64(epoch.number))))
            try configuration.record(transaction)
            return try transaction.finish()
        }
        // Before the archive exists: whoever opens it first on this machine may fill the place, which is empty.
        try? MarkPlace(configuration.publication, of: uid, effects: effects).write(
            Mark(archive: uid, origin: 1, size: head.roots.size, root: head.roots.root, time: now), by: keyring)
        // With its settings in place the archive exists.
        try Array(settings.utf8).withUnsafeBytes {
            try files.replaceDurably(directory + "/" + Configuration.fileName, bytes: $0, suffix: ".new")
        }
        SpaceReserve(in: directory).provide()
        // Whoever opens it first may have taken the marker away already.
        try? files.remove(marker)
        return verifier.text
    }

    /// Writes the operator's own configuration where there is none; one that was named and exists is used as it is.
    private static func provideOperatorFile(
        for uid: ArchiveUID, keyringCopy: String?, effects: Effects
    ) throws {
        let path = effects.operatorFile.path(of: uid)
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let place = Publication.standardPlace(effects)
        try? Publication.make(place)
        let text = Configuration.operatorTemplate(
            for: uid, publishedTo: place, mark: MarkPlace.standard(effects), vendor: effects.provider.standardSettings,
            keyringCopy: keyringCopy)
        try FileManager.default.createDirectory(
            atPath: FilePath.parent(path), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try effects.files.syncNames(in: FilePath.parent(FilePath.parent(path)))
        try Array(text.utf8).withUnsafeBytes {
            try effects.files.replaceDurably(path, bytes: $0, suffix: effects.suffix())
        }
    }

    /// Makes the root key file where there is none.
    ///
    /// - Returns: whether it was made.
    private static func provideRootKey(_ source: RootKeySource, effects: Effects) throws -> Bool {
        guard case .keyFile(let path) = source, !FileManager.default.fileExists(atPath: path) else { return false }
        let parent = FilePath.parent(path)
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        do {
            // No reader ever sees half a key.
            let file = try NewFile(path, files: effects.files, suffix: effects.suffix())
            try RootKeyFile.generate(effects.randomness) { try file.append($0) }
            try file.finish()
            return true
        } catch let error as FileError where error.operation == .link && error.code == EEXIST {
            // Another process made it in the meantime.
            return false
        }
    }

    private static func makeDirectories(_ directory: String, files: any FileSystem) throws {
        let parent = FilePath.parent(directory)
        if !FileManager.default.fileExists(atPath: parent) {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        }
        do throws(FileError) {
            try files.changingNames(in: [parent]) { () throws(FileError) in try files.makeDirectory(directory) }
        } catch {
            guard error.code == EEXIST else { throw error }
            guard try files.status(directory + "/.").mode & 0o077 == 0 else {
                throw ArchiveError(
                    .openToOthers, "\(directory) is open to other users", remedy: "let only its owner in: mode 0700")
            }
        }
    }

    private static func withDirectoryLock<Result>(_ directory: String, _ body: () throws -> Result) throws -> Result {
        let lock = try FileLock(directory: directory)
        guard try lock.tryToTake() else {
            throw ArchiveError(
                .archiveBusy, "another process is making an archive at \(directory)", remedy: "wait for it")
        }
        defer { lock.release() }
        return try body()
    }

    /// Whether blobs are in it. Stops at the first.
    static func holdsBlobs(_ directory: String) -> Bool {
        let objects = FileManager.default.enumerator(atPath: directory + "/objects")
        while let name = objects?.nextObject() as? String {
            // Two levels of directories, whose names are digits, and then the blobs.
            if FilePath.name(name).utf8.count == 2 * Digest.length { return true }
        }
        return false
    }

    /// Refuses a directory with anything in it but the remains of a creation that never ended. Nobody can
    /// have archived anything there: without its settings an archive cannot be opened.
    private static func clearUnfinished(_ directory: String, files: any FileSystem) throws {
        let names = Set(try files.names(in: directory)).subtracting(["lost+found"])
        guard !names.isEmpty else { return }
        guard names.contains(Configuration.fileName) || !holdsBlobs(directory) else {
            throw ArchiveError(
                .archiveExists, "\(directory) holds sealed media, and is no archive that can be opened",
                remedy: "put back what it has lost from a backup, or name another directory with \(input: .archive)")
        }
        guard names.contains(unfinishedName), !names.contains(Configuration.fileName) else {
            let what = names.contains(Configuration.fileName) ? "already holds an archive" : "is not empty"
            throw ArchiveError(
                .archiveExists, "\(directory) \(what)",
                remedy: "name another directory with \(input: .archive); init changes nothing that exists")
        }
        for name in names where name != unfinishedName {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
        try files.changingNames(in: [directory]) { () throws(FileError) in
            try files.remove(directory + "/" + unfinishedName)
        }
    }
}
