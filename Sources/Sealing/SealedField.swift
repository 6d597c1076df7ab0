public import Base
internal import CSodium

/// What a small sealed value belongs to: additional data that must be the same when it is opened.
///
/// Each part is encoded with its length in front (32 bits, little-endian), so no two lists of parts
/// have the same encoding.
public struct SealingContext: Sendable {
    private(set) var bytes: [UInt8] = []

    /// A context whose first part names the format, such as `strongroom object key 1`.
    public init(_ format: StaticString) {
        format.withUTF8Buffer { add($0) }
    }

    /// This context with one more part.
    public func adding(_ part: some Collection<UInt8>) -> SealingContext {
        var context = self
        context.add(part)
        return context
    }

    /// This context with a number (64 bits, little-endian) as one more part.
    public func adding(_ number: UInt64) -> SealingContext {
        adding(littleEndianBytes(number))
    }

    private mutating func add(_ part: some Collection<UInt8>) {
        bytes += littleEndianBytes(UInt32(part.count))
        bytes += part
    }
}

func littleEndianBytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// A small value sealed whole: a random 24-byte nonce, then XChaCha20-Poly1305 of the value.
enum SealedField {
    static let nonceLength = 24
    static let overhead = nonceLength + 16
    /// What is sealed is padded to whole blocks of so many bytes.
    static let block = 64

    /// The length of a value with its padding: at least one byte more.
    static func paddedLength(of length: Int) -> Int { (length / block + 1) * block }

    static func seal(
        _ value: UnsafeRawBufferPointer, key: borrowing SecretKey, context: SealingContext, randomness: Randomness
    ) -> [UInt8] {
        let nonce = randomness.bytes(nonceLength)
        var sealed = nonce + [UInt8](repeating: 0, count: value.count + 16)
        sealed.withUnsafeMutableBufferPointer { out in
            key.withBytes { key in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    out.baseAddress! + nonceLength, nil, value.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    UInt64(value.count), context.bytes, UInt64(context.bytes.count), nil, nonce, key)
            }
        }
        return sealed
    }

    /// Writes the opened value into `output`, which must be exactly as long as the value.
    static func open(
        _ sealed: [UInt8], key: borrowing SecretKey, context: SealingContext, into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) {
        guard sealed.count == output.count + overhead else { throw .fieldAltered }
        let failed = sealed.withUnsafeBufferPointer { sealed in
            key.withBytes { key in
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    output.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, nil,
                    sealed.baseAddress! + nonceLength,
                    UInt64(sealed.count - nonceLength), context.bytes, UInt64(context.bytes.count), sealed.baseAddress!,
                    key)
            }
        }
        guard failed == 0 else { throw .fieldAltered }
    }
}

extension SecretKey {
    /// Seals a small value, such as what identifies a person, under this key: padded, so that little of its length is
    /// told (<doc:KeyringFormat>).
    public func sealField(_ value: [UInt8], context: SealingContext, randomness: Randomness) -> [UInt8] {
        value.withUnsafeBytes { sealField($0, context: context, randomness: randomness) }
    }

    /// The same, of bytes of which no copy is left.
    public func sealField(
        _ value: UnsafeRawBufferPointer, context: SealingContext, randomness: Randomness
    ) -> [UInt8] {
        var padded = [UInt8](repeating: 0, count: SealedField.paddedLength(of: value.count))
        defer { padded.withUnsafeMutableBytes { sodium_memzero($0.baseAddress!, $0.count) } }
        padded.withUnsafeMutableBytes { $0.copyBytes(from: value) }
        padded[value.count] = 0x80
        return padded.withUnsafeBytes { SealedField.seal($0, key: self, context: context, randomness: randomness) }
    }

    /// Opens what ``sealField(_:context:randomness:)`` sealed under the same key and context.
    public func openField(_ sealed: [UInt8], context: SealingContext) throws(SealingError) -> [UInt8] {
        guard sealed.count > SealedField.overhead else { throw .fieldAltered }
        var value = [UInt8](repeating: 0, count: sealed.count - SealedField.overhead)
        var failure: SealingError?
        value.withUnsafeMutableBytes { buffer in
            do throws(SealingError) {
                try SealedField.open(sealed, key: self, context: context, into: buffer)
            } catch { failure = error }
        }
        if let failure { throw failure }
        guard let end = value.lastIndex(where: { $0 != 0 }), value[end] == 0x80,
            SealedField.paddedLength(of: end) == value.count
        else { throw .fieldAltered }
        value.removeSubrange(end...)
        return value
    }
}
