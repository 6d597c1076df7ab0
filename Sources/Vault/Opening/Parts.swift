internal import Base
package import BlobStore
package import Catalog
internal import Foundation
internal import Vendor

/// What of an archive can be used without a key: the directory, its settings, blobs and index.
package struct Parts {
    package let directory: String
    package let configuration: Configuration
    package let effects: Effects
    package let store: any BlobStorage
    package let catalog: Index
    /// It was not known whether a change before this opening was committed. Now everything that is there is durable.
    package let wasUnsettled: Bool

    package init(directory: String, effects: Effects) throws {
        let files = effects.files
        let hasKeyring = try Self.checkDirectory(directory, files: files)
        let settings = directory + "/" + Configuration.fileName
        var configuration = try Configuration(
            yaml: String(decoding: try files.contents(of: settings, limit: 1 << 20), as: UTF8.self), path: settings,
            vendor: effects.provider.standardSettings)
        try configuration.readOperatorFile(effects.operatorFile, of: directory, files: files)
        guard hasKeyring else {
            let copy = configuration.keyringCopy.map {
                KeyringCopy(in: $0, of: configuration.archiveUID, effects: effects)
            }
            throw Self.lost([OpenArchive.keyringName], directory, remedy: copy?.remedy)
        }
        self.configuration = configuration
        self.directory = directory
        self.effects = effects
        store = Self.store(in: directory, effects: effects)
        let randomness = effects.randomness
        let mark = UnsettledMark(in: directory, files: effects.files) { UID<Parts>(from: randomness).hex }
        // Whoever opens it makes an empty one.
        let hadLog = files.exists(directory + "/" + OpenArchive.indexName + "-wal")
        catalog = Index(try Self.engine(in: directory), noteUnsettled: { mark.set() })
        // Where nothing can be written, what is there stays there.
        wasUnsettled = catalog.isReadOnly ? false : try mark.settle(catalog)
        do { _ = try catalog.read { try $0.archive() } } catch CatalogError.notIndex where !hadLog {
            throw ArchiveError(
                .indexDamaged,
                "\(directory)/\(OpenArchive.indexName) has no archive in it, and its log (index.sqlite-wal), where the "
                    + "newest changes stand, is not beside it",
                remedy: "put back index.sqlite-wal of the same copy: a copy of the index needs both files")
        }
    }

    /// The index of an archive. On a full disk what its processes share may find no room: then it gets some that is
    /// kept, so that a purge can free more.
    private static func engine(in directory: String) throws -> SQLiteEngine {
        let path = directory + "/" + OpenArchive.indexName
        if FileSystemType.isReadOnly(directory) { return try SQLiteEngine(path: path, readOnly: true) }
        do { return try SQLiteEngine(path: path) } catch let error as FileError
            where error.code == ENOSPC && SpaceReserve(in: directory).lend()
        { return try SQLiteEngine(path: path) }
    }

    package static func store(in directory: String, effects: Effects) -> any BlobStorage {
        let randomness = effects.randomness
        return DirectoryBlobStore(directory: directory, files: effects.files) {
            UID<Parts>(from: randomness).hex
        }
    }

    /// What lies in the archive is written, and some of it removed: nothing of it may be another file under a second
    /// name, or lead elsewhere.
    private static func checkKinds(of names: [String], in directory: String, files: any FileSystem) throws {
        for name in names {
            let path = directory + "/" + name
            let status: FileStatus
            do throws(FileError) { status = try files.status(path) } catch {
                // A log that another process has just removed.
                if error.code == ENOENT { continue } else { throw error }
            }
            let isDirectory = ["objects", "staging"].contains(name)
            let isLink = isDirectory ? status.kind != .directory : status.kind == .other
            guard !isLink, isDirectory || status.kind != .file || status.links == 1 else {
                throw ArchiveError(
                    .indexDamaged,
                    isLink
                        ? "\(path) is a link, or not what it should be"
                        : "\(path) has another name as well: what is written to it would be written to that",
                    remedy: isLink
                        ? "put back what belongs there; find out who changed it"
                        : "where it came from a copy made with hard links, copy it without; otherwise find out who "
                            + "made the other name")
            }
        }
    }

    private static func lost(_ names: [String], _ directory: String, remedy: Remedy? = nil) -> ArchiveError {
        ArchiveError(
            .indexDamaged, "the archive \(directory) has lost \(names.joined(separator: ", "))",
            remedy: remedy ?? "put it back from a backup before anything else; do not run init")
    }

    /// - Returns: whether there is a keyring; everything else has to be there.
    private static func checkDirectory(_ directory: String, files: any FileSystem) throws -> Bool {
        let missing = ArchiveError(
            .noArchive, "there is no archive at \(directory)",
            remedy: "make one with \(verb: .initialize), or name another with \(input: .archive)")
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
                remedy: "act as that user")
        }
        guard status.mode & 0o077 == 0 else {
            throw ArchiveError(
                .openToOthers,
                "the archive \(directory) is open to other users (mode \(String(status.mode, radix: 8)))",
                remedy: "let only its owner in, mode 0700, and find out who may have read it")
        }
        let names = try files.names(in: directory)
        try checkKinds(of: names, in: directory, files: files)
        let parts = [Configuration.fileName, OpenArchive.indexName, OpenArchive.keyringName, "objects", "staging"]
        let lost = parts.filter { !names.contains($0) }
        let hasMedia = !lost.isEmpty && OpenArchive.holdsBlobs(directory)
        if lost.contains(Configuration.fileName), lost.count > 1, !hasMedia { throw missing }
        if lost == [OpenArchive.keyringName] { return false }
        guard lost.isEmpty || names.contains(OpenArchive.unfinishedName) && !hasMedia else {
            throw Self.lost(lost, directory)
        }
        guard names.contains(Configuration.fileName) else { throw missing }
        if names.contains(OpenArchive.unfinishedName), !FileSystemType.isReadOnly(directory) {
            // The creation ended at its last step: its settings are seen, and may not be durable yet.
            try files.syncNames(in: directory)
            try? files.remove(directory + "/" + OpenArchive.unfinishedName)
        }
        return true
    }
}
