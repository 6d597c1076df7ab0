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
        let failure: (String) -> ArchiveError = {
            ArchiveError(
                .storage, "the command \(command[0]) \($0)",
                remedy: "see ledger: command in the configuration; try it by hand with STRONGROOM_ACTION=\(action)")
        }
        // No secret of this process is the command's business.
        let own = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LANG", "TZ", "USER"].contains($0.key)
        }
        let variables = own.merging(environment) { $1 }.merging(
            ["STRONGROOM_ACTION": action, "STRONGROOM_ARCHIVE_UID": archive.hex]
        ) { $1 }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failure("cannot be started: \(String(cString: strerror(errno)))") }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
        let child = start(command, variables, output: ends[1])
        close(ends[1])
        guard let child else { throw failure("cannot be started") }
        var printed: [UInt8] = []
        var status: Int32 = 0
        let end = Date().addingTimeInterval(patience)
        // Nobody waits for what it leaves behind and that may keep the pipe open.
        var ended = waitpid(child, &status, WNOHANG)
        while ended == 0 || ended < 0 && errno == EINTR, Date() < end, !limit.isOver {
            read(ends[0], &printed)
            usleep(2000)
            ended = waitpid(child, &status, WNOHANG)
        }
        guard ended == child else {
            // With what it has started, but for what leads a group of its own.
            kill(-child, SIGKILL)
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
            try limit.check()
            throw failure("did not end within \(Int(patience)) s")
        }
        guard status & 0x7F == 0 else { throw failure("was ended by signal \(status & 0x7F)") }
        guard status >> 8 & 0xFF == 0 else { throw failure("failed with exit code \(status >> 8 & 0xFF)") }
        read(ends[0], &printed)
        return printed
    }

    /// Starts a program in a group of its own, with nothing of this process but the variables: no descriptor, no signal
    /// that is blocked or ignored.
    private static func start(_ command: [String], _ variables: [String: String], output: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
        defer { posix_spawn_file_actions_destroy(&actions) }
        guard posix_spawnattr_init(&attributes) == 0 else { return nil }
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let arguments = command.map { strdup($0) }
        let environment = variables.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in arguments + environment { free(text) } }
        var child: pid_t = 0
        return posix_spawn(&child, command[0], &actions, &attributes, arguments + [nil], environment + [nil]) == 0
            ? child : nil
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
