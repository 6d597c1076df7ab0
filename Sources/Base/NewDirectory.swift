internal import Foundation

/// A directory that appears whole or not at all: written with mode 0700 under a hidden name beside its own, every file
/// in it with mode 0600.
public final class NewDirectory {
    private let path: String
    private let temporary: String
    private let files: any FileSystem
    /// Below the directory, without a slash at either end.
    private var folders: Set<String> = []
    private var isFinished = false

    /// - Parameter suffix: of the hidden name; one that no other writer uses.
    public init(_ path: String, files: any FileSystem, suffix: String) throws(FileError) {
        self.path = FilePath.trimmed(path)
        self.files = files
        temporary = FilePath.hidden(path, suffix: suffix)
        try files.makeDirectory(temporary)
    }

    /// Adds a file, and the folders that its name goes through.
    ///
    /// - Parameters:
    ///   - name: its path below the directory.
    ///   - content: hands over its bytes, piece by piece.
    /// - Returns: what was written: the SHA-256 and how many bytes.
    @discardableResult
    public func add(
        _ name: String, content: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> (digest: Digest, length: UInt64) {
        var folder = ""
        for part in name.split(separator: "/").dropLast() {
            folder += (folder.isEmpty ? "" : "/") + part
            if folders.insert(folder).inserted { try files.makeDirectory(temporary + "/" + folder) }
        }
        let file = try files.create(temporary + "/" + name)
        defer { files.close(file) }
        var hash = SHA256()
        var length: UInt64 = 0
        try content {
            hash.update($0)
            length += UInt64($0.count)
            try files.append($0, to: file)
        }
        try files.syncData(file)
        return (hash.finish(), length)
    }

    @discardableResult
    public func add(_ name: String, _ content: [UInt8]) throws -> (digest: Digest, length: UInt64) {
        try add(name) { write in try content.withUnsafeBytes(write) }
    }

    /// Gives the directory its name. Everything in it is durable, and so is the name, when this returns. Throws
    /// `EEXIST` where something has the name.
    public func finish() throws(FileError) {
        // One after the other: there may be more folders than a process may have open.
        for folder in folders.sorted() { try files.syncNames(in: temporary + "/" + folder) }
        try files.syncNames(in: temporary)
        try files.changingNames(in: [FilePath.parent(path)]) { () throws(FileError) in
            // An empty directory would be replaced.
            guard !files.exists(path) else { throw FileError(.rename, path: path, code: EEXIST) }
            try files.rename(temporary, to: path)
            isFinished = true
        }
    }

    deinit { if !isFinished { abandon() } }

    /// Removes what was written, of a directory that is not finished.
    public func abandon() { try? FileManager.default.removeItem(atPath: temporary) }
}
