public import Base

/// The names that a vendor's own SDKs give the parts of its credentials, in the environment.
public struct CredentialNames: Sendable {
    public let secretID: String
    public let secretKey: String
    public let token: String

    public init(secretID: String, secretKey: String, token: String) {
        self.secretID = secretID
        self.secretKey = secretKey
        self.token = token
    }

    public var all: [String] { [secretID, secretKey, token] }
}

/// What signs requests to the vendor. Its parts never appear in a description.
public struct Credentials: Sendable {
    public let secretID: String
    public let secretKey: SecretText
    /// The session token of temporary credentials.
    public let token: SecretText?

    /// Keeps copies that stand in no core dump, for as long as requests are made.
    ///
    /// - Throws: where there is no memory for that.
    public init(secretID: String, secretKey: SecretText, token: SecretText? = nil) throws(FileError) {
        self.secretID = secretID
        self.secretKey = try SecretText(settingApart: secretKey)
        self.token = if let token { try SecretText(settingApart: token) } else { nil }
    }
}

extension Credentials: CustomStringConvertible, CustomReflectable {
    public var description: String { "credentials" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// The token of one verification process. It is a credential: whoever has it can fetch the media.
public struct SDKToken: Hashable, Sendable {
    /// Bytes that a token has at most; the vendor documents no limit.
    public static let longest = 1024

    public let secret: SecretText

    /// Takes 1 to 1,024 printable ASCII characters without blanks.
    public init?(_ secret: SecretText) {
        guard (1...Self.longest).contains(secret.count),
            secret.withBytes({ $0.allSatisfy { (0x21...0x7E).contains($0) } })
        else { return nil }
        self.secret = secret
    }
}

extension SDKToken: CustomStringConvertible, CustomReflectable {
    public var description: String { "SDK token" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
