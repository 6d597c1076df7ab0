public import Base

/// One generation of the key that wraps object keys and case keys.
public struct Epoch: Hashable, Comparable, Sendable {
    /// Counted from 1.
    public let number: UInt32

    public init(_ number: UInt32) { self.number = number }

    public static func < (a: Epoch, b: Epoch) -> Bool { a.number < b.number }
}

/// A key sealed under an epoch's key.
public struct WrappedKey: Hashable, Sendable {
    /// Bytes of a wrapped key: nonce, key, tag.
    public static let length = 72

    public let epoch: Epoch
    public let bytes: [UInt8]

    public init(epoch: Epoch, bytes: [UInt8]) {
        self.epoch = epoch
        self.bytes = bytes
    }
}

extension Keyring {
    /// Wraps `key` under the key of `epoch`.
    public func wrap(
        _ key: borrowing SecretKey, epoch: Epoch, context: SealingContext, randomness: Randomness
    ) throws(SealingError) -> WrappedKey {
        let epochKey = try self.key(.epoch, epoch.number)
        let bytes = key.withBytes {
            SealedField.seal(
                UnsafeRawBufferPointer(start: $0, count: SecretKey.length), key: epochKey.key, context: context,
                randomness: randomness)
        }
        return WrappedKey(epoch: epoch, bytes: bytes)
    }

    /// Opens a wrapped key. Its context must be the one that it was wrapped with.
    public func unwrap(_ wrapped: WrappedKey, context: SealingContext) throws(SealingError) -> SecretKey {
        let epochKey = try key(.epoch, wrapped.epoch.number)
        return try SecretKey { (buffer) throws(SealingError) in
            try SealedField.open(wrapped.bytes, key: epochKey.key, context: context, into: buffer)
        }
    }
}
