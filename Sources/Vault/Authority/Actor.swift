package import Base
internal import Foundation
package import Ledger

/// Who acts, and how that is known. On one host a name is what the host says.
public struct Actor: Sendable {
    public let name: String
    package let known: ActorStamp.Source
    /// The personal token that they are known by; nil without one.
    package let token: HeldToken?

    /// A token that was presented, and what the ledger says of it.
    package struct HeldToken: Sendable {
        package let uid: TokenUID
        package let holder: ActorUID
        package let roles: Set<Role>
    }

    init(name: String, known: ActorStamp.Source, token: HeldToken? = nil) {
        self.name = name
        self.known = known
        self.token = token
    }

    /// A name that somebody gave.
    public init(claimed name: String) throws(ArchiveError) {
        self.init(name: try Self.checked(name), known: .claimed)
    }

    /// A name in its one form.
    package static func checked(_ name: String) throws(ArchiveError) -> String {
        try PlainText.name(name, "actor", longest: 200, code: .badReason)
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

    /// Whether two names are one person's: however they are known, and whatever the case of their letters.
    package static func isSamePerson(_ a: String, _ b: String) -> Bool { folded(a) == folded(b) }

    static func folded(_ name: String) -> String {
        ComparedName.form(of: ComparedName.form(of: name).lowercased())
    }
}

/// How somebody says who they are, before the archive is open.
public enum Identity: Sendable {
    /// A name that is given, or the operating system's word.
    case actor(Actor)
    /// A personal token, which says by itself who it is.
    case token(PersonalToken)
}
