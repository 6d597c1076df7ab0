public import Foundation

/// The few operations on files that the store is built from, each with what is durable when it
/// returns. The program uses ``PosixFileSystem``; a test brings one that fails or forgets.
///
/// Nothing here is retried: a failed sync may have dropped the data it was to keep, so whoever asked
/// gives up the file.
public protocol FileSystem: Sendable {
    /// Makes a directory with mode 0700. Nothing is durable until the parent is synced.
    func makeDirectory(_ path: String) throws(FileError)
    /// Makes a file that did not exist, with mode 0600, open for writing. Nothing is durable.
    func create(_ path: String) throws(FileError) -> OpenFile
    /// Opens an existing file for writing at its end. Never follows a symbolic link at the end of the path.
    func openForAppending(_ path: String) throws(FileError) -> OpenFile
    /// Cuts a file to a length in bytes. Nothing is durable.
    func truncate(_ file: OpenFile, to length: UInt64) throws(FileError)
    /// Writes all of the bytes at the end. Nothing is durable.
    func append(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(FileError)
    /// Begins to write to the disk what was appended, and waits for nothing: a later sync has less to do. Nothing is
    /// durable, and what fails is said by that sync.
    func startSync(_ file: OpenFile)
    /// `fdatasync`: the file's bytes and length are durable. Its name is not.
    func syncData(_ file: OpenFile) throws(FileError)
    /// Closes a file; never reports anything that a sync would not have reported.
    func close(_ file: OpenFile)
    /// Gives a file a second name, without replacing. Not durable until the directory is synced.
    func link(_ path: String, to newPath: String) throws(FileError)
    /// Gives a file another name, replacing what had it. Not durable until the directory is synced.
    func rename(_ path: String, to newPath: String) throws(FileError)
    /// Takes a name away. Not durable until the directory is synced.
    func remove(_ path: String) throws(FileError)
    /// Opens a directory, to be synced after names in it were changed.
    func openDirectory(_ path: String) throws(FileError) -> OpenFile
    /// `fsync` of a directory: the names in it are durable.
    func syncDirectory(_ directory: OpenFile) throws(FileError)
    /// Opens an existing file for reading. Never follows a symbolic link at the end of the path.
    func open(_ path: String) throws(FileError) -> OpenFile
    /// Reads at most the buffer's length at an offset; fewer bytes only at the end of the file.
    func read(_ file: OpenFile, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    /// What is known of an open file.
    func status(_ file: OpenFile) throws(FileError) -> FileStatus
    /// What is known of a path, without following a symbolic link at its end.
    func status(_ path: String) throws(FileError) -> FileStatus
    /// The names in a directory, without `.` and `..`, in no order.
    func names(in path: String) throws(FileError) -> [String]
}

/// An open file: the operating system's descriptor, and the path it was opened by, for messages.
public struct OpenFile: Sendable {
    public let descriptor: Int32
    public let path: String

    public init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }
}

public struct FileStatus: Sendable {
    public enum Kind: Sendable { case file, directory, other }

    public let kind: Kind
    /// Bytes.
    public let length: UInt64
    /// The permission bits, such as 0o700.
    public let mode: UInt32
    public let owner: UInt32
    /// How many names the file has.
    public let links: UInt64
    /// What makes it the same file under another name.
    public let identity: UInt64
    /// By the clock of the machine, which is what ages are told by; another time can be played in its place.
    public var modifiedAt: Date
}

extension FileSystem {
    public func startSync(_ file: OpenFile) {}

    /// Whether something is there.
    public func exists(_ path: String) -> Bool { (try? status(path)) != nil }

    /// Changes names in directories, durably when this returns. The directories are opened before anything is changed:
    /// what is synced is where it was changed, and no lack of descriptors or rights comes in between.
    ///
    /// - Returns: what `body` returned, which does the changing.
    public func changingNames<Result>(
        in directories: some Sequence<String>, _ body: () throws(FileError) -> Result
    ) throws(FileError) -> Result {
        var opened: [OpenFile] = []
        defer { for directory in opened { close(directory) } }
        for directory in directories { opened.append(try openDirectory(directory)) }
        let result = try body()
        for directory in opened { try syncDirectory(directory) }
        return result
    }

    /// Makes the names in a directory durable that were changed before.
    public func syncNames(in directory: String) throws(FileError) {
        try changingNames(in: [directory]) { () throws(FileError) in }
    }

    /// Makes a file with these bytes that did not exist, durable with its name when this returns.
    public func createDurably(_ path: String, bytes: UnsafeRawBufferPointer) throws(FileError) {
        try changingNames(in: [FilePath.parent(path)]) { () throws(FileError) in try write(path, bytes: bytes) }
    }

    /// Puts these bytes at a path in one step: a reader sees the old content or the new. Durable when
    /// this returns.
    public func replaceDurably(_ path: String, bytes: UnsafeRawBufferPointer, suffix: String) throws(FileError) {
        let temporary = path + suffix
        try changingNames(in: [FilePath.parent(path)]) { () throws(FileError) in
            try write(temporary, bytes: bytes)
            try rename(temporary, to: path)
        }
    }

    /// The whole content of a file that is expected to be small.
    ///
    /// - Parameter limit: bytes; a longer file is refused with `EFBIG`.
    public func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
        let file = try open(path)
        defer { close(file) }
        return try contents(of: file, limit: limit)
    }

    /// The whole content of an open file that is expected to be small.
    public func contents(of file: OpenFile, limit: Int) throws(FileError) -> [UInt8] {
        let length = try status(file).length
        guard length <= UInt64(limit) else { throw FileError(.read, path: file.path, code: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        var failure: FileError?
        let count = bytes.withUnsafeMutableBytes { buffer -> Int in
            do throws(FileError) { return try read(file, at: 0, into: buffer) } catch { failure = error; return 0 }
        }
        if let failure { throw failure }
        return Array(bytes.prefix(count))
    }

    /// Hands over the lines of a file without their ends. One longer than 1 MiB comes in pieces.
    ///
    /// - Returns: whether the last line had its end.
    public func forEachLine(of path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        let file = try open(path)
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        var kept = 0
        while true {
            let read = try read(file, at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[kept...]))
            offset += UInt64(read)
            let filled = kept + read
            var start = 0
            while start < filled, let end = memchr(buffer.baseAddress! + start, 0x0A, filled - start) {
                let length = end - (buffer.baseAddress! + start)
                try body(UnsafeRawBufferPointer(rebasing: buffer[start..<(start + length)]))
                start += length + 1
            }
            kept = filled - start
            if read == 0 || kept == buffer.count {
                guard kept > 0 else { return true }
                // The rest of an overlong line is a line of its own; neither is an entry.
                try body(UnsafeRawBufferPointer(rebasing: buffer[start..<filled]))
                if read == 0 { return false }
                kept = 0
            }
            if kept > 0 { memmove(buffer.baseAddress!, buffer.baseAddress! + start, kept) }
        }
    }

    private func write(_ path: String, bytes: UnsafeRawBufferPointer) throws(FileError) {
        let file = try create(path)
        do throws(FileError) {
            defer { close(file) }
            try append(bytes, to: file)
            try syncData(file)
        } catch {
            try? remove(path)
            throw error
        }
    }
}
