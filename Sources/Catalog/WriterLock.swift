import BlobStore
import Foundation

/// A lock file in front of `BEGIN IMMEDIATE`: writers of all processes wait in the kernel for their
/// turn, where SQLite's own busy handler would poll and could starve one of them.
final class WriterLock: Sendable {
    private let descriptor: Int32
    private let path: String

    init(path: String) throws(FileError) {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(.lock, path: path, code: errno) }
    }

    deinit { close(descriptor) }

    /// Runs `body` while no other process does. Must not be called by two threads at once.
    func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw FileError(.lock, path: path, code: errno) }
        }
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }
}
