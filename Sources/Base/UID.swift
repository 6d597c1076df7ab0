/// A random 128-bit name. What it names stands in its type, so that none can be taken for another.
public struct UID<Thing>: HexadecimalText, Hashable, Sendable {
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
        guard let bytes = Hexadecimal.bytes(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// 32 lower-case hexadecimal digits.
    public var hex: String { bytes.hex }
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
