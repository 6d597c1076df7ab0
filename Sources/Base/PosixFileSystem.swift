import Foundation

/// The operating system's files.
public struct PosixFileSystem: FileSystem {
    public init() {}

    public func makeDirectory(_ path: String) throws(FileError) {
        guard mkdir(path, 0o700) == 0 else { throw FileError(.makeDirectory, path: path, code: errno) }
    }

    public func create(_ path: String) throws(FileError) -> OpenFile {
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(.create, path: path, code: errno) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    public func openForAppending(_ path: String) throws(FileError) -> OpenFile {
        let descriptor = Foundation.open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileError(.open, path: path, code: errno) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    public func truncate(_ file: OpenFile, to length: UInt64) throws(FileError) {
        guard ftruncate(file.descriptor, off_t(length)) == 0 else {
            throw FileError(.write, path: file.path, code: errno)
        }
    }

    public func append(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Foundation.write(
                file.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(.write, path: file.path, code: errno)
            }
            rest = rest.dropFirst(count)
        }
    }

    public func startSync(_ file: OpenFile) {
        // Linux begins to write dirty pages that it is told to forget; posix_fadvise(2).
        _ = posix_fadvise(file.descriptor, 0, 0, POSIX_FADV_DONTNEED)
    }

    public func syncData(_ file: OpenFile) throws(FileError) {
        guard fdatasync(file.descriptor) == 0 else { throw FileError(.sync, path: file.path, code: errno) }
    }

    public func close(_ file: OpenFile) {
        _ = Foundation.close(file.descriptor)
    }

    public func link(_ path: String, to newPath: String) throws(FileError) {
        guard Foundation.link(path, newPath) == 0 else { throw FileError(.link, path: newPath, code: errno) }
    }

    public func rename(_ path: String, to newPath: String) throws(FileError) {
        guard Foundation.rename(path, newPath) == 0 else { throw FileError(.rename, path: newPath, code: errno) }
    }

    public func remove(_ path: String) throws(FileError) {
        guard Foundation.remove(path) == 0 else { throw FileError(.remove, path: path, code: errno) }
    }

    public func openDirectory(_ path: String) throws(FileError) -> OpenFile {
        let descriptor = Foundation.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(.open, path: path, code: errno) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    public func syncDirectory(_ directory: OpenFile) throws(FileError) {
        guard fsync(directory.descriptor) == 0 else { throw FileError(.sync, path: directory.path, code: errno) }
    }

    public func open(_ path: String) throws(FileError) -> OpenFile {
        // A pipe that nobody writes into is waited for by no one: what it is shows when it is read.
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError(.open, path: path, code: errno) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    public func read(
        _ file: OpenFile, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileError) -> Int {
        var total = 0
        while total < buffer.count {
            let count = pread(
                file.descriptor, buffer.baseAddress! + total, buffer.count - total, off_t(offset) + off_t(total))
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(.read, path: file.path, code: errno)
            }
            if count == 0 { break }
            total += count
        }
        return total
    }

    public func status(_ file: OpenFile) throws(FileError) -> FileStatus {
        var status = stat()
        guard fstat(file.descriptor, &status) == 0 else { throw FileError(.read, path: file.path, code: errno) }
        return FileStatus(status)
    }

    public func status(_ path: String) throws(FileError) -> FileStatus {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw FileError(.open, path: path, code: errno) }
        return FileStatus(status)
    }

    public func names(in path: String) throws(FileError) -> [String] {
        var names: [String] = []
        try forEachName(in: path) {
            names.append($0)
            return true
        }
        return names
    }

    /// The names in a directory, one by one and in whatever order, until `body` returns false.
    public func forEachName(in path: String, _ body: (String) -> Bool) throws(FileError) {
        guard let directory = opendir(path) else { throw FileError(.list, path: path, code: errno) }
        defer { closedir(directory) }
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                guard errno == 0 else { throw FileError(.list, path: path, code: errno) }
                return
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != "..", !body(name) { return }
        }
    }
}

extension FileStatus {
    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        default: kind = .other
        }
        length = UInt64(status.st_size)
        mode = status.st_mode & 0o7777
        owner = status.st_uid
        links = UInt64(status.st_nlink)
        identity = UInt64(status.st_ino)
        modifiedAt = Date(
            timeIntervalSince1970: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1_000_000_000)
    }
}
