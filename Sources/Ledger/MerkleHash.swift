public import Base
internal import COpenSSL

/// The hash of an entry or of a node: SHA-256, 32 bytes.
public struct MerkleHash: HexadecimalText, Hashable, Sendable {
    /// Bytes.
    public static let length = 32

    // In place, because a tree has millions of them.
    private var a: UInt64 = 0
    private var b: UInt64 = 0
    private var c: UInt64 = 0
    private var d: UInt64 = 0

    fileprivate init() {}

    /// - Parameter bytes: 32 bytes.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.length else { return nil }
        withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: bytes) }
    }

    /// Reads 64 lower-case hexadecimal digits.
    public init?(hex: String) {
        guard let bytes = Hexadecimal.bytes(hex) else { return nil }
        self.init(bytes: bytes)
    }

    public var bytes: [UInt8] { withUnsafeBytes(of: self) { Array($0) } }

    /// 64 lower-case hexadecimal digits.
    public var hex: String { bytes.hex }

    fileprivate static func filled(_ body: (UnsafeMutablePointer<UInt8>) -> Void) -> MerkleHash {
        var hash = MerkleHash()
        withUnsafeMutableBytes(of: &hash) { body($0.baseAddress!.assumingMemoryBound(to: UInt8.self)) }
        return hash
    }
}

/// Computes hashes of entries and nodes, one after the other. Used by one thread at a time.
public struct MerkleHasher: ~Copyable {
    // Fetched once: OpenSSL would look it up again for every hash. Unsafe to the compiler alone: nothing changes what
    // it points to, and OpenSSL lets many threads use it.
    private nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)

    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory for a hash") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// SHA-256(`00` ‖ entry).
    public func leaf(_ entry: UnsafeRawBufferPointer) -> MerkleHash {
        hash(prefix: 0) { update(entry) }
    }

    public func leaf(_ entry: [UInt8]) -> MerkleHash { entry.withUnsafeBytes { leaf($0) } }

    /// SHA-256(`01` ‖ left ‖ right).
    public func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        hash(prefix: 1) {
            withUnsafeBytes(of: left) { update($0) }
            withUnsafeBytes(of: right) { update($0) }
        }
    }

    /// The leaf of a strand: SHA-256(`02` ‖ bytes of the name, 1 ‖ name ‖ place, 8 ‖ number, 8), big-endian.
    public func leaf(_ end: StrandEnd) -> MerkleHash {
        var bytes = [UInt8(end.strand.name.utf8.count)] + Array(end.strand.name.utf8)
        for number in [end.place, end.number] { withUnsafeBytes(of: number.bigEndian) { bytes += $0 } }
        return hash(prefix: 2) { bytes.withUnsafeBytes { update($0) } }
    }

    /// A node over strands: SHA-256(`03` ‖ its children, 16 at most).
    public func node(_ children: [MerkleHash]) -> MerkleHash {
        hash(prefix: 3) { for child in children { withUnsafeBytes(of: child) { update($0) } } }
    }

    /// The root of no entries: SHA-256 of nothing.
    public var emptyRoot: MerkleHash {
        begin()
        return end()
    }

    /// SHA-256(`kind` ‖ content).
    func tagged(_ kind: UInt8, _ content: [UInt8]) -> MerkleHash {
        hash(prefix: kind) { content.withUnsafeBytes { update($0) } }
    }

    private func hash(prefix: UInt8, _ content: () -> Void) -> MerkleHash {
        begin()
        withUnsafeBytes(of: prefix) { update($0) }
        content()
        return end()
    }

    // A hash that failed must never be taken for one.

    private func begin() {
        precondition(EVP_DigestInit_ex(context, Self.sha256, nil) == 1, "no SHA-256")
    }

    private func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 failed")
    }

    private func end() -> MerkleHash {
        .filled { precondition(EVP_DigestFinal_ex(context, $0, nil) == 1, "SHA-256 failed") }
    }
}
