import Foundation
import Synchronization

/// A PostgreSQL server of the tests' own: in a directory of its own, reached by a socket in it alone, gone with the
/// process.
final class PostgreSQLServer: Sendable {
    /// Where its programs are, as Debian's packages have it.
    static let programs = "/usr/lib/postgresql/15/bin"

    /// Started when it is first asked for.
    static let shared = Result { try PostgreSQLServer() }

    /// What libpq connects to.
    func address(of database: String) -> String { "host=\(directory) dbname=\(database) user=strongroom" }

    private let directory: String
    private let databases = Mutex(0)

    private init() throws {
        directory = "/tmp/postgresql-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        // PostgreSQL refuses to be root. The shell ends the server when this process does: then its input ends.
        let script = """
            set -e
            as() {
                if [ "$(id -u)" = 0 ]; then setpriv --reuid postgres --regid postgres --clear-groups "$@"; else "$@"; fi
            }
            if [ "$(id -u)" = 0 ]; then chown postgres: "$1"; fi
            cd "$1"
            as "$2/initdb" -D "$1/data" -U strongroom -A trust -E UTF8 --locale=C --no-sync >"$1/log" 2>&1
            as "$2/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c fsync=off -c max_connections=300 \
                -c logging_collector=off >>"$1/log" 2>&1 </dev/null &
            server=$!
            cat >/dev/null || true
            as "$2/pg_ctl" -D "$1/data" -m immediate stop >/dev/null 2>&1 || true
            wait "$server" || true
            rm -rf "$1"
            """
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script, "sh", directory, Self.programs]
        let input = Pipe()
        shell.standardInput = input
        shell.standardOutput = FileHandle.nullDevice
        shell.standardError = FileHandle.nullDevice
        // The pipe is open as long as this process lives, and in no other.
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_DUPFD_CLOEXEC, 0)
        _ = fcntl(input.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try shell.run()
        let end = Date().addingTimeInterval(60)
        while true {
            if let connection = try? PostgreSQLConnection(address(of: "postgres")) {
                try connection.run("CREATE DATABASE template", [])
                let template = try PostgreSQLConnection(address(of: "template"))
                for statement in PostgreSQLSchema.statements { try template.runAll(statement) }
                return
            }
            guard Date() < end, shell.isRunning else {
                let log = try? String(contentsOfFile: directory + "/log", encoding: .utf8)
                throw ServerError(description: "PostgreSQL did not start: \(log ?? "")")
            }
            usleep(100_000)
        }
    }

    struct ServerError: Error, CustomStringConvertible { let description: String }

    /// Makes a database with the schema and nothing in it.
    ///
    /// - Returns: what libpq connects to.
    func makeDatabase() throws -> String {
        // A template can be copied by one at a time.
        try databases.withLock { number in
            number += 1
            let connection = try PostgreSQLConnection(address(of: "postgres"))
            try connection.run("CREATE DATABASE index_\(number) TEMPLATE template", [])
            return address(of: "index_\(number)")
        }
    }
}
