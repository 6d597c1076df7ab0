public import Base
internal import CSodium

extension SealedObject {
    /// Seals one object, in one pass, in memory that does not grow with it.
    ///
    /// A sealer draws its own object key, and a key seals once: after a failure, throw the sealer away
    /// and begin with a new one.
    ///
    ///     var sealer = SealedObject.Sealer(randomness: .system)
    ///     try sealer.seal(piece) { try file.write($0) }
    ///     let length = try sealer.finish { try file.write($0) }
    public struct Sealer: ~Copyable {
        /// The key that opens what this sealer seals; to be wrapped before the sealer goes.
        public let objectKey: SecretKey
        /// Plaintext bytes taken so far.
        public private(set) var plaintextLength: UInt64 = 0

        private let header: Header
        private let chunkKey: SecretKey
        private let buffer: UnsafeMutablePointer<UInt8>
        private var filled = 0
        private var nextChunk: UInt64 = 0

        public init(randomness: Randomness) {
            self.init(objectKey: SecretKey(from: randomness), noncePrefix: randomness.bytes(16))
        }

        init(objectKey: consuming SecretKey, noncePrefix: [UInt8]) {
            header = Header(noncePrefix: noncePrefix, objectKey: objectKey)
            chunkKey = objectKey.subkey(2)
            self.objectKey = objectKey
            buffer = .allocate(capacity: sealedChunkLength)
        }

        deinit {
            sodium_memzero(buffer, sealedChunkLength)
            buffer.deallocate()
        }

        /// Takes plaintext and hands sealed bytes to `emit`, a chunk at a time. The bytes that `emit`
        /// is given are valid during the call only.
        public mutating func seal(
            _ plaintext: UnsafeRawBufferPointer, emit: (UnsafeRawBufferPointer) throws -> Void
        ) throws {
            var rest = plaintext[...]
            while !rest.isEmpty {
                // A full chunk waits for the byte after it: only then is it known not to be the last.
                if filled == chunkLength { try sealChunk(isLast: false, emit: emit) }
                let count = min(chunkLength - filled, rest.count)
                UnsafeMutableRawPointer(buffer + filled).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: rest).baseAddress!, byteCount: count)
                filled += count
                rest = rest.dropFirst(count)
            }
            plaintextLength += UInt64(plaintext.count)
        }

        /// Seals the last chunk. Must be called exactly once, after the last plaintext; nothing may
        /// be sealed after it.
        public mutating func finish(emit: (UnsafeRawBufferPointer) throws -> Void) throws {
            try sealChunk(isLast: true, emit: emit)
        }

        private mutating func sealChunk(isLast: Bool, emit: (UnsafeRawBufferPointer) throws -> Void) throws {
            if nextChunk == 0 { try header.bytes.withUnsafeBytes(emit) }
            let nonce = SealedObject.nonce(prefix: header.noncePrefix, chunk: nextChunk, isLast: isLast)
            header.commitment.withUnsafeBufferPointer { commitment in
                chunkKey.withBytes { key in
                    _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                        buffer, nil, buffer, UInt64(filled), commitment.baseAddress!, UInt64(commitment.count), nil,
                        nonce, key)
                }
            }
            try emit(UnsafeRawBufferPointer(start: buffer, count: filled + tagLength))
            nextChunk += 1
            filled = 0
        }
    }
}
