internal import Base

/// A lock in front of `BEGIN IMMEDIATE`: writers of all processes wait in the kernel for their turn, where
/// SQLite's own busy handler would poll and could starve one of them.
///
/// Two locks make the turns fair. Who wants to write takes the *turn* first, then the lock, and gives the turn
/// on: so a process that writes batch after batch cannot take the lock again before who came in between.
final class WriterLock: Sendable {
    private let lock: FileLock
    private let turn: FileLock

    /// - Parameter path: of the lock file; the turn's stands beside it.
    init(path: String) throws(FileError) {
        lock = try FileLock(path)
        turn = try FileLock(path + "-turn")
    }

    /// Runs `body` while no other process does. Must not be called by two threads at once.
    ///
    /// Who waits with a limit asks again and again for the turn, and then for the lock, with the turn in hand: nobody
    /// comes in between.
    func withLock<Result>(until limit: WaitLimit = .none, _ body: () throws -> Result) throws -> Result {
        try turn.take(until: limit)
        do {
            try lock.take(until: limit)
        } catch {
            turn.release()
            throw error
        }
        turn.release()
        defer { lock.release() }
        return try body()
    }
}
