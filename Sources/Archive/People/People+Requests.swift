public import Base
internal import Catalog
internal import Foundation
internal import Ledger
public import Vault

/// What a vote did.
public struct VoteReport: Encodable, Sendable {
    public let request: UInt64
    public let verb: String
    /// As in ``RequestSummary/state``.
    public let state: String
    public let actor: String
    /// The entry of what was carried out; null where nothing was.
    @OrNull public var entry: UInt64?
    /// What was done, in sentences.
    public var says: [String]
    /// What can be done now, where it is done by a verb of its own.
    public let next: Remedy?

    private enum CodingKeys: CodingKey { case request, verb, state, actor, entry, says }
}

extension People {
    /// Requests in their order; those that are over only where they are asked for.
    public func requests(all: Bool) throws -> [RequestSummary] {
        try session.attempt(.look) {
            try session.catalog.read { index in
                let authority = try session.authority(in: index)
                return try authority.requests.values.sorted { $0.number < $1.number }
                    .filter { all || $0.isOpen(at: session.now) }.map { try session.summary(of: $0, in: index) }
            }
        }
    }

    public func request(_ number: UInt64) throws -> RequestSummary {
        try session.attempt(.look) {
            try session.catalog.read { try session.summary(of: try session.known(number, in: $0), in: $0) }
        }
    }

    /// Allows a request, with a personal token. A short verb is carried out in the same transaction, once enough
    /// persons have allowed it; a purge is permitted by it.
    public func approve(_ number: UInt64, reason: Reason) throws -> VoteReport {
        try session.attempt(.own, verb: "approve") {
            let grown = try growth(of: number)
            let report = try session.record { try vote(.approve, number, reason: reason, grown: grown, $0) }
            try followUp(report.followUp)
            return report.report
        }
    }

    /// Refuses a request, with a personal token: it is over.
    public func deny(_ number: UInt64, reason: Reason) throws -> VoteReport {
        try session.attempt(.own, verb: "deny") {
            try session.record { try vote(.deny, number, reason: reason, $0) }.report
        }
    }

    /// Why a request is void that would do more now than it says: more objects than were shown become due by it. Reads
    /// every object, and so comes before the transaction; the set of policies is compared in it.
    private func growth(of number: UInt64) throws -> String? {
        try session.catalog.read { index in
            let request = try session.known(number, in: index)
            guard request.isOpen(at: session.now), try index.activeSetNumber() == request.set else { return nil }
            let effect = try session.effect(of: request, in: index)
            if effect.verb == .holdRelease, let uid = effect.hold.flatMap(HoldUID.init(hex:)),
                let counts = effect.counts
            {
                let found = try session.holds.releaseCounts(of: uid, in: index)
                return zip(found, counts).contains { $0 > $1 }
                    ? "it would let go of \(found[0]) objects now, where \(counts[0]) were shown, or sooner "
                        + "than was shown"
                    : nil
            }
            return try session.policies.objectsDueEarlier(by: effect, in: index).flatMap { count in
                count > effect.counts?.first ?? 0
                    ? "\(count) objects would become due earlier now, where \(effect.counts?.first ?? 0) were shown"
                    : nil
            }
        }
    }

    private func vote(
        _ vote: Event.VoteCast.Vote, _ number: UInt64, reason: Reason, grown: String? = nil, _ transaction: Transaction
    ) throws -> (report: VoteReport, followUp: FollowUp) {
        let index = transaction.index
        let request = try session.known(number, in: index)
        let effect = try session.effect(of: request, in: index)
        let held = try checkMayVote(on: request, in: index)
        var (says, next): ([String], Remedy?) = ([], nil)
        var (entry, state, followUp): (UInt64?, String, FollowUp) = (nil, "open", .nothing)
        if effect.verb != .clockAccept { try session.checkClock(transaction) }
        if vote == .approve, let why = try grown ?? reasonToVoid(request, effect, transaction) {
            try transaction.add(.requestClosed(.init(request: number, outcome: .void)))
            return (
                VoteReport(
                    request: number, verb: request.verb.rawValue, state: "void", actor: session.recorder.actor.name,
                    entry: nil,
                    says: ["nothing was done: \(why); it has to be asked for again"], next: nil), .nothing
            )
        }
        try transaction.add(
            .voteCast(
                .init(
                    request: number, vote: vote, token: held,
                    reason: try transaction.commit(reason.text, as: "reasonCommitment"))))
        let stamp = try transaction.actorStamp()
        switch vote {
        case .deny:
            try transaction.add(.requestClosed(.init(request: number, outcome: .denied)))
            state = "denied"
        case .approve:
            let approvals = request.approvals.union([stamp.uid])
            guard approvals.count >= request.quorum else {
                says.append("\(approvals.count) of \(request.quorum) persons have allowed it")
                break
            }
            state = "approved"
            next = Self.whatIsPermitted(by: effect, request: number)
            if next != nil {
                break
            }
            let done = try carryOut(effect, request: number, author: request.author, transaction)
            entry = done.entry
            says += done.says
            followUp = done.followUp
            try transaction.add(.requestClosed(.init(request: number, outcome: .done)))
            state = "done"
        }
        return (
            VoteReport(
                request: number, verb: request.verb.rawValue, state: state, actor: session.recorder.actor.name,
                entry: entry,
                says: says, next: next), followUp
        )
    }

    /// Sees that who votes may: with a good token of their own, another person than the author, of a role that decides,
    /// and not by the author's making.
    private func checkMayVote(on request: Authority.Request, in index: IndexReader) throws -> TokenUID {
        func refuse(_ message: String, _ remedy: Remedy) -> ArchiveError {
            ArchiveError(.notAllowed, message, remedy: remedy)
        }
        guard let held = session.recorder.actor.token, let token = try session.authority(in: index).tokens[held.uid]
        else {
            throw refuse(
                "a vote needs a personal token",
                "give it as \(input: .token); \(verb: .tokenCreate) makes one")
        }
        guard token.isValid(at: session.now) else {
            throw refuse("the token was revoked, or has expired", "ask for a new one")
        }
        if let outcome = request.outcome {
            throw ArchiveError(
                .requestOver, "request \(request.number) is over: \(outcome.rawValue)", remedy: "make a new one")
        }
        guard session.now < request.expires else {
            throw ArchiveError(
                .requestOver, "request \(request.number) expired on \(Timestamp.minute(request.expires))",
                remedy: "make a new one")
        }
        let author = try session.name(of: request.author, in: index)
        guard !Actor.isSamePerson(author, session.recorder.actor.name) else {
            throw refuse(
                "request \(request.number) was made by \(author): another person has to decide",
                "however a name is known, it is one person")
        }
        guard !token.roles.isDisjoint(with: request.roles) else {
            throw refuse(
                "\(session.recorder.actor.name) has none of the roles that decide about it",
                "it needs one of \(request.roles.sorted().map(\.rawValue).joined(separator: ", "))")
        }
        guard token.approves(at: session.now) else {
            throw refuse(
                "the token of \(session.recorder.actor.name) approves nothing before "
                    + "\(token.approvesFrom.map(Timestamp.minute) ?? "")",
                "it was made when nobody was left to allow it")
        }
        guard try !Actor.isSamePerson(author, session.name(of: token.maker, in: index)) else {
            throw refuse(
                "the token of \(session.recorder.actor.name) was made by \(author), who asks: its vote does not count",
                "someone else has to decide, or \(session.recorder.actor.name) needs a token that \(author) "
                    + "did not make"
            )
        }
        guard
            try !request.votes.contains(where: {
                try Actor.isSamePerson(session.name(of: $0.actor, in: index), session.recorder.actor.name)
            })
        else {
            throw ArchiveError(
                .requestOver, "\(session.recorder.actor.name) has voted on it already", remedy: "another person has to")
        }
        return held.uid
    }

    /// Why a request has become void: what it was computed by is another now.
    private func reasonToVoid(_ request: Authority.Request, _ effect: Effect, _ transaction: Transaction) throws
        -> String?
    {
        let index = transaction.index
        switch effect.verb {
        case .holdRelease, .holdNarrow:
            guard let uid = effect.hold.flatMap(HoldUID.init(hex:)), let hold = try index.hold(uid) else {
                return "the hold is gone"
            }
            if hold.state != .standing { return "the hold is \(hold.state.rawValue)" }
            return hold.revision == effect.revision ? nil : "the hold was changed since"
        case .purge, .backstop, .policyResolve, .policyRetire, .policyActivate:
            return try index.activeSetNumber() == request.set
                ? nil : "other policies are active than when it was asked for"
        case .clockAccept:
            guard let time = effect.time, abs(time.timeIntervalSince(transaction.now)) <= 86_400 else {
                return "the clock says another day than the one that was to be accepted"
            }
            return try session.clockDoubt(in: index) == nil ? "the clock is not in doubt any more" : nil
        case .settingsApply:
            let recorded = try session.recorder.recordedSettings(in: index) ?? [:]
            let isSame = (effect.settings ?? [:]).allSatisfy { name, values in
                if case .plain(let value) = recorded[name] { value.plain == values.first } else { false }
            }
            return isSame ? nil : "other settings count than when it was asked for"
        case .tokenCreate, .tokenRevoke, .singlePerson: return nil
        }
    }

    /// What somebody can do now, of what is permitted and not carried out by a vote.
    private static func whatIsPermitted(by effect: Effect, request: UInt64) -> Remedy? {
        switch effect.verb {
        case .purge: "\(verb: .purgeRun) destroys now what is in it and still due, and no more"
        case .tokenCreate:
            "who asked for it can make the token now, and sees it once: "
                + "\(verb: .tokenCreate) \(input: .request) \(request)"
        default: nil
        }
    }

    /// What remains to be done after a transaction.
    enum FollowUp { case nothing, standings, holds }

    private func followUp(_ work: FollowUp) throws {
        switch work {
        case .nothing: break
        case .standings: try session.afterwards { try session.refreshStandings() }
        case .holds: try session.afterwards { try session.holds.workOnHolds() }
        }
    }

    /// Does what a request is about.
    ///
    /// - Returns: the entry that says so.
    private func carryOut(
        _ effect: Effect, request: UInt64, author: ActorUID, _ transaction: Transaction
    ) throws -> (entry: UInt64?, says: [String], followUp: FollowUp) {
        switch effect.verb {
        case .holdRelease:
            let done = try session.holds.release(effect, request: request, transaction)
            return (done.entry, [done.sentence], .holds)
        case .holdNarrow:
            let done = try session.holds.narrow(effect, request: request, transaction)
            return (done.entry, [done.sentence], .holds)
        case .clockAccept:
            return (
                try session.destruction.acceptClock(effect, request: request, transaction), ["the clock is accepted"],
                .nothing
            )
        case .policyResolve:
            return (
                try session.policies.resolve(effect, request: request, transaction), ["the conflict is resolved"],
                .standings
            )
        case .policyRetire:
            return (
                try session.policies.retire(effect, request: request, transaction),
                ["\(effect.policy ?? "") is retired"],
                .standings
            )
        case .policyActivate:
            return (
                try session.policies.activate(effect, request: request, transaction),
                ["\(effect.policy ?? "") v\(effect.version ?? 0) is active"], .standings
            )
        case .backstop:
            return (
                try session.destruction.approveBackstop(effect, request: request, transaction),
                ["\(effect.objects?.count ?? 0) objects are due: the next purge destroys them"], .nothing
            )
        case .settingsApply: return (try applySettings(effect, request: request, transaction), effect.says, .nothing)
        case .tokenRevoke:
            return (try revoke(effect, request: request, transaction), ["the token is revoked"], .nothing)
        case .singlePerson:
            let entry = try transaction.add(
                .twoPersonsEnded(
                    .init(request: request, reason: try transaction.commit(effect.reason, as: "reasonCommitment"))))
            return (entry, ["one person can do again what needed two"], .nothing)
        case .purge, .tokenCreate: preconditionFailure("it is permitted, and carried out by who asked for it")
        }
    }
}
