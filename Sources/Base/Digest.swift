/// The SHA-256 of something.
public struct Digest: Hashable, Sendable {
    /// Bytes of a digest.
    public static let length = 32

    public let bytes: [UInt8]

    /// - Parameter bytes: 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    /// Reads 64 lower-case hexadecimal digits.
    public init?(hex: String) {
        guard let bytes = Hexadecimal.bytes(hex) else { return nil }
        self.init(bytes: bytes)
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { bytes.hex }
}

extension Digest: CustomStringConvertible {
    public var description: String { hex }
}
