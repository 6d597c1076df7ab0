internal import CSodium

/// 32 bytes of key material in guarded, locked memory (`sodium_malloc`) that is read-only once it is
/// made and zeroed when the last owner lets go.
///
/// It cannot be copied, printed or encoded.
public struct SecretKey: ~Copyable {
    /// Bytes in every key.
    public static let length = 32

    // Never written after `init`, so several threads may read it at once.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer

    /// Makes a key of what `fill` writes into the locked memory.
    init<Failure: Error>(filling fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void) throws(Failure) {
        Sodium.start()
        guard let memory = sodium_malloc(Self.length) else { preconditionFailure("no guarded memory for a key") }
        do throws(Failure) {
            try fill(UnsafeMutableRawBufferPointer(start: memory, count: Self.length))
        } catch {
            sodium_free(memory)
            throw error
        }
        sodium_mprotect_readonly(memory)
        self.memory = memory
    }

    /// Draws a new key.
    public init(from randomness: Randomness) {
        self.init { randomness.fill($0) }
    }

    deinit { sodium_free(memory) }

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

/// A key that several owners share; the memory goes with the last of them.
///
/// Sendable because the key's memory is never written after it is made.
final class SharedKey: @unchecked Sendable {
    let key: SecretKey

    init(_ key: consuming SecretKey) { self.key = key }
}
