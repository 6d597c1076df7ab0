internal import COpenSSL

/// SHA-256, fed in pieces. OpenSSL's, because it uses the processor's own instructions.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    // A hash that failed must never be taken for one.

    public init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory for a hash") }
        precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "no SHA-256")
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 failed")
    }

    public consuming func finish() -> Digest {
        var digest = [UInt8](repeating: 0, count: Digest.length)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "SHA-256 failed")
        return Digest(bytes: digest)!
    }

    /// The digest of bytes that are there whole.
    public static func digest(of bytes: UnsafeRawBufferPointer) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }

    /// The digest of bytes that are there whole.
    public static func digest(of bytes: some Sequence<UInt8>) -> Digest {
        var hash = SHA256()
        Array(bytes).withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }
}
