internal import Foundation
internal import Synchronization

/// What somebody who waits for a lock is told once it has lasted a second: which lock, and who has it.
public enum WaitNotice {
    private struct State {
        var handler: (@Sendable (String) -> Void)?
        var said: Set<String> = []
    }

    private static let state = Mutex(State())

    /// Seconds.
    package static let patience = 1.0

    /// Has notices said from now on: each lock's once.
    public static func handle(_ handler: @escaping @Sendable (String) -> Void) {
        state.withLock { $0.handler = handler }
    }

    /// - Parameters:
    ///   - path: of the file that is locked.
    ///   - limit: how long is waited altogether, in words.
    package static func say(_ path: String, limit: String) {
        let handler = state.withLock { state in state.said.insert(path).inserted ? state.handler : nil }
        guard let handler else { return }
        let holder = holders(of: path).map { "process \($0.pid)\($0.name.map { " (\($0))" } ?? "")" }
        let who = holder.isEmpty ? "somebody" : holder.joined(separator: ", ")
        handler("waiting for \(path), which \(who) has locked; \(limit)")
    }

    /// Who holds a lock on a file, as the kernel lists it: proc_locks(5).
    static func holders(of path: String) -> [(pid: Int32, name: String?)] {
        var status = stat()
        guard stat(path, &status) == 0, let text = try? String(contentsOfFile: "/proc/locks", encoding: .utf8) else {
            return []
        }
        let device = status.st_dev
        // As makedev(3) puts them together; the list has both in hexadecimal.
        let (major, minor) = ((device >> 8 & 0xfff) | (device >> 32 & ~0xfff), (device & 0xff) | (device >> 12 & ~0xff))
        func hex(_ number: UInt) -> String { (number < 16 ? "0" : "") + String(number, radix: 16) }
        let file = "\(hex(major)):\(hex(minor)):\(status.st_ino)"
        var found: [(Int32, String?)] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            // "->" marks one who waits.
            guard fields.count >= 8, fields[1] != "->", fields[5] == file,
                let pid = Int32(fields[4]), pid > 0, pid != getpid(), !found.contains(where: { $0.0 == pid })
            else { continue }
            let name = try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)
            found.append((pid, name?.trimmingCharacters(in: .newlines)))
        }
        return found
    }
}
