internal import CSodium

/// The key that signs an archive's checkpoints: Ed25519 (RFC 8032), by libsodium.
public struct LedgerKey: Sendable {
    /// Bytes.
    private static let publicKeyLength = 32
    /// Bytes.
    private static let signatureLength = 64

    private let seed: SharedKey
    /// 32 bytes.
    public let publicKey: [UInt8]

    init(seed: SharedKey) {
        self.seed = seed
        var publicKey = [UInt8](repeating: 0, count: Self.publicKeyLength)
        Self.withPair(seed) { _ in
        } publicKey: {
            publicKey = $0
        }
        self.publicKey = publicKey
    }

    /// The signature of a message, 64 bytes; the same message always has the same.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Self.signatureLength)
        Self.withPair(seed) { secret in
            _ = crypto_sign_ed25519_detached(&signature, nil, message, UInt64(message.count), secret)
        } publicKey: { _ in
        }
        return signature
    }

    private static func withPair(
        _ seed: SharedKey, _ body: (UnsafePointer<UInt8>) -> Void, publicKey: ([UInt8]) -> Void
    ) {
        withLockedMemory(byteCount: Int(crypto_sign_ed25519_SECRETKEYBYTES)) { memory in
            let secret = memory.baseAddress!.assumingMemoryBound(to: UInt8.self)
            var bytes = [UInt8](repeating: 0, count: Self.publicKeyLength)
            seed.key.withBytes { _ = crypto_sign_ed25519_seed_keypair(&bytes, secret, $0) }
            body(UnsafePointer(secret))
            publicKey(bytes)
        }
    }
}

extension Keyring {
    /// The newest ledger key.
    public var ledgerKey: LedgerKey { LedgerKey(seed: newest(.ledger).key) }
}
