internal import CSodium

/// A source of random bytes. The program uses ``system``; a test or a vector can bring its own.
public struct Randomness: Sendable {
    /// Fills the whole buffer.
    public let fill: @Sendable (UnsafeMutableRawBufferPointer) -> Void

    public init(fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
        self.fill = fill
    }

    /// The operating system's generator, by libsodium's `randombytes_buf`.
    public static let system = Randomness { buffer in
        Sodium.start()
        randombytes_buf(buffer.baseAddress!, buffer.count)
    }

    /// `count` random bytes.
    public func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { if $0.count > 0 { fill($0) } }
        return bytes
    }
}

enum Sodium {
    private static let ready: Bool = {
        precondition(sodium_init() >= 0, "libsodium could not be initialised")
        return true
    }()

    /// Must come before the first call into libsodium; every way in goes through a key or randomness.
    static func start() { _ = ready }
}
