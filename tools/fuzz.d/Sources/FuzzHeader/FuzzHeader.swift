import Base
import Foundation

@testable import Sealing

private let plaintext = [UInt8]((0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })

private func makeKey() -> SecretKey {
    SecretKey(from: Randomness { $0.initializeMemory(as: UInt8.self, repeating: 7) })
}

private let sealed: [UInt8] = {
    var bytes: [UInt8] = []
    var sealer = SealedObject.Sealer(objectKey: makeKey(), noncePrefix: [UInt8](repeating: 3, count: 16))
    try! plaintext.withUnsafeBytes { try sealer.seal($0) { bytes += $0 } }
    try! sealer.finish { bytes += $0 }
    return bytes
}()

/// The sealed-object format. The input edits a good object: the first byte chooses between taking the rest
/// as it is, cutting or extending, and patching at an offset. Whatever comes out must be the plaintext, and
/// nothing at all where the object was changed.
func fuzzHeader(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count > 0 else { return 0 }
    let input = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    var object = sealed
    switch input[0] % 4 {
    case 0: object = Array(input.dropFirst())
    case 1 where count >= 4: object = Array(object.prefix(Int(input[1]) << 16 | Int(input[2]) << 8 | Int(input[3])))
    case 2: object += input.dropFirst()
    default:
        guard count >= 4 else { return 0 }
        let offset = (Int(input[1]) << 16 | Int(input[2]) << 8 | Int(input[3])) % object.count
        for (index, byte) in input.dropFirst(4).enumerated() where offset + index < object.count {
            object[offset + index] = byte
        }
    }
    let first = UInt64(input.last!) * 250
    for range in [nil, first..<first + 100] as [Range<UInt64>?] {
        var opened: [UInt8] = []
        do {
            try SealedObject.open(
                range, objectKey: makeKey(), sealedLength: UInt64(object.count),
                expectedLength: UInt64(plaintext.count),
                read: { offset, buffer in
                    guard Int(offset) + buffer.count <= object.count else {
                        throw SealingError.impossibleLength(offset)
                    }
                    buffer.copyBytes(from: object[Int(offset)..<Int(offset) + buffer.count])
                }, emit: { opened += $0 })
            if range == nil { precondition(object == sealed, "an edited object was opened whole") }
        } catch {
            precondition(error is SealingError)
        }
        let start = Int(range?.lowerBound ?? 0)
        precondition(plaintext[min(start, plaintext.count)...].starts(with: opened), "bytes that were never sealed")
    }
    _ = try? Keyring.Preamble(input)
    return 0
}
