internal import Base
internal import Foundation

/// The program that is handed what is published.
enum PublishingProgram {
    /// Seconds that it may take.
    static let patience: TimeInterval = 60

    static func run(
        _ command: [String], environment: [String: String], until limit: WaitLimit
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        // No secret of this process is the command's business.
        let own = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LANG", "TZ", "USER"].contains($0.key)
        }
        process.environment = own.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let failure: (String) -> ArchiveError = {
            ArchiveError(
                .storage, "the command \(command[0]) \($0)",
                remedy: "see ledger: command in the configuration; try it by hand")
        }
        do { try process.run() } catch { throw failure("cannot be started") }
        let end = Date().addingTimeInterval(patience)
        while process.isRunning, Date() < end, !limit.isOver { usleep(5000) }
        guard !process.isRunning else {
            kill(process.processIdentifier, SIGKILL)
            try limit.check()
            throw failure("did not end within \(Int(patience)) s")
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw failure("failed with exit code \(process.terminationStatus)")
        }
    }
}
