internal import Base
internal import Foundation
internal import Ledger

/// The program that is handed what is published, and that is asked for its newest checkpoint. See <doc:Publication>.
enum PublishingProgram {
    /// Seconds that it may take to publish.
    static let patience: TimeInterval = 60
    /// Seconds that it may take to answer.
    private static let answerPatience: TimeInterval = 15

    /// Hands over what is new. Durable when it returns, as the program says.
    static func publish(
        _ command: [String], of archive: ArchiveUID, environment: [String: String], until limit: WaitLimit
    ) throws {
        _ = try run(command, "publish", archive, environment, within: patience, until: limit)
    }

    /// The newest checkpoint that it has of an archive, of whichever origin, verbatim; empty where it has none.
    static func newestCheckpoint(
        _ command: [String], of archive: ArchiveUID, until limit: WaitLimit
    ) throws -> [UInt8] {
        try run(command, "newest", archive, [:], within: answerPatience, until: limit)
    }

    /// - Returns: what it prints.
    private static func run(
        _ command: [String], _ action: String, _ archive: ArchiveUID, _ environment: [String: String],
        within patience: TimeInterval, until limit: WaitLimit
    ) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        // No secret of this process is the command's business.
        let own = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LANG", "TZ", "USER"].contains($0.key)
        }
        process.environment = own.merging(environment) { $1 }.merging(
            ["STRONGROOM_ACTION": action, "STRONGROOM_ARCHIVE_UID": archive.hex]
        ) { $1 }
        let output = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        let failure: (String) -> ArchiveError = {
            ArchiveError(
                .storage, "the command \(command[0]) \($0)",
                remedy: "see ledger: command in the configuration; try it by hand with STRONGROOM_ACTION=\(action)")
        }
        do { try process.run() } catch { throw failure("cannot be started") }
        // Nobody waits for what it leaves behind and that may keep the pipe open.
        let reading = output.fileHandleForReading.fileDescriptor
        guard fcntl(reading, F_SETFL, O_NONBLOCK) == 0 else { throw failure("cannot be read from") }
        var printed: [UInt8] = []
        let end = Date().addingTimeInterval(patience)
        while process.isRunning, Date() < end, !limit.isOver {
            read(reading, &printed)
            usleep(2000)
        }
        guard !process.isRunning else {
            // With what it has started, where it leads a group of its own.
            let leader = process.processIdentifier
            kill(getpgid(leader) == leader ? -leader : leader, SIGKILL)
            try limit.check()
            throw failure("did not end within \(Int(patience)) s")
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw failure("failed with exit code \(process.terminationStatus)")
        }
        read(reading, &printed)
        return printed
    }

    /// Reads what is there now. More than a note can have is read, so that nobody blocks, and not kept.
    private static func read(_ descriptor: Int32, _ printed: inout [UInt8]) {
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Foundation.read(descriptor, &part, part.count)
            guard count > 0 else { return }
            if printed.count <= SignedNote.longest { printed += part[..<count] }
        }
    }
}
