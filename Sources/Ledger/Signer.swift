internal import COpenSSL

/// What signs an archive's checkpoints: an Ed25519 key (RFC 8032), as a value. Where the secret lies, this target does
/// not know.
public struct Signer: Sendable {
    /// 32 bytes.
    public let publicKey: [UInt8]
    /// The signature of a message, 64 bytes; the same message always has the same.
    public let sign: @Sendable ([UInt8]) -> [UInt8]

    public init(publicKey: [UInt8], sign: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.publicKey = publicKey
        self.sign = sign
    }
}

/// Checking of Ed25519 signatures, by OpenSSL: whoever checks needs nothing that holds keys.
enum Ed25519 {
    /// Bytes.
    static let publicKeyLength = 32
    /// Bytes.
    static let signatureLength = 64

    static func isSignature(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureLength, publicKey.count == publicKeyLength else { return false }
        // That it could not be checked must never be taken for a forgery.
        guard let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKeyLength),
            let context = EVP_MD_CTX_new(), EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
        else { preconditionFailure("OpenSSL cannot check Ed25519 signatures") }
        defer {
            EVP_MD_CTX_free(context)
            EVP_PKEY_free(key)
        }
        return EVP_DigestVerify(context, signature, signatureLength, message, message.count) == 1
    }
}
