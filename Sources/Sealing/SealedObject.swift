/// The sealed-object format, version 1: a 64-byte header, then chunks of 65,536 plaintext bytes, each
/// with a 16-byte tag. See <doc:SealedObjectFormat>.
public enum SealedObject {
    /// Bytes of the header.
    public static let headerLength = 64
    /// Plaintext bytes of every chunk but the last.
    public static let chunkLength = 65_536
    /// Bytes that sealing adds to each chunk.
    public static let tagLength = 16

    static let sealedChunkLength = chunkLength + tagLength

    /// The bytes that an object of `plaintextLength` bytes takes when sealed.
    public static func sealedLength(of plaintextLength: UInt64) -> UInt64 {
        let chunks = max(1, (plaintextLength + UInt64(chunkLength) - 1) / UInt64(chunkLength))
        return UInt64(headerLength) + plaintextLength + chunks * UInt64(tagLength)
    }

    /// How a sealed object of a given length is cut into chunks.
    struct Layout: Equatable {
        let chunks: UInt64
        let lastChunkLength: Int
        let plaintextLength: UInt64

        init(sealedLength: UInt64) throws(SealingError) {
            let sealedChunk = UInt64(sealedChunkLength)
            guard sealedLength >= UInt64(headerLength + tagLength), sealedLength <= UInt64(Int64.max) else {
                throw .impossibleLength(sealedLength)
            }
            let body = sealedLength - UInt64(headerLength)
            let chunks = (body + sealedChunk - 1) / sealedChunk
            let last = Int(body - (chunks - 1) * sealedChunk) - tagLength
            guard last >= 0, last > 0 || chunks == 1 else { throw .impossibleLength(sealedLength) }
            self.chunks = chunks
            lastChunkLength = last
            plaintextLength = (chunks - 1) * UInt64(chunkLength) + UInt64(last)
        }

        func offset(ofChunk index: UInt64) -> UInt64 {
            UInt64(headerLength) + index * UInt64(sealedChunkLength)
        }

        func plaintextLength(ofChunk index: UInt64) -> Int {
            index == chunks - 1 ? lastChunkLength : chunkLength
        }
    }

    /// prefix ‖ 7-byte big-endian index ‖ 1 if last else 0
    static func nonce(prefix: ArraySlice<UInt8>, chunk index: UInt64, isLast: Bool) -> [UInt8] {
        precondition(index < 1 << 56)
        var nonce = [UInt8](prefix)
        nonce.reserveCapacity(24)
        for shift in stride(from: 48, through: 0, by: -8) {
            nonce.append(UInt8(truncatingIfNeeded: index >> UInt64(shift)))
        }
        nonce.append(isLast ? 1 : 0)
        return nonce
    }
}
