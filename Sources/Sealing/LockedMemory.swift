internal import CSodium
internal import Foundation
internal import Synchronization

/// Memory for secrets (`sodium_malloc`): guard pages around it, left out of core dumps, zeroed when it is freed, and
/// locked, so that it is not written to the swap; where the kernel refuses to lock it, that is known.
public enum LockedMemory {
    private static let refusal = Atomic<Int32>(0)

    /// Why memory of this process could not be locked, an `errno`; nil where all of it is.
    public static var problem: Int32? {
        let code = refusal.load(ordering: .relaxed)
        return code == 0 ? nil : code
    }

    /// Freed with `sodium_free`.
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        Sodium.start()
        guard let memory = sodium_malloc(max(count, 1)) else { preconditionFailure("no guarded memory for secrets") }
        // libsodium goes on without a word where this fails. To lock twice is to lock once.
        if mlock(memory, max(count, 1)) != 0 { refusal.store(errno, ordering: .relaxed) }
        return memory
    }
}

/// Runs `body` with `count` bytes of locked memory that is zeroed afterwards, for reading secrets.
public func withLockedMemory<Result: ~Copyable>(
    byteCount count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
) rethrows -> Result {
    let memory = UnsafeMutableRawBufferPointer(start: LockedMemory.allocate(count), count: count)
    defer { sodium_free(memory.baseAddress!) }
    return try body(memory)
}
