internal import Foundation
internal import Ledger

/// Who acts, and how that is known. On one host a name is what the host says.
public struct Actor: Sendable, Hashable {
    public let name: String
    let known: ActorStamp.Source

    private init(name: String, known: ActorStamp.Source) {
        self.name = name
        self.known = known
    }

    /// A name that somebody gave.
    public init(claimed name: String) throws(ArchiveError) {
        try PlainText.check(name, name: "actor", longest: 200, code: .badReason)
        self.init(name: name, known: .claimed)
    }

    /// Who runs this process, by the operating system: who logged in, as the kernel remembers it through sudo, or
    /// else the user of the process. What sudo says in the environment is no more than a claim.
    public static var osUser: Actor {
        let none = UInt32.max
        let login = (try? String(contentsOfFile: "/proc/self/loginuid", encoding: .utf8))
            .flatMap { UInt32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        if let login, login != none { return Actor(name: name(of: login), known: .osUser) }
        if getuid() == 0, let caller = ProcessInfo.processInfo.environment["SUDO_USER"],
            let claimed = try? Actor(claimed: caller)
        {
            return claimed
        }
        return Actor(name: name(of: getuid()), known: .osUser)
    }

    private static func name(of user: uid_t) -> String {
        getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "uid \(user)"
    }
}
