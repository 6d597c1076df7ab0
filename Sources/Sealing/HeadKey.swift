/// What a head key vouches for. Each purpose has its own subkey.
public enum VouchingPurpose: UInt64, Sendable {
    /// The head of an index.
    case head = 1
    /// How far a machine has seen a ledger come.
    case mark = 2
}

extension Keyring {
    /// What shows later that bytes were vouched for by this archive's keys: keyed BLAKE2b-256, 32 bytes, under the
    /// newest head key.
    public func vouch(for bytes: [UInt8], purpose: VouchingPurpose) -> [UInt8] {
        Self.vouch(for: bytes, purpose, newest(.head).key.key)
    }

    /// Whether any head key of this keyring vouched for bytes. Compared in constant time.
    public func hasVouched(for bytes: [UInt8], by mac: [UInt8], purpose: VouchingPurpose) -> Bool {
        entries.contains { entry in
            guard entry.purpose == .head else { return false }
            let own = Self.vouch(for: bytes, purpose, entry.key.key)
            return own.withUnsafeBytes { a in mac.withUnsafeBytes { constantTimeEqual(a, $0) } }
        }
    }

    private static func vouch(
        for bytes: [UInt8], _ purpose: VouchingPurpose, _ key: borrowing SecretKey
    ) -> [UInt8] {
        bytes.withUnsafeBytes { KeyedHash.digest($0, key: key.subkey(purpose.rawValue)) }
    }
}
