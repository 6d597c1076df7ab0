internal import Foundation

/// An advisory lock (`flock`) that processes of one machine, and threads with locks of their own, take in turns. The
/// system releases it when its owner dies.
public final class FileLock: Sendable {
    /// The file that is locked, open for reading and writing.
    public let file: OpenFile

    /// Opens a lock file, made with mode 0600 where there is none. Takes nothing yet.
    public init(_ path: String) throws(FileError) {
        file = try Self.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    }

    /// Opens a directory to be locked itself.
    public init(directory path: String) throws(FileError) {
        file = try Self.open(path, O_RDONLY | O_DIRECTORY)
    }

    deinit { close(file.descriptor) }

    private static func open(_ path: String, _ flags: Int32) throws(FileError) -> OpenFile {
        let descriptor = Foundation.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError(.lock, path: path, code: errno) }
        // What is locked is sometimes written: never another file under a second name.
        var status = stat()
        if fstat(descriptor, &status) != 0 || status.st_mode & S_IFMT == S_IFREG && status.st_nlink > 1 {
            let code = errno
            close(descriptor)
            throw FileError(.lock, path: path, code: status.st_nlink > 1 ? EMLINK : code)
        }
        return OpenFile(descriptor: descriptor, path: path)
    }

    /// Waits until nobody else has it.
    public func take() throws(FileError) {
        while flock(file.descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError(.lock, path: file.path, code: errno) }
        }
    }

    /// Takes it where nobody else has it.
    ///
    /// - Returns: whether it was taken.
    public func tryToTake() throws(FileError) -> Bool {
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            if errno == EWOULDBLOCK { return false }
            guard errno == EINTR else { throw FileError(.lock, path: file.path, code: errno) }
        }
        return true
    }

    public func release() { flock(file.descriptor, LOCK_UN) }
}

extension OpenFile {
    /// Locks the file itself for as long as it is open (`flock`): for one, or for several who look at it. Where the
    /// file system has no locks, those who share it go on, and nobody has it for himself alone.
    ///
    /// - Returns: whether nobody else has it.
    public func tryToLock(exclusively: Bool) -> Bool {
        while flock(descriptor, (exclusively ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 {
            guard errno == EINTR else { return errno != EWOULDBLOCK && !exclusively }
        }
        return true
    }
}
