internal import Base
package import Catalog
public import Foundation
internal import Ledger
internal import Sealing

/// What became of a guarded verb.
public enum Permitted<Result> {
    case done(Result)
    /// Another person has to allow it.
    case requested(RequestSummary)
}

extension Permitted: Sendable where Result: Sendable {}

/// A request and what was said of it.
public struct RequestSummary: Encodable, Sendable {
    public let request: UInt64
    public let verb: String
    /// `open`, `approved`, `done`, `denied`, `expired` or `void`.
    public let state: String
    public let author: String
    public let authorKnown: String
    public let madeAt: Date
    public let expires: Date
    /// Who may allow it.
    public let roles: [String]
    public let quorum: Int
    public let votes: [VoteSummary]
    /// What would happen.
    public let effect: Effect
    /// The ledger entry.
    public let entry: UInt64
}

public struct VoteSummary: Encodable, Sendable {
    public let actor: String
    public let vote: String
    public let reason: String
    public let time: Date
    public let entry: UInt64
}

extension Session {
    /// Carries a guarded verb out, or makes a request where a second person is needed. One transaction.
    ///
    /// - Parameters:
    ///   - effect: computes what would happen, from the state in which it then happens.
    ///   - carryOut: does it; takes the request that allowed it.
    package func guarded<Result>(
        _ effect: (Transaction) throws -> Effect, carryOut: (Effect, UInt64?, Transaction) throws -> Result
    ) throws -> Permitted<Result> {
        try record { transaction in
            let effect = try effect(transaction)
            guard try needsApproval(in: transaction.index) else { return .done(try carryOut(effect, nil, transaction)) }
            return .requested(try request(effect, transaction))
        }
    }

    /// Whether guarded verbs need a second person.
    package func needsApproval(in index: IndexReader) throws -> Bool { try authority(in: index).needsTwo }

    /// Puts a request on the ledger. The same, asked for again by the same person, is the same request.
    package func request(_ effect: Effect, _ transaction: Transaction) throws -> RequestSummary {
        let index = transaction.index
        let authority = try authority(in: index)
        var effect = effect
        effect.round()
        let text = try effect.document()
        let stamp = try transaction.actorStamp()
        for known in authority.requests.values where known.verb == effect.verb && known.isOpen(at: transaction.now) {
            let name = try name(of: known.author, in: index)
            guard Actor.isSamePerson(name, recorder.actor.name), try self.effect(of: known, in: index) == effect else {
                continue
            }
            return try summary(of: known, in: index)
        }
        var rule = configuration.approvals[effect.verb] ?? ApprovalRule(roles: effect.verb.standardRoles)
        // A name that is only claimed can be anybody's, also that of who approves: then it takes one person more.
        if stamp.known != .token { rule.quorum += 1 }
        let number = UInt64(authority.requests.count + transaction.requests + 1)
        transaction.requests += 1
        let expires = transaction.now.addingTimeInterval(configuration.requestLifetime)
        let set = try index.activeSetNumber()
        let entry = try transaction.add(
            .requestMade(
                .init(
                    request: number, verb: effect.verb.rawValue,
                    effect: try transaction.commit(text, as: "effectCommitment"),
                    roles: rule.roles.sorted().map(\.rawValue), quorum: UInt64(rule.quorum), expires: expires,
                    set: UInt64(set), revision: effect.revision.map { UInt64($0) })))
        return RequestSummary(
            request: number, verb: effect.verb.rawValue, state: "open", author: recorder.actor.name,
            authorKnown: stamp.known.rawValue, madeAt: transaction.now, expires: expires,
            roles: rule.roles.sorted().map(\.rawValue), quorum: rule.quorum, votes: [],
            effect: try shown(effect, in: index), entry: entry)
    }

    package func known(_ number: UInt64, in index: IndexReader) throws -> Authority.Request {
        guard let request = try authority(in: index).requests[number] else {
            throw ArchiveError(
                .unknownRequest, "there is no request \(number)", remedy: "\(verb: .requests) shows those that wait")
        }
        return request
    }

    package func summary(of request: Authority.Request, in index: IndexReader) throws -> RequestSummary {
        let author = try name(of: request.author, in: index)
        let votes = try request.votes.map { vote in
            VoteSummary(
                actor: try name(of: vote.actor, in: index), vote: vote.vote.rawValue,
                reason: try openings(of: vote.entry, in: index)["reasonCommitment"]?.text ?? "", time: vote.time,
                entry: vote.entry)
        }
        return RequestSummary(
            request: request.number, verb: request.verb.rawValue, state: state(of: request), author: author,
            authorKnown: try index.actor(request.author)?.stamp.known.rawValue ?? "", madeAt: request.madeAt,
            expires: request.expires, roles: request.roles.sorted().map(\.rawValue), quorum: request.quorum,
            votes: votes,
            effect: try shown(effect(of: request, in: index), toApprovers: request.roles, in: index),
            entry: request.entry)
    }

    /// An effect as who acts may see it, with the IDs of the cases that are still there.
    ///
    /// - Parameter roles: who has one of them is asked to allow it, and sees what.
    private func shown(
        _ effect: Effect, toApprovers roles: Set<Role> = [], in index: IndexReader
    ) throws -> Effect {
        var effect = effect
        let isAsked = recorder.actor.token.map { !$0.roles.isDisjoint(with: roles) } ?? false
        if !isAsked, let uid = effect.hold.flatMap(HoldUID.init(hex:)), let hold = try index.hold(uid),
            try !maySee(hold, in: index)
        {
            (effect.matter, effect.reason, effect.says) = (Self.keptByLaw, "", ["a hold is lifted or narrowed"])
            (effect.cases, effect.objects) = (nil, nil)
        }
        effect.caseIDs = try effect.cases?.compactMap { text in
            try CaseUID(hex: text).flatMap { try index.caseRecord($0) }.map { try open($0).particulars.caseID }
        }.sorted()
        return effect
    }

    package func state(of request: Authority.Request) -> String {
        if let outcome = request.outcome { return outcome.rawValue }
        if now >= request.expires { return Event.RequestClosed.Outcome.expired.rawValue }
        return request.isApproved ? "approved" : "open"
    }

    /// What a request is about: what opens its commitment, which the ledger vouches for.
    package func effect(of request: Authority.Request, in index: IndexReader) throws -> Effect {
        guard let row = try index.ledgerRow(request.entry),
            case .requestMade(let event) = try vouched([row], in: index, head(in: index).roots).first?.entry.event,
            let opening = try openings(of: request.entry, in: index)["effectCommitment"],
            opening.commitment == event.effect
        else { throw CatalogError.damaged("what request \(request.number) is about was altered") }
        return try Effect(reading: opening.text)
    }

    // MARK: Voting
}
