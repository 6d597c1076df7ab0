public import Base
public import FaceID
internal import Foundation
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

    /// Where the user's programs keep what outlives them: `$XDG_STATE_HOME`, or `~/.local/state`.
    public var stateDirectory: String

    public init(
        clock: WallClock = .system, randomness: Randomness = .system, files: any FileSystem = PosixFileSystem(),
        transport: @escaping @Sendable (CurlTransport.Options) -> any Transport = { CurlTransport(options: $0) },
        stateDirectory: String = Effects.userStateDirectory
    ) {
        self.clock = clock
        self.randomness = randomness
        self.files = files
        self.transport = transport
        self.stateDirectory = stateDirectory
    }

    /// Of a name that nothing else has: for what is still being written.
    func suffix() -> String { randomness.bytes(6).hex }

    public static var userStateDirectory: String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["XDG_STATE_HOME"], path.hasPrefix("/") { return path }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (home ?? NSHomeDirectory()) + "/.local/state"
    }
}
