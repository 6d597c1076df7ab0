public import Sealing

/// A random 128-bit name. What it names stands in its type, so that none can be taken for another.
public struct UID<Thing>: Hashable, Sendable {
    /// Bytes of a UID.
    public static var length: Int { 16 }

    public let bytes: [UInt8]

    /// - Parameter bytes: 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    /// Draws a new one.
    public init(from randomness: Randomness) {
        bytes = randomness.bytes(Self.length)
    }

    /// Reads 32 lower-case hexadecimal digits.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 2 * Self.length else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index...index + 1], as: UTF8.self)
            guard pair == pair.lowercased(), pair.first != "+", let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        self.bytes = bytes
    }

    /// 32 lower-case hexadecimal digits.
    public var hex: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

extension UID: CustomStringConvertible {
    public var description: String { hex }
}

/// What UIDs name.
public enum Named {
    public enum Archive {}
    public enum Case {}
    public enum Verification {}
    public enum Object {}
    public enum Actor {}
    public enum Hold {}
    public enum Token {}
}

public typealias ArchiveUID = UID<Named.Archive>
public typealias CaseUID = UID<Named.Case>
public typealias VerificationUID = UID<Named.Verification>
public typealias ObjectUID = UID<Named.Object>
public typealias ActorUID = UID<Named.Actor>
public typealias HoldUID = UID<Named.Hold>
public typealias TokenUID = UID<Named.Token>
