import Base
import Foundation
import Testing

@testable import Sealing

/// `Vectors/sealed-object.json` was made by `Vectors/make-sealed-object.py` with PyNaCl, from the format's
/// page alone.
struct SealedObjectVectors {
    struct File: Decodable {
        struct Good: Decodable {
            let name: String
            let objectKey: String
            let noncePrefix: String
            let plaintextLength: Int
            let sealedSHA256: String
            let sealedHead: String
        }
        struct Bad: Decodable {
            let name: String
            /// Edits of the good object of this name.
            let of: String
            let set: [String: UInt8]?
            let cutTo: Int?
            let append: String?
            let swapChunks: [Int]?
            let expectedLength: UInt64?
            let error: String
        }
        let good: [Good]
        let bad: [Bad]
    }

    let file: File

    init() throws {
        let url = try #require(
            Bundle.module.url(forResource: "sealed-object", withExtension: "json", subdirectory: "Vectors"))
        file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
    }

    @Test func sealsAsTheFormatSays() throws {
        #expect(file.good.count >= 6)
        for vector in file.good {
            let sealed = try seal(vector)
            #expect(hex(sealed.prefix(144)) == vector.sealedHead, "\(vector.name)")
            #expect(hex(sha256(sealed)) == vector.sealedSHA256, "\(vector.name)")
            #expect(SealedObject.sealedLength(of: UInt64(vector.plaintextLength)) == UInt64(sealed.count))
            #expect(
                try open(sealed, key: vector.objectKey, expectedLength: UInt64(vector.plaintextLength))
                    == plaintext(vector.plaintextLength))
        }
    }

    @Test func refusesEveryDefectWithItsReason() throws {
        #expect(file.bad.count >= 12)
        for vector in file.bad {
            let good = try #require(file.good.first { $0.name == vector.of })
            var sealed = try seal(good)
            for (offset, value) in vector.set ?? [:] { sealed[try #require(Int(offset))] = value }
            if let length = vector.cutTo { sealed = Array(sealed.prefix(length)) }
            if let bytes = vector.append { sealed += unhex(bytes) }
            if let pair = vector.swapChunks {
                let chunk = 65_552
                let first = 64 + pair[0] * chunk..<64 + (pair[0] + 1) * chunk
                let second = 64 + pair[1] * chunk..<64 + (pair[1] + 1) * chunk
                let copy = Array(sealed[first])
                sealed.replaceSubrange(first, with: sealed[second])
                sealed.replaceSubrange(second, with: copy)
            }
            var emitted = 0
            do {
                try openPieces(
                    sealed, key: good.objectKey, expectedLength: vector.expectedLength ?? UInt64(good.plaintextLength)
                ) {
                    emitted += $0.count
                }
                Issue.record("\(vector.name) was opened")
            } catch let error as SealingError {
                #expect(String(describing: error).contains(vector.error), "\(vector.name): \(error)")
            }
            #expect(emitted % 65_536 == 0, "\(vector.name): bytes of an unverified chunk")
        }
    }

    private func seal(_ vector: File.Good) throws -> [UInt8] {
        var sealed: [UInt8] = []
        var sealer = SealedObject.Sealer(
            objectKey: key(unhex(vector.objectKey)), noncePrefix: unhex(vector.noncePrefix))
        try plaintext(vector.plaintextLength).withUnsafeBytes { try sealer.seal($0) { sealed += $0 } }
        try sealer.finish { sealed += $0 }
        return sealed
    }

    private func open(_ sealed: [UInt8], key hexKey: String, expectedLength: UInt64) throws -> [UInt8] {
        var opened: [UInt8] = []
        try openPieces(sealed, key: hexKey, expectedLength: expectedLength) { opened += $0 }
        return opened
    }

    private func openPieces(
        _ sealed: [UInt8], key hexKey: String, expectedLength: UInt64, emit: (UnsafeRawBufferPointer) -> Void
    ) throws {
        try SealedObject.open(
            objectKey: key(unhex(hexKey)), sealedLength: UInt64(sealed.count), expectedLength: expectedLength,
            read: { offset, buffer in buffer.copyBytes(from: sealed[Int(offset)..<Int(offset) + buffer.count]) },
            emit: emit)
    }
}

/// The plaintext of the vectors: byte *i* is `(i * 7 + i / 256) mod 256`.
func plaintext(_ length: Int) -> [UInt8] { (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) } }

func key(_ bytes: [UInt8]) -> SecretKey { SecretKey(from: Randomness { $0.copyBytes(from: bytes) }) }

func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

func unhex(_ text: String) -> [UInt8] {
    let digits = Array(text)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
}
