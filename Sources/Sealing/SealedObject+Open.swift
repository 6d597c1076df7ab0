internal import CSodium

extension SealedObject {
    /// Opens a range of a sealed object, or the whole of it.
    ///
    /// Whatever the range, the header's commitment is checked and the last chunk is opened first, which
    /// authenticates the length. Then the chunks of the range are opened in order, and each is handed
    /// on only when it is verified; the bytes that `emit` is given are valid during the call only.
    ///
    /// - Parameters:
    ///   - range: bytes of the plaintext, or `nil` for all of it.
    ///   - objectKey: the key that the sealer drew.
    ///   - sealedLength: the length of the sealed bytes as they are stored.
    ///   - expectedLength: the plaintext's length by the index.
    ///   - read: fills the whole buffer from an offset of the sealed bytes, or throws.
    /// - Throws: ``SealingError``, and whatever `read` and `emit` throw.
    public static func open(
        _ range: Range<UInt64>? = nil,
        objectKey: borrowing SecretKey,
        sealedLength: UInt64,
        expectedLength: UInt64,
        read: (_ offset: UInt64, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void,
        emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let layout = try Layout(sealedLength: sealedLength)
        var front = [UInt8](repeating: 0, count: headerLength)
        try front.withUnsafeMutableBytes { try read(0, $0) }
        let opener = ChunkOpener(
            header: try Header(reading: front, objectKey: objectKey), objectKey: objectKey, layout: layout)

        let lastChunk = layout.chunks - 1
        try opener.open(chunk: lastChunk, read: read)
        guard layout.plaintextLength == expectedLength else {
            throw SealingError.lengthMismatch(expected: expectedLength, found: layout.plaintextLength)
        }
        let range = range ?? 0..<layout.plaintextLength
        guard range.upperBound <= layout.plaintextLength else {
            throw SealingError.rangeOutside(
                first: range.lowerBound, last: max(range.upperBound, 1) - 1, length: layout.plaintextLength)
        }
        guard !range.isEmpty else { return }

        let chunkLength = UInt64(chunkLength)
        for index in range.lowerBound / chunkLength...(range.upperBound - 1) / chunkLength {
            let plaintext = try opener.open(chunk: index, read: read)
            let start = index * chunkLength
            let first = Int(max(range.lowerBound, start) - start)
            let end = Int(min(range.upperBound, start + UInt64(plaintext.count)) - start)
            try emit(UnsafeRawBufferPointer(rebasing: plaintext[first..<end]))
        }
    }

    /// Holds the one buffer in which chunks are opened, and remembers which one is in it.
    private final class ChunkOpener {
        private let header: Header
        private let chunkKey: SecretKey
        private let layout: Layout
        private let buffer: UnsafeMutablePointer<UInt8>
        private var opened: UInt64?

        init(header: Header, objectKey: borrowing SecretKey, layout: Layout) {
            self.header = header
            self.layout = layout
            chunkKey = objectKey.subkey(2)
            buffer = .allocate(capacity: sealedChunkLength)
        }

        deinit {
            sodium_memzero(buffer, sealedChunkLength)
            buffer.deallocate()
        }

        @discardableResult
        func open(
            chunk index: UInt64, read: (UInt64, UnsafeMutableRawBufferPointer) throws -> Void
        ) throws -> UnsafeRawBufferPointer {
            let length = layout.plaintextLength(ofChunk: index)
            let plaintext = UnsafeRawBufferPointer(start: buffer, count: length)
            if opened == index { return plaintext }
            opened = nil
            try read(
                layout.offset(ofChunk: index), UnsafeMutableRawBufferPointer(start: buffer, count: length + tagLength))
            let nonce = SealedObject.nonce(
                prefix: header.noncePrefix, chunk: index, isLast: index == layout.chunks - 1)
            let failed = header.commitment.withUnsafeBufferPointer { commitment in
                chunkKey.withBytes { key in
                    crypto_aead_xchacha20poly1305_ietf_decrypt(
                        buffer, nil, nil, buffer, UInt64(length + tagLength), commitment.baseAddress!,
                        UInt64(commitment.count), nonce, key)
                }
            }
            guard failed == 0 else { throw SealingError.chunkAltered(index: index) }
            opened = index
            return plaintext
        }
    }
}
