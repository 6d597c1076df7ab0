public import BlobStore
public import FaceID
public import Sealing

/// Everything that the archive needs from the outside, as values, so that a test can play every time,
/// crash and failure.
public struct Effects: Sendable {
    public var clock: WallClock
    public var randomness: Randomness
    public var files: any FileSystem
    /// Makes the transport when the vendor is first asked.
    public var transport: @Sendable (CurlTransport.Options) -> any Transport

    /// Whether the person wants to stop; asked while media is written out.
    public var isInterrupted: @Sendable () -> Bool = { false }

    public init(
        clock: WallClock = .system, randomness: Randomness = .system, files: any FileSystem = PosixFileSystem(),
        transport: @escaping @Sendable (CurlTransport.Options) -> any Transport = { CurlTransport(options: $0) }
    ) {
        self.clock = clock
        self.randomness = randomness
        self.files = files
        self.transport = transport
    }
}
