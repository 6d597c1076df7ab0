import Base
import COpenSSL
import TestSupport
import Testing

@testable import Sealing

struct SealedObjectProperties {
    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 300_001])
    func everyRangeOpensToTheSameBytes(length: Int) throws {
        let text = plaintext(length)
        var generator = SeededGenerator.ofTest()
        let (sealed, sealer) = try seal(text, pieces: { Int.random(in: 1...100_000, using: &generator) })
        for _ in 0..<60 {
            let first = UInt64.random(in: 0...UInt64(length), using: &generator)
            let end = UInt64.random(in: first...UInt64(length), using: &generator)
            var opened: [UInt8] = []
            try sealer.open(sealed, range: first..<end, length: length) { opened += $0 }
            #expect(opened == Array(text[Int(first)..<Int(end)]))
        }
        #expect(throws: SealingError.self) {
            try sealer.open(sealed, range: 0..<UInt64(length + 1), length: length) { _ in }
        }
    }

    @Test func howItIsFedDoesNotMatter() throws {
        let text = plaintext(150_000)
        let key = [UInt8](repeating: 9, count: 32)
        var results: Set<[UInt8]> = []
        for pieceLength in [1, 7, 65_535, 65_536, 65_537, 150_000] {
            var sealed: [UInt8] = []
            var sealer = SealedObject.Sealer(
                objectKey: SealingTests.key(key), noncePrefix: [UInt8](repeating: 1, count: 16))
            for start in stride(from: 0, to: text.count, by: pieceLength) {
                try text[start..<min(start + pieceLength, text.count)].withUnsafeBytes {
                    try sealer.seal($0) { sealed += $0 }
                }
            }
            try sealer.finish { sealed += $0 }
            results.insert(sealed)
        }
        #expect(results.count == 1)
    }

    @Test func anyFlippedBitIsRefused() throws {
        let (sealed, sealer) = try seal(plaintext(300), pieces: { 1000 })
        for offset in 0..<sealed.count {
            for bit in 0..<8 {
                var altered = sealed
                altered[offset] ^= 1 << bit
                var emitted = 0
                #expect(throws: SealingError.self) {
                    try sealer.open(altered, range: nil, length: 300) { emitted += $0.count }
                }
                #expect(emitted == 0)
            }
        }
    }

    @Test func aRangeStillAuthenticatesTheEnd() throws {
        // Only the first chunk is asked for, and yet a lost last chunk is noticed.
        let (sealed, sealer) = try seal(plaintext(200_000), pieces: { 1000 })
        let cut = Array(sealed.prefix(64 + 2 * 65_552))
        #expect(throws: SealingError.chunkAltered(index: 1)) {
            try sealer.open(cut, range: 0..<10, length: 131_072) { _ in }
        }
    }

    @Test func anotherKeyIsRefused() throws {
        let (sealed, _) = try seal(plaintext(10), pieces: { 10 })
        let other = Opening(key: SecretKey(from: .system))
        #expect(throws: SealingError.commitmentMismatch) { try other.open(sealed, range: nil, length: 10) { _ in } }
    }

    private func seal(_ text: [UInt8], pieces: () -> Int) throws -> ([UInt8], Opening) {
        let bytes = Randomness.system.bytes(32)
        var sealed: [UInt8] = []
        var sealer = SealedObject.Sealer(objectKey: key(bytes), noncePrefix: Randomness.system.bytes(16))
        var start = 0
        while start < text.count {
            let end = min(text.count, start + pieces())
            try text[start..<end].withUnsafeBytes { try sealer.seal($0) { sealed += $0 } }
            start = end
        }
        try sealer.finish { sealed += $0 }
        return (sealed, Opening(key: key(bytes)))
    }

    final class Opening {
        private let key: SecretKey

        init(key: consuming SecretKey) { self.key = key }

        func open(_ sealed: [UInt8], range: Range<UInt64>?, length: Int, emit: (UnsafeRawBufferPointer) -> Void) throws
        {
            try SealedObject.open(
                range, objectKey: key, sealedLength: UInt64(sealed.count), expectedLength: UInt64(length),
                read: { offset, buffer in
                    guard Int(offset) + buffer.count <= sealed.count else {
                        throw SealingError.impossibleLength(offset)
                    }
                    buffer.copyBytes(from: sealed[Int(offset)..<Int(offset) + buffer.count])
                }, emit: emit)
        }
    }
}

func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
    return digest
}
