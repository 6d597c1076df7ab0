/// The SHA-256 of a blob's bytes. `sha256sum` of the blob's file prints it.
public struct BlobAddress: HexadecimalText, Hashable, Sendable {
    /// Bytes of an address.
    public static let length = Digest.length

    public let digest: Digest

    public init(_ digest: Digest) { self.digest = digest }

    /// - Parameter bytes: 32 bytes.
    public init?(bytes: [UInt8]) {
        guard let digest = Digest(bytes: bytes) else { return nil }
        self.digest = digest
    }

    /// Reads 64 lower-case hexadecimal digits.
    public init?(hex: String) {
        guard let digest = Digest(hex: hex) else { return nil }
        self.digest = digest
    }

    public var bytes: [UInt8] { digest.bytes }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { digest.hex }
}

extension BlobAddress: CustomStringConvertible {
    public var description: String { hex }
}
