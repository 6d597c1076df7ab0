internal import COpenSSL

/// SHA-256, fed in pieces. OpenSSL's, because it uses the processor's own instructions.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory for a hash") }
        self.context = context
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    public consuming func finish() -> BlobAddress {
        var digest = [UInt8](repeating: 0, count: BlobAddress.length)
        EVP_DigestFinal_ex(context, &digest, nil)
        return BlobAddress(bytes: digest)!
    }
}
