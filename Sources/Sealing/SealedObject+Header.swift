extension SealedObject {
    /// The 64 bytes in front of the chunks.
    struct Header {
        static let magic: [UInt8] = [0x89, 0x53, 0x52, 0x4D, 0x0D, 0x0A, 0x1A, 0x0A]
        static let version: UInt8 = 1
        static let suite: UInt8 = 1
        static let noncePrefix = 16..<32
        static let commitment = 32..<64

        let bytes: [UInt8]

        var noncePrefix: ArraySlice<UInt8> { bytes[Self.noncePrefix] }
        var commitment: ArraySlice<UInt8> { bytes[Self.commitment] }

        /// A new header that commits to `objectKey`.
        init(noncePrefix: [UInt8], objectKey: borrowing SecretKey) {
            precondition(noncePrefix.count == Self.noncePrefix.count)
            let front = Self.magic + [Self.version, Self.suite, 0, 0, 0, 0, 0, 0] + noncePrefix
            bytes = front + Self.commit(to: front, objectKey: objectKey)
        }

        /// Reads a header and checks that it commits to `objectKey`.
        init(reading bytes: [UInt8], objectKey: borrowing SecretKey) throws(SealingError) {
            guard bytes.count == headerLength, bytes.starts(with: Self.magic) else { throw .notSealedObject }
            guard bytes[8] == Self.version, bytes[9] == Self.suite else {
                throw .unsupportedFormat(version: bytes[8], suite: bytes[9])
            }
            guard bytes[10..<16].allSatisfy({ $0 == 0 }) else { throw .reservedBytesSet }
            let expected = Self.commit(to: Array(bytes[..<32]), objectKey: objectKey)
            let fits = expected.withUnsafeBytes { a in
                bytes[Self.commitment].withUnsafeBytes { constantTimeEqual(a, $0) }
            }
            guard fits else { throw .commitmentMismatch }
            self.bytes = bytes
        }

        private static func commit(to front: [UInt8], objectKey: borrowing SecretKey) -> [UInt8] {
            let key = objectKey.subkey(1)
            return front.withUnsafeBytes { KeyedHash.digest($0, key: key) }
        }
    }
}
