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

    /// Where the operator's own configuration of an archive is.
    public var operatorFile: Configuration.OperatorFile

    public init(
        provider: any Provider, clock: WallClock = .system, randomness: Randomness = .system,
        files: any FileSystem = PosixFileSystem(),
        stateDirectory: String = Effects.userStateDirectory,
        operatorFile: Configuration.OperatorFile = .standard(inside: Effects.userConfigurationDirectory)
    ) {
        self.clock = clock
        self.randomness = randomness
        self.files = files
        self.provider = provider
        self.stateDirectory = stateDirectory
        self.operatorFile = operatorFile
    }

    /// Of a name that nothing else has: for what is still being written.
    package func suffix() -> String { randomness.bytes(6).hex }

    public static var userStateDirectory: String { userDirectory("XDG_STATE_HOME", ".local/state") }

    /// `$XDG_CONFIG_HOME`, or `~/.config`.
    public static var userConfigurationDirectory: String { userDirectory("XDG_CONFIG_HOME", ".config") }

    private static func userDirectory(_ variable: String, _ standard: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        if let path = environment[variable], path.hasPrefix("/") { return path }
        let home = environment["HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return (home ?? NSHomeDirectory()) + "/" + standard
    }
}
