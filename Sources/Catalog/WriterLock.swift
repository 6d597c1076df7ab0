import BlobStore
import Foundation

/// A lock in front of `BEGIN IMMEDIATE`: writers of all processes wait in the kernel for their turn, where
/// SQLite's own busy handler would poll and could starve one of them.
///
/// Two locks make the turns fair. Who wants to write takes the *turn* first, then the lock, and gives the turn
/// on: so a process that writes batch after batch cannot take the lock again before who came in between.
final class WriterLock: Sendable {
    private let lock: LockFile
    private let turn: LockFile

    /// - Parameter path: of the lock file; the turn's stands beside it.
    init(path: String) throws(FileError) {
        lock = try LockFile(path)
        turn = try LockFile(path + "-turn")
    }

    /// Runs `body` while no other process does. Must not be called by two threads at once.
    func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        try turn.take()
        do {
            try lock.take()
        } catch {
            turn.release()
            throw error
        }
        turn.release()
        defer { lock.release() }
        return try body()
    }

    private final class LockFile: Sendable {
        private let descriptor: Int32
        private let path: String

        init(_ path: String) throws(FileError) {
            self.path = path
            descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw FileError(.lock, path: path, code: errno) }
        }

        deinit { close(descriptor) }

        func take() throws(FileError) {
            while flock(descriptor, LOCK_EX) != 0 {
                guard errno == EINTR else { throw FileError(.lock, path: path, code: errno) }
            }
        }

        func release() { flock(descriptor, LOCK_UN) }
    }
}
