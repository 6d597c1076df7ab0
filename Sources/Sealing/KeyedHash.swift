internal import CSodium

/// Keyed BLAKE2b-256, fed in pieces.
struct KeyedHash: ~Copyable {
    static let length = 32

    private let state: UnsafeMutableRawPointer

    init(key: borrowing SecretKey) {
        // The state reaches Swift as an opaque type; libsodium asks for 64-byte alignment.
        state = .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
        let opaque = OpaquePointer(state)
        key.withBytes { _ = crypto_generichash_init(opaque, $0, SecretKey.length, Self.length) }
    }

    deinit {
        sodium_memzero(state, crypto_generichash_statebytes())
        state.deallocate()
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        _ = crypto_generichash_update(
            OpaquePointer(state), bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), UInt64(bytes.count))
    }

    consuming func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Self.length)
        _ = crypto_generichash_final(OpaquePointer(state), &digest, Self.length)
        return digest
    }

    static func digest(_ bytes: UnsafeRawBufferPointer, key: borrowing SecretKey) -> [UInt8] {
        var hash = KeyedHash(key: key)
        hash.update(bytes)
        return hash.finish()
    }
}

/// Compares in a time that depends on the length alone.
func constantTimeEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    a.count == b.count && (a.isEmpty || sodium_memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0)
}
