public import Base
internal import CSodium

extension Randomness {
    /// The operating system's generator, by libsodium's `randombytes_buf`.
    public static let system = Randomness { buffer in
        Sodium.start()
        randombytes_buf(buffer.baseAddress!, buffer.count)
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
