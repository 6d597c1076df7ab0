public import Base
internal import Foundation
public import Sealing
public import Vendor

/// Everything that the archive needs from the outside, as values, so that a test can play every time,
/// crash and failure.
public struct Effects: Sendable {
    public var clock: WallClock
    public var randomness: Randomness
    public var files: any FileSystem
    /// Who makes the verifications.
    public var provider: any Provider

    /// Where the user's programs keep what outlives them: `$XDG_STATE_HOME`, or `~/.local/state`.
    public var stateDirectory: String

    public init(
        provider: any Provider, clock: WallClock = .system, randomness: Randomness = .system,
        files: any FileSystem = PosixFileSystem(),
        stateDirectory: String = Effects.userStateDirectory
    ) {
        self.clock = clock
        self.randomness = randomness
        self.files = files
        self.provider = provider
        self.stateDirectory = stateDirectory
    }

    /// Of a name that nothing else has: for what is still being written.
    package func suffix() -> String { randomness.bytes(6).hex }

    public static var userStateDirectory: String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment["XDG_STATE_HOME"], path.hasPrefix("/") { return path }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (home ?? NSHomeDirectory()) + "/.local/state"
    }
}
