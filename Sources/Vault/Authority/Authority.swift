package import Base
package import Foundation
package import Ledger
package import Sealing

/// Who may do what, and who asked for what and what was said of it: by the ledger alone. Pure.
package struct Authority {
    package struct Token {
        package let uid: TokenUID
        package let holder: ActorUID
        package let roles: Set<Role>
        /// Who asked for it.
        package let maker: ActorUID
        package let createdAt: Date
        package let expires: Date?
        /// Before this time it approves nothing.
        package let approvesFrom: Date?
        /// The keyed tag of its secret.
        package let tag: String
        package let tagKey: UInt64
        package var revokedAt: Date?

        package func isValid(at time: Date) -> Bool { revokedAt == nil && (expires.map { time < $0 } ?? true) }

        package var isApproving: Bool { roles.contains(where: \.approves) }

        package func approves(at time: Date) -> Bool {
            isApproving && isValid(at: time) && (approvesFrom.map { $0 <= time } ?? true)
        }
    }

    package struct Vote {
        package let actor: ActorUID
        package let token: TokenUID
        package let vote: Event.VoteCast.Vote
        package let time: Date
        package let entry: UInt64
    }

    package struct Request {
        package let number: UInt64
        package let entry: UInt64
        package let verb: GuardedVerb
        package let author: ActorUID
        package let madeAt: Date
        package let expires: Date
        package let roles: Set<Role>
        package let quorum: Int
        package let set: Int
        package let revision: Int?
        package var votes: [Vote] = []
        package var outcome: Event.RequestClosed.Outcome?
        var closedAt: Date?

        /// Persons whose approval counts.
        package var approvals: Set<ActorUID> { Set(votes.filter { $0.vote == .approve }.map(\.actor)) }

        package var isApproved: Bool { approvals.count >= quorum }

        package func isOpen(at time: Date) -> Bool { outcome == nil && time < expires }
    }

    package private(set) var tokens: [TokenUID: Token] = [:]
    package private(set) var requests: [UInt64: Request] = [:]
    /// Two persons are needed since then.
    package private(set) var needsTwo = false
    /// What contradicts itself: sentences.
    package private(set) var contradictions: [String] = []

    package init() {}

    package static let kinds: [Event.Kind] = [
        .tokenCreated, .tokenRevoked, .requestMade, .voteCast, .requestClosed, .twoPersonsEnded,
    ]

    package mutating func apply(_ entry: Entry, number: UInt64) {
        func contradict(_ what: String) { contradictions.append("entry \(number): \(what)") }
        switch entry.event {
        case .tokenCreated(let event):
            let roles = event.roles.compactMap(Role.init(rawValue:))
            if roles.count != event.roles.count { contradict("a token has a role that is none") }
            if tokens[event.token] != nil { contradict("the token was made before") }
            // What another allowed is made by who asked for it.
            let maker = event.request.flatMap { requests[$0]?.author } ?? entry.actor.uid
            tokens[event.token] = Token(
                uid: event.token, holder: event.holder, roles: Set(roles), maker: maker, createdAt: entry.time,
                expires: event.expires, approvesFrom: event.approvesFrom, tag: event.tag, tagKey: event.tagKey)
            if needsTwo, tokens[event.token]!.isApproving, event.request == nil, event.approvesFrom == nil {
                contradict("an approving token was made by one person alone")
            }
            guard tokens[event.token]!.isApproving else { break }
            let holders = Set(tokens.values.filter { $0.isApproving && $0.isValid(at: entry.time) }.map(\.holder))
            if holders.count >= 2 { needsTwo = true }
        case .tokenRevoked(let event):
            guard tokens[event.token] != nil else { return contradict("the token was never made") }
            tokens[event.token]!.revokedAt = entry.time
            // What it said of requests that are not over counts no more.
            for number in requests.keys where requests[number]!.outcome == nil {
                requests[number]!.votes.removeAll { $0.token == event.token }
            }
        case .requestMade(let event):
            guard let verb = GuardedVerb(rawValue: event.verb) else { return contradict("a request for no verb") }
            if event.request != UInt64(requests.count + 1) { contradict("requests are numbered without a gap") }
            requests[event.request] = Request(
                number: event.request, entry: number, verb: verb, author: entry.actor.uid, madeAt: entry.time,
                expires: event.expires, roles: Set(event.roles.compactMap(Role.init(rawValue:))),
                quorum: Int(clamping: event.quorum), set: Int(clamping: event.set),
                revision: event.revision.map { Int(clamping: $0) })
        case .voteCast(let event):
            guard let request = requests[event.request], let token = tokens[event.token] else {
                return contradict("a vote about no request, or by no token")
            }
            guard token.holder == entry.actor.uid, token.approves(at: entry.time), entry.actor.uid != request.author,
                token.maker != request.author, request.isOpen(at: entry.time),
                !token.roles.isDisjoint(with: request.roles)
            else { return contradict("a vote that does not count") }
            requests[event.request]!.votes.append(
                Vote(actor: entry.actor.uid, token: event.token, vote: event.vote, time: entry.time, entry: number))
        case .requestClosed(let event):
            guard requests[event.request] != nil else { return contradict("it closes no request") }
            requests[event.request]!.outcome = event.outcome
            requests[event.request]!.closedAt = entry.time
        case .twoPersonsEnded(let event):
            if requests[event.request]?.isApproved == true { needsTwo = false } else { contradict("nobody allowed it") }
        default: break
        }
    }

    /// The token whose secret has this tag. Compared in constant time.
    package func token(tagged tag: Tag) -> Token? {
        tokens.values.first { token in
            guard token.tagKey == UInt64(tag.keyNumber), let bytes = [UInt8](hex: token.tag) else { return false }
            return Tag(keyNumber: tag.keyNumber, bytes: bytes).isEqualInConstantTime(to: tag)
        }
    }

    /// Whether something was allowed by a request: it was asked for, and by enough others.
    package func allowed(_ verb: GuardedVerb, by request: UInt64) -> Bool {
        requests[request].map { $0.verb == verb && $0.isApproved } ?? false
    }

    /// How many persons can approve.
    package func approvers(at time: Date) -> Int {
        Set(tokens.values.filter { $0.approves(at: time) }.map(\.holder)).count
    }
}
