import Foundation
import Testing

/// What a process gives away of its memory, and to whom.
struct ProcessTests {
    private static let isRoot = geteuid() == 0
    private static var noCore: Regex<Substring> { /Max core file size +0 +0 +bytes/ }

    /// A core, or another process of the same user, would have what the process knows.
    @Test(.enabled(if: isRoot)) func nobodyElseReadsTheProcess() throws {
        let place = try Workplace()
        let ordinary = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        try #require(
            try Programs.run("/bin/chown", ["-R", "65534:65534", place.folder], environment: place.environment).code
                == 0)
        // It waits at its standard input.
        let waiting = Process()
        let input = Pipe()
        waiting.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        waiting.arguments =
            ordinary + [
                Programs.folder + "/strongroom", "import", "--case", "K", "-", "--captured-at", "2026-01-01T00:00:00Z",
            ]
        waiting.environment = place.environment.merging(
            ["SWIFT_BACKTRACE": "enable=yes", "SSLKEYLOGFILE": place.folder + "/keys"]
        ) { $1 }
        (waiting.standardInput, waiting.standardOutput, waiting.standardError) = (input, Pipe(), Pipe())
        try waiting.run()
        defer {
            try? input.fileHandleForWriting.close()
            waiting.waitUntilExit()
        }
        let folder = "/proc/\(waiting.processIdentifier)"
        func text(_ name: String) -> String {
            String(decoding: FileManager.default.contents(atPath: folder + "/" + name) ?? Data(), as: UTF8.self)
        }
        // It begins anew without the variable, as the same process.
        for _ in 0..<500 where !text("limits").contains(Self.noCore) { usleep(20_000) }
        #expect(text("limits").contains(Self.noCore))
        #expect(text("cmdline").contains("import"))
        #expect(!text("environ").contains("SWIFT_BACKTRACE") && !text("environ").contains("SSLKEYLOGFILE"))
        #expect(text("environ").contains("STRONGROOM_ARCHIVE"))
        // What nobody may dump is root's, whoever runs it.
        let owner = try FileManager.default.attributesOfItem(atPath: folder + "/environ")[.ownerAccountID] as? Int
        #expect(owner == 0)
        let same = try Programs.run(
            "/usr/bin/setpriv", ordinary + ["cat", folder + "/environ"], environment: place.environment)
        #expect(same.code != 0)
    }

    /// Keys that may come into the swap are said, or refused.
    @Test(.enabled(if: isRoot)) func memoryThatCannotBeLockedIsSaid() throws {
        let place = try Workplace()
        func status() throws -> Programs.Outcome {
            // Root may lock all it wants, unless it gives that up.
            try Programs.run(
                "/usr/bin/setpriv",
                [
                    "--bounding-set=-ipc_lock", "sh", "-c", "ulimit -l 0; exec \"$0\" status",
                    Programs.folder + "/strongroom",
                ], environment: place.environment)
        }
        let warned = try status()
        #expect(warned.code == 0 && warned.err.contains("memory with keys cannot be locked"), "\(warned.err)")
        #expect(warned.err.contains("ulimit -l"))
        #expect(try !place.strongroom("status").err.contains("locked"))
        let file = try place.operatorFile()
        let text = try String(contentsOfFile: file, encoding: .utf8)
        func set(_ rule: String) throws {
            try text.replacingOccurrences(of: "locked-memory: preferred", with: "locked-memory: \(rule)")
                .write(toFile: file, atomically: false, encoding: .utf8)
        }
        try set("required")
        let refused = try status()
        #expect(refused.code == 1 && refused.err.contains("cannot be locked"), "\(refused.err)")
        #expect(try place.strongroom("status").code == 0)
        try set("sometimes")
        #expect(try place.strongroom("status").err.contains("neither preferred nor required"))
    }

    /// A root key that others can have is none.
    @Test func aRootKeyIsKeptElsewhereAndByItsOwner() throws {
        let place = try Workplace()
        let (key, inside) = (place.folder + "/root.key", place.archive + "/root.key")
        try FileManager.default.moveItem(atPath: key, toPath: inside)
        for path in [inside, key] {
            // Also by a link that leads there.
            if path == key { try FileManager.default.createSymbolicLink(atPath: key, withDestinationPath: inside) }
            let refused = try place.strongroom("status", extra: ["STRONGROOM_ROOT_KEY_FILE": path])
            #expect(refused.code == 1 && refused.err.contains("lies inside the archive"), "\(refused.err)")
        }
        try FileManager.default.removeItem(atPath: key)
        try FileManager.default.moveItem(atPath: inside, toPath: key)
        #expect(try place.strongroom("status").code == 0)
        guard Self.isRoot else { return }
        try #require(chown(key, 65534, 65534) == 0)
        let refused = try place.strongroom("status")
        #expect(refused.code == 1 && refused.err.contains("belongs to another user (uid 65534)"), "\(refused.err)")
    }
}
