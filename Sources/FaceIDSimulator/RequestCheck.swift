import Base
import FaceID
import Foundation

/// What the vendor checks before it looks at a token.
struct RequestCheck: Sendable {
    struct Failure: Error {
        let code: String
        let message: String

        init(_ code: String, _ message: String) {
            self.code = code
            self.message = message
        }
    }

    static let regions: Set<String> = [
        "ap-bangkok", "ap-hongkong", "ap-jakarta", "ap-seoul", "ap-singapore", "ap-tokyo", "eu-frankfurt",
        "na-siliconvalley",
    ]

    let secretID: String
    let secretKey: String
    let temporaryToken: String?

    /// - Parameters:
    ///   - headers: with lower-case names.
    ///   - now: the simulator's time.
    /// - Returns: the SDK token.
    func sdkToken(method: String, path: String, headers: [String: String], body: [UInt8], now: Date) throws(Failure)
        -> String
    {
        guard method == "POST", path == "/" else { throw Failure("InvalidRequest", "POST / is the only request.") }
        guard let contentType = headers["content-type"], contentType.hasPrefix("application/json") else {
            throw Failure("InvalidRequest", "Content-Type must be application/json.")
        }
        try checkSignature(headers, body: body, now: now)
        guard headers["x-tc-action"] == FaceIDClient.action else { throw Failure("InvalidAction", "No such action.") }
        guard headers["x-tc-version"] == FaceIDClient.version else {
            throw Failure("NoSuchVersion", "No such version.")
        }
        guard let region = headers["x-tc-region"], !region.isEmpty else {
            throw Failure("MissingParameter", "X-TC-Region is missing.")
        }
        guard Self.regions.contains(region) else { throw Failure("UnsupportedRegion", "The region is not supported.") }
        guard let parameters = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
            throw Failure("InvalidParameter", "The body is not a JSON object.")
        }
        for name in parameters.keys where name != "SdkToken" {
            throw Failure("UnknownParameter", "A parameter is not known.")
        }
        guard let value = parameters["SdkToken"] else { throw Failure("MissingParameter", "SdkToken is missing.") }
        guard let token = value as? String, !token.isEmpty else {
            throw Failure("InvalidParameter", "SdkToken is not a string.")
        }
        return token
    }

    private func checkSignature(_ headers: [String: String], body: [UInt8], now: Date) throws(Failure) {
        guard let text = headers["x-tc-timestamp"], let timestamp = Int64(text) else {
            throw Failure("MissingParameter", "X-TC-Timestamp is missing.")
        }
        guard abs(now.timeIntervalSince1970 - Double(timestamp)) <= 300 else {
            throw Failure("AuthFailure.SignatureExpire", "The time differs by more than five minutes.")
        }
        let malformed = Failure("AuthFailure.InvalidAuthorization", "The Authorization header is not well-formed.")
        guard let authorization = headers["authorization"],
            let match = authorization.wholeMatch(
                of: /TC3-HMAC-SHA256 Credential=([^\/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})/)
        else { throw malformed }
        guard match.1 == secretID else { throw Failure("AuthFailure.SecretIdNotFound", "The SecretId is not found.") }
        if let temporaryToken, headers["x-tc-token"] != temporaryToken {
            throw Failure("AuthFailure.TokenFailure", "The token does not fit.")
        }
        var signed: [String: String] = [:]
        for name in match.3.split(separator: ";").map(String.init) {
            guard let value = headers[name], signed.updateValue(value, forKey: name) == nil else { throw malformed }
        }
        guard signed["content-type"] != nil, signed["host"] != nil else { throw malformed }
        let signature = TC3Signature(
            secretKey: SecretText(secretKey.utf8), service: FaceIDClient.service, headers: signed,
            body: SecretText(body), timestamp: timestamp)
        guard match.2 == signature.scope, match.3 == signature.signedHeaders else { throw malformed }
        guard signature.matches(String(match.4)) else {
            throw Failure("AuthFailure.SignatureFailure", "The signature does not fit.")
        }
    }
}
