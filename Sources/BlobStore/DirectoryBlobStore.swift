public import Base
public import Foundation

/// Blobs as files of one directory tree. See <doc:DirectoryLayout>.
///
/// `objects/ab/ab12…` holds the blob with the address `ab12…`; `staging/` holds, under random names,
/// blobs that nobody has vouched for yet. A committed blob has both names until it is settled, so the
/// short list in `staging/` is all that a sweep has to look at.
public struct DirectoryBlobStore: BlobStorage {
    let objects: String
    let staging: String
    let files: any FileSystem
    private let stageName: @Sendable () -> String

    /// The store in an existing directory that ``create(in:files:)`` made.
    ///
    /// - Parameter stageName: a name that was never used before, for a file in `staging/`: 32 lower-case hexadecimal
    ///   digits. A sweep removes nothing of another name.
    public init(
        directory: String, files: any FileSystem = PosixFileSystem(), stageName: @escaping @Sendable () -> String
    ) {
        objects = directory + "/objects"
        staging = directory + "/staging"
        self.files = files
        self.stageName = stageName
    }

    /// Makes the empty directories of a store, durable when it returns except for their names in
    /// `directory` itself, which the caller syncs.
    public static func create(in directory: String, files: any FileSystem) throws(FileError) {
        try files.makeDirectory(directory + "/staging")
        try files.makeDirectory(directory + "/objects")
        try files.changingNames(in: [directory + "/objects"]) { () throws(FileError) in
            for byte in 0...UInt8.max { try files.makeDirectory("\(directory)/objects/\([byte].hex)") }
        }
    }

    public func stage() throws -> any BlobStage {
        var attempts = 0
        while true {
            do throws(FileError) { return try FileStage(path: staging + "/" + stageName(), store: self) } catch {
                // A sweep had it before it was locked; the next one is another.
                attempts += 1
                guard error.operation == .lock, error.code == EWOULDBLOCK, attempts < 100 else { throw error }
            }
        }
    }

    /// Sees that a directory of the store is one, and no link to another: nothing is taken away elsewhere.
    private func check(_ directory: String) throws(FileError) {
        guard try files.status(directory).kind == .directory else {
            throw FileError(.list, path: directory, code: ENOTDIR)
        }
    }

    public func commit(_ stages: [any BlobStage]) throws {
        let stages = stages.map(own)
        guard !stages.isEmpty else { return }
        for directory in Set([staging] + stages.map { self.directory(of: $0.finishedAddress) }) { try check(directory) }
        // A blob must not outlive its name in `staging/`, by which a sweep finds it.
        try files.changingNames(in: [staging]) { () throws(FileError) in
            // All are on their way to the disk before the first is waited for.
            for stage in stages { stage.startSync() }
            for stage in stages { try stage.makeDurable() }
        }
        try files.changingNames(in: Set(stages.map { directory(of: $0.finishedAddress) }).sorted()) {
            () throws(FileError) in
            for stage in stages { try stage.place() }
        }
    }

    public func settle(_ stages: [any BlobStage]) {
        for stage in stages { own(stage).settle() }
    }

    public func open(_ address: BlobAddress) throws -> any BlobReader {
        do throws(FileError) {
            return try FileReader(try files.open(path(of: address)), address: address, files: files)
        } catch {
            throw error.code == ENOENT ? BlobStoreError.missing(address) : error
        }
    }

    public func delete(_ addresses: [BlobAddress]) -> BlobDeletion {
        var deletion = BlobDeletion()
        // One sync a directory, however many blobs lay in it.
        for (directory, addresses) in Dictionary(grouping: addresses, by: directory(of:)).sorted(by: { $0.key < $1.key }
        ) {
            var (removed, missing): ([BlobAddress], [BlobAddress]) = ([], [])
            var failed: [(BlobAddress, FileError)] = []
            do throws(FileError) {
                try check(directory)
                // Synced also where nothing was there: an earlier removal may not be durable yet.
                try files.changingNames(in: [directory]) { () throws(FileError) in
                    for address in addresses {
                        do throws(FileError) {
                            try removeStaged(address)
                            try files.remove(path(of: address))
                            removed.append(address)
                        } catch {
                            if error.code == ENOENT { missing.append(address) } else { failed.append((address, error)) }
                        }
                    }
                }
                deletion.removed += removed
                deletion.missing += missing
                deletion.failed += failed
            } catch {
                // A directory that is gone holds nothing.
                if error.code == ENOENT, removed.isEmpty, failed.isEmpty {
                    deletion.missing += addresses
                } else {
                    deletion.failed += addresses.map { ($0, error) }
                }
            }
        }
        return deletion
    }

    /// Takes away the other name that a blob has where a crash came before it was settled.
    private func removeStaged(_ address: BlobAddress) throws(FileError) {
        let placed = try files.status(path(of: address))
        guard placed.links > 1 else { return }
        try check(staging)
        try files.changingNames(in: [staging]) { () throws(FileError) in
            for name in try files.names(in: staging) {
                guard let staged = try? files.status(staging + "/" + name), staged.identity == placed.identity else {
                    continue
                }
                do throws(FileError) {
                    try files.remove(staging + "/" + name)
                } catch {
                    // Settled or swept since the directory was listed.
                    guard error.code == ENOENT else { throw error }
                }
            }
        }
    }

    public func walk(_ body: (BlobListing) throws -> Void) throws {
        for shard in try files.names(in: objects).sorted() {
            let directory = objects + "/" + shard
            guard shard.utf8.count == 2, Hexadecimal.bytes(shard) != nil,
                try files.status(directory).kind == .directory
            else {
                try body(.foreign("objects/" + shard))
                continue
            }
            for name in try files.names(in: directory).sorted() {
                let status: FileStatus
                do throws(FileError) {
                    status = try files.status(directory + "/" + name)
                } catch {
                    // Removed since the directory was listed.
                    if error.code == ENOENT { continue } else { throw error }
                }
                if let address = BlobAddress(hex: name), name.hasPrefix(shard), status.kind == .file {
                    try body(.blob(address, length: status.length, isStaged: status.links > 1))
                } else {
                    try body(.foreign("objects/\(shard)/\(name)"))
                }
            }
        }
    }

    public func sweep(olderThan limit: Date, isReferenced: (BlobAddress) throws -> Bool) throws -> SweepReport {
        var report = SweepReport()
        try check(objects)
        try check(staging)
        // Others' files are not the store's to remove.
        for name in try files.names(in: staging) where Self.isStageName(name) {
            let staged = staging + "/" + name
            do throws(FileError) {
                let status = try files.status(staged)
                guard status.kind == .file, status.modifiedAt < limit else { continue }
            } catch {
                // Settled or discarded since the directory was listed.
                if error.code == ENOENT { continue } else { throw error }
            }
            let opened: OpenFile
            do throws(FileError) { opened = try files.open(staged) } catch {
                if error.code == ENOENT { continue } else { throw error }
            }
            let reader = try FileReader(opened, address: nil, files: files)
            // Whoever writes it, or commits it, lives. Of one that died nothing is committed any more.
            guard opened.tryToLock(exclusively: true) else { continue }
            let address = try reader.computeAddress()
            if try isReferenced(address) {
                report.settled += 1
            } else {
                if let placed = try? files.status(path(of: address)),
                    placed.identity == (try files.status(staged)).identity
                {
                    try files.changingNames(in: [directory(of: address)]) { () throws(FileError) in
                        try files.remove(path(of: address))
                    }
                }
                report.removed += 1
            }
            do throws(FileError) { try files.remove(staged) } catch {
                // Settled since the directory was listed.
                guard error.code == ENOENT else { throw error }
            }
            withExtendedLifetime(reader) {}
        }
        return report
    }

    /// 32 digits, as a UID has.
    private static func isStageName(_ name: String) -> Bool {
        name.utf8.count == 32 && Hexadecimal.bytes(name) != nil
    }

    func path(of address: BlobAddress) -> String { directory(of: address) + "/" + address.hex }

    func directory(of address: BlobAddress) -> String { objects + "/" + address.hex.prefix(2) }

    private func own(_ stage: any BlobStage) -> FileStage {
        guard let stage = stage as? FileStage else { preconditionFailure("a stage of another store") }
        return stage
    }
}

private final class FileReader: BlobReader {
    let length: UInt64
    private let file: OpenFile
    private let address: BlobAddress?
    private let files: any FileSystem

    init(_ file: OpenFile, address: BlobAddress?, files: any FileSystem) throws(FileError) {
        self.file = file
        self.address = address
        self.files = files
        do throws(FileError) {
            length = try files.status(file).length
        } catch {
            files.close(file)
            throw error
        }
    }

    deinit { files.close(file) }

    func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard try files.read(file, at: offset, into: buffer) == buffer.count else {
            guard let address else { throw FileError(.read, path: file.path, code: EIO) }
            throw BlobStoreError.cutShort(address)
        }
    }
}
