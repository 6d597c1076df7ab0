public import Base
internal import COpenSSL
import Foundation

/// The vendor's request signature, TC3-HMAC-SHA256.
///
/// Source: the vendor's «Signature Method v3»; known answers in `Tests/FaceIDTests/Vectors/tc3.json`.
public struct TC3Signature: Equatable, Sendable {
    /// Hexadecimal SHA-256 of the body.
    public let bodyHash: String
    /// The names of the signed headers, joined by `;`.
    public let signedHeaders: String
    /// `DATE/service/tc3_request`; the date is the UTC date of the timestamp.
    public let scope: String
    /// 64 hexadecimal digits.
    public let signature: String

    public static let algorithm = "TC3-HMAC-SHA256"

    /// Signs a POST to `/` without a query.
    ///
    /// - Parameters:
    ///   - headers: those to sign; at least `content-type` and `host`.
    ///   - timestamp: seconds since 1970-01-01 UTC.
    public init(
        secretKey: SecretText, service: String, headers: [String: String], body: SecretText, timestamp: Int64
    ) {
        let headers = headers.map { ($0.lowercased(), $1.lowercased().trimmingCharacters(in: .whitespaces)) }
            .sorted { $0.0 < $1.0 }
        bodyHash = body.withBytes { SHA256.digest(of: $0) }.hex
        signedHeaders = headers.map(\.0).joined(separator: ";")
        let canonicalHeaders = headers.map { "\($0):\($1)\n" }.joined()
        let canonicalRequest = ["POST", "/", "", canonicalHeaders, signedHeaders, bodyHash].joined(separator: "\n")

        let date = Self.utcDate(timestamp)
        scope = "\(date)/\(service)/tc3_request"
        let stringToSign = [
            Self.algorithm, String(timestamp), scope, SHA256.digest(of: canonicalRequest.utf8).hex,
        ].joined(separator: "\n")

        let dateKey = Self.hmac(key: SecretText(joining: [SecretText("TC3".utf8), secretKey]), date)
        let serviceKey = Self.hmac(key: dateKey, service)
        let signingKey = Self.hmac(key: serviceKey, "tc3_request")
        signature = Self.hmac(key: signingKey, stringToSign).withBytes { [UInt8]($0).hex }
    }

    /// The value of the `Authorization` header.
    public func authorization(secretID: String) -> SecretText {
        let front = "\(Self.algorithm) Credential=\(secretID)/\(scope), SignedHeaders=\(signedHeaders), Signature="
        return SecretText(joining: [SecretText(front.utf8), SecretText(signature.utf8)])
    }

    /// Compares signatures in a time that does not depend on where they differ.
    public func matches(_ other: String) -> Bool {
        let a = Array(signature.utf8)
        let b = Array(other.utf8)
        return a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
    }

    private static func utcDate(_ timestamp: Int64) -> String {
        var seconds = time_t(timestamp)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
    }

    private static func hmac(key: SecretText, _ text: String) -> SecretText {
        let bytes = Array(text.utf8)
        return key.withBytes { key in
            SecretText(count: 32) { code in
                // A code that was not computed must never be taken for one.
                precondition(
                    HMAC(
                        EVP_sha256(), key.baseAddress, Int32(key.count), bytes, bytes.count,
                        code.baseAddress!.assumingMemoryBound(to: UInt8.self), nil) != nil, "HMAC-SHA256 failed")
            }
        }
    }
}
