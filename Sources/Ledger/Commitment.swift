public import Base

/// SHA-256(salt ‖ text): binds to a text without saying anything of it while the salt is unknown.
public struct Commitment: HexadecimalText, Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    /// - Parameter hex: 64 lower-case hexadecimal digits.
    public init?(hex: String) {
        guard Digest(hex: hex) != nil else { return nil }
        self.hex = hex
    }

    /// Salt and text of a commitment: what opens it.
    public struct Opening: Equatable, Sendable {
        /// Bytes of a salt.
        public static let saltLength = 32

        public let salt: [UInt8]
        public let text: String

        /// Commits to a text with a new salt.
        public init(_ text: String, randomness: Randomness) {
            self.init(salt: randomness.bytes(Self.saltLength), text: text)
        }

        public init(salt: [UInt8], text: String) {
            precondition(salt.count == Self.saltLength)
            self.salt = salt
            self.text = text
        }

        /// Reads what ``bytes`` wrote.
        public init?(bytes: [UInt8]) {
            guard bytes.count >= Self.saltLength,
                let text = String(validating: bytes[Self.saltLength...], as: UTF8.self)
            else { return nil }
            self.init(salt: Array(bytes[..<Self.saltLength]), text: text)
        }

        /// The salt, then the text in UTF-8: what the commitment is the SHA-256 of.
        public var bytes: [UInt8] { salt + Array(text.utf8) }

        public var commitment: Commitment {
            Commitment(hex: SHA256.digest(of: bytes).hex)!
        }
    }
}
