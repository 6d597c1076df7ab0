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

    /// Who runs this process, by the operating system; under sudo, who called it.
    public static var osUser: Actor {
        var user = getuid()
        // Only root is told by sudo; anybody else could say anything there.
        if user == 0, let caller = ProcessInfo.processInfo.environment["SUDO_UID"].flatMap({ UInt32($0) }) {
            user = caller
        }
        let name = getpwuid(user).map { String(cString: $0.pointee.pw_name) }
        return Actor(name: name ?? "uid \(user)", known: .osUser)
    }
}
