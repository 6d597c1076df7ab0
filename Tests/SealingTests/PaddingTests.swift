import Base
import Foundation
import TestSupport
import Testing

@testable import Sealing

/// What is sealed tells little of its length. `Vectors/padding.json` was made by `Vectors/make-padding.py`.
struct PaddingTests {
    @Test func padsAsThePageSays() throws {
        let url = try #require(
            Bundle.module.url(forResource: "padding", withExtension: "json", subdirectory: "Vectors"))
        let vectors = try JSONDecoder().decode([[UInt64]].self, from: Data(contentsOf: url))
        #expect(vectors.count > 80)
        for vector in vectors { #expect(Padding.paddedLength(of: vector[0]) == vector[1], "\(vector[0])") }
        #expect(Padding.paddedLength(of: .max) == .max)
    }

    /// Of all videos up to 16 MiB, few lengths are left; and no content grows by more than an eighth.
    @Test func fewLengthsAreLeft() {
        var (left, last) = (0, UInt64(0))
        for length in stride(from: UInt64(0), to: 16 << 20, by: 1) {
            let padded = Padding.paddedLength(of: length)
            if padded != last { left += 1 }
            last = padded
            if padded < length || padded - length > max(1, length / 8) { Issue.record("\(length) becomes \(padded)") }
        }
        #expect(left < 700)
    }

    @Test func nothingOfThePaddingIsHandedOn() throws {
        var generator = SeededGenerator.ofTest()
        for _ in 0..<100 {
            let length = Int.random(in: 0..<(Bool.random(using: &generator) ? 300 : 300_000), using: &generator)
            let content = (0..<length).map { _ in UInt8.random(in: 1...255, using: &generator) }
            var sealer = SealedObject.Sealer(randomness: .system)
            var sealed: [UInt8] = []
            try content.withUnsafeBytes { try sealer.seal($0) { sealed += $0 } }
            #expect(try sealer.finishPadded { sealed += $0 } == UInt64(length))
            #expect(UInt64(sealed.count) == Padding.sealedLength(of: UInt64(length)))
            func open(_ range: Range<UInt64>?, length: UInt64) throws -> [UInt8] {
                var opened: [UInt8] = []
                try SealedObject.openPadded(
                    range, objectKey: sealer.objectKey, sealedLength: UInt64(sealed.count), length: length,
                    read: { $1.copyBytes(from: sealed[Int($0)..<Int($0) + $1.count]) }, emit: { opened += $0 })
                return opened
            }
            #expect(try open(nil, length: UInt64(length)) == content)
            let first = Int.random(in: 0...length, using: &generator)
            #expect(
                try open(UInt64(first)..<UInt64(length), length: UInt64(length)) == Array(content[first...]))
            #expect(throws: SealingError.self) { try open(0..<UInt64(length) + 1, length: UInt64(length)) }
            let padded = Padding.paddedLength(of: UInt64(length))
            #expect(throws: SealingError.self) { try open(nil, length: padded + 1) }
        }
    }
}
