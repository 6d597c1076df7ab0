public import Base
internal import CSodium
internal import Synchronization

/// 32 bytes of key material in guarded, locked memory (`sodium_malloc`), zeroed when the last owner lets
/// go.
///
/// It cannot be copied, printed or encoded.
public struct SecretKey: ~Copyable {
    /// Bytes in every key.
    public static let length = 32

    // Never written after `init`, so several threads may read it at once.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

    /// Makes a key of what `fill` writes into the locked memory.
    init<Failure: Error>(filling fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        let memory = KeyMemory.shared.take()
        do throws(Failure) {
            try fill(UnsafeMutableRawBufferPointer(start: memory, count: Self.length))
        } catch {
            KeyMemory.shared.release(memory)
            throw error
        }
        self.memory = memory
    }

    /// Draws a new key.
    public init(from randomness: Randomness) {
        self.init { randomness.fill($0) }
    }

    deinit { KeyMemory.shared.release(memory) }

    func withBytes<Result, Failure: Error>(
        _ body: (UnsafePointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafePointer(memory.assumingMemoryBound(to: UInt8.self)))
    }

    /// KDF(this key, `number`): `crypto_kdf_derive_from_key` with 32 bytes out and the context `strongrm`.
    func subkey(_ number: UInt64) -> SecretKey {
        SecretKey { buffer in
            withBytes { key in
                _ = crypto_kdf_derive_from_key(
                    buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), Self.length, number, "strongrm", key)
            }
        }
    }
}

/// Slots for keys in pages of ``LockedMemory``. A page serves many keys, because making one costs a dozen system calls
/// and every object has several keys.
private final class KeyMemory: Sendable {
    static let shared = KeyMemory()

    private static let slotsInPage = 128
    // Each pointer is held by one owner at a time.
    private struct Slots: @unchecked Sendable { var free: [UnsafeMutableRawPointer] = [] }
    private let slots = Mutex(Slots())

    private init() { Sodium.start() }

    func take() -> UnsafeMutableRawPointer {
        slots.withLock { slots in
            if slots.free.isEmpty {
                let page = LockedMemory.allocate(Self.slotsInPage * SecretKey.length)
                slots.free = (0..<Self.slotsInPage).map { page + $0 * SecretKey.length }
            }
            return slots.free.removeLast()
        }
    }

    func release(_ slot: UnsafeMutableRawPointer) {
        sodium_memzero(slot, SecretKey.length)
        slots.withLock { $0.free.append(slot) }
    }
}

/// A key that several owners share; the memory goes with the last of them.
///
/// Sendable because the key's memory is never written after it is made.
final class SharedKey: @unchecked Sendable {
    let key: SecretKey

    init(_ key: consuming SecretKey) { self.key = key }
}
