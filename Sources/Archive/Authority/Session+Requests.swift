public import Base
internal import Catalog
internal import Evidence
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

/// What a vote did.
public struct VoteReport: Encodable, Sendable {
    public let request: UInt64
    public let verb: String
    /// As in ``RequestSummary/state``.
    public let state: String
    public let actor: String
    /// The entry of what was carried out; null where nothing was.
    @OrNull public var entry: UInt64?
    /// What was done, or is to be done now, in sentences.
    public let says: [String]
}

extension Session {
    /// Carries a guarded verb out, or makes a request where a second person is needed. One transaction.
    ///
    /// - Parameters:
    ///   - effect: computes what would happen, from the state in which it then happens.
    ///   - carryOut: does it; takes the request that allowed it.
    func guarded<Result>(
        _ effect: (Recording) throws -> Effect, carryOut: (Effect, UInt64?, Recording) throws -> Result
    ) throws -> Permitted<Result> {
        try record { recording in
            let effect = try effect(recording)
            guard try needsApproval(in: recording.index) else { return .done(try carryOut(effect, nil, recording)) }
            return .requested(try request(effect, recording))
        }
    }

    /// Whether guarded verbs need a second person.
    func needsApproval(in index: IndexReader) throws -> Bool { try authority(in: index).needsTwo }

    /// Puts a request on the ledger. The same, asked for again by the same person, is the same request.
    func request(_ effect: Effect, _ recording: Recording) throws -> RequestSummary {
        let index = recording.index
        let authority = try authority(in: index)
        var effect = effect
        effect.round()
        let text = try effect.document()
        let stamp = try recording.actorStamp()
        for known in authority.requests.values where known.verb == effect.verb && known.isOpen(at: recording.now) {
            let name = try name(of: known.author, in: index)
            guard Actor.isSamePerson(name, recorder.actor.name), try self.effect(of: known, in: index) == effect else {
                continue
            }
            return try summary(of: known, in: index)
        }
        var rule = configuration.approvals[effect.verb] ?? ApprovalRule(roles: effect.verb.standardRoles)
        // A name that is only claimed can be anybody's, also that of who approves: then it takes one person more.
        if stamp.known != .token { rule.quorum += 1 }
        let number = UInt64(authority.requests.count + recording.requests + 1)
        recording.requests += 1
        let expires = recording.now.addingTimeInterval(configuration.requestLifetime)
        let set = try index.activeSetNumber()
        let entry = try recording.add(
            .requestMade(
                .init(
                    request: number, verb: effect.verb.rawValue,
                    effect: try recording.commit(text, as: "effectCommitment"),
                    roles: rule.roles.sorted().map(\.rawValue), quorum: UInt64(rule.quorum), expires: expires,
                    set: UInt64(set), revision: effect.revision.map { UInt64($0) })))
        return RequestSummary(
            request: number, verb: effect.verb.rawValue, state: "open", author: recorder.actor.name,
            authorKnown: stamp.known.rawValue, madeAt: recording.now, expires: expires,
            roles: rule.roles.sorted().map(\.rawValue), quorum: rule.quorum, votes: [],
            effect: try shown(effect, in: index), entry: entry)
    }

    // MARK: Looking

    /// Requests in their order; those that are over only where they are asked for.
    public func requests(all: Bool) throws -> [RequestSummary] {
        try attempt(.look) {
            try catalog.read { index in
                let authority = try authority(in: index)
                return try authority.requests.values.sorted { $0.number < $1.number }
                    .filter { all || $0.isOpen(at: now) }.map { try summary(of: $0, in: index) }
            }
        }
    }

    public func request(_ number: UInt64) throws -> RequestSummary {
        try attempt(.look) { try catalog.read { try summary(of: try known(number, in: $0), in: $0) } }
    }

    private func known(_ number: UInt64, in index: IndexReader) throws -> Authority.Request {
        guard let request = try authority(in: index).requests[number] else {
            throw ArchiveError(
                .unknownRequest, "there is no request \(number)", hint: "strongroom requests shows those that wait")
        }
        return request
    }

    func summary(of request: Authority.Request, in index: IndexReader) throws -> RequestSummary {
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
            try !maySee(hold)
        {
            (effect.matter, effect.reason, effect.says) = (Self.keptByLaw, "", ["a hold is lifted or narrowed"])
            (effect.cases, effect.objects) = (nil, nil)
        }
        effect.caseIDs = try effect.cases?.compactMap { text in
            try CaseUID(hex: text).flatMap { try index.caseRecord($0) }.map { try open($0).particulars.caseID }
        }.sorted()
        return effect
    }

    private func state(of request: Authority.Request) -> String {
        if let outcome = request.outcome { return outcome.rawValue }
        if now >= request.expires { return Event.RequestClosed.Outcome.expired.rawValue }
        return request.isApproved ? "approved" : "open"
    }

    /// What a request is about: what opens its commitment, which the ledger vouches for.
    func effect(of request: Authority.Request, in index: IndexReader) throws -> Effect {
        guard let row = try index.ledgerRow(request.entry), case .requestMade(let event) = try Entry(row.bytes).event,
            let opening = try openings(of: request.entry, in: index)["effectCommitment"],
            opening.commitment == event.effect
        else { throw CatalogError.damaged("what request \(request.number) is about was altered") }
        return try Effect(reading: opening.text)
    }

    // MARK: Voting

    /// Allows a request, with a personal token. A short verb is carried out in the same transaction, once enough
    /// persons have allowed it; a purge is permitted by it.
    public func approve(_ number: UInt64, reason: Reason) throws -> VoteReport {
        try attempt(.own, verb: "approve") {
            let grown = try growth(of: number)
            let report = try record { try vote(.approve, number, reason: reason, grown: grown, $0) }
            try followUp(report.followUp)
            return report.report
        }
    }

    /// Refuses a request, with a personal token: it is over.
    public func deny(_ number: UInt64, reason: Reason) throws -> VoteReport {
        try attempt(.own, verb: "deny") { try record { try vote(.deny, number, reason: reason, $0) }.report }
    }

    /// Why a request is void that would do more now than it says: more objects than were shown become due by it. Reads
    /// every object, and so comes before the transaction; the set of policies is compared in it.
    private func growth(of number: UInt64) throws -> String? {
        try catalog.read { index in
            let request = try known(number, in: index)
            guard request.isOpen(at: now), try index.activeSetNumber() == request.set else { return nil }
            let effect = try effect(of: request, in: index)
            if effect.verb == .holdRelease, let uid = effect.hold.flatMap(HoldUID.init(hex:)),
                let counts = effect.counts
            {
                let found = try releaseCounts(of: uid, in: index)
                return zip(found, counts).contains { $0 > $1 }
                    ? "it would let go of \(found[0]) objects now, where \(counts[0]) were shown, or sooner "
                        + "than was shown"
                    : nil
            }
            return try objectsDueEarlier(by: effect, in: index).flatMap { count in
                count > effect.counts?.first ?? 0
                    ? "\(count) objects would become due earlier now, where \(effect.counts?.first ?? 0) were shown"
                    : nil
            }
        }
    }

    private func vote(
        _ vote: Event.VoteCast.Vote, _ number: UInt64, reason: Reason, grown: String? = nil, _ recording: Recording
    ) throws -> (report: VoteReport, followUp: FollowUp) {
        let index = recording.index
        let request = try known(number, in: index)
        let effect = try effect(of: request, in: index)
        let held = try checkMayVote(on: request, in: index)
        var says: [String] = []
        var (entry, state, followUp): (UInt64?, String, FollowUp) = (nil, "open", .nothing)
        if effect.verb != .clockAccept { try checkClock(recording) }
        if vote == .approve, let why = try grown ?? reasonToVoid(request, effect, recording) {
            try recording.add(.requestClosed(.init(request: number, outcome: .void)))
            return (
                VoteReport(
                    request: number, verb: request.verb.rawValue, state: "void", actor: recorder.actor.name, entry: nil,
                    says: ["nothing was done: \(why); it has to be asked for again"]), .nothing
            )
        }
        try recording.add(
            .voteCast(
                .init(
                    request: number, vote: vote, token: held,
                    reason: try recording.commit(reason.text, as: "reasonCommitment"))))
        let stamp = try recording.actorStamp()
        switch vote {
        case .deny:
            try recording.add(.requestClosed(.init(request: number, outcome: .denied)))
            state = "denied"
        case .approve:
            let approvals = request.approvals.union([stamp.uid])
            guard approvals.count >= request.quorum else {
                says.append("\(approvals.count) of \(request.quorum) persons have allowed it")
                break
            }
            state = "approved"
            if let next = Self.whatIsPermitted(by: effect, request: number) {
                says.append(next)
                break
            }
            let done = try carryOut(effect, request: number, author: request.author, recording)
            entry = done.entry
            says += done.says
            followUp = done.followUp
            try recording.add(.requestClosed(.init(request: number, outcome: .done)))
            state = "done"
        }
        return (
            VoteReport(
                request: number, verb: request.verb.rawValue, state: state, actor: recorder.actor.name, entry: entry,
                says: says), followUp
        )
    }

    /// Sees that who votes may: with a good token of their own, another person than the author, of a role that decides,
    /// and not by the author's making.
    private func checkMayVote(on request: Authority.Request, in index: IndexReader) throws -> TokenUID {
        func refuse(_ message: String, _ hint: String) -> ArchiveError {
            ArchiveError(.notAllowed, message, hint: hint)
        }
        guard let held = recorder.actor.token, let token = try authority(in: index).tokens[held.uid] else {
            throw refuse(
                "a vote needs a personal token",
                "put it into STRONGROOM_TOKEN, or a file: --token-file; strongroom token create makes one")
        }
        guard token.isValid(at: now) else { throw refuse("the token was revoked, or has expired", "ask for a new one") }
        if let outcome = request.outcome {
            throw ArchiveError(
                .requestOver, "request \(request.number) is over: \(outcome.rawValue)", hint: "make a new one")
        }
        guard now < request.expires else {
            throw ArchiveError(
                .requestOver, "request \(request.number) expired on \(Timestamp.minute(request.expires))",
                hint: "make a new one")
        }
        let author = try name(of: request.author, in: index)
        guard !Actor.isSamePerson(author, recorder.actor.name) else {
            throw refuse(
                "request \(request.number) was made by \(author): another person has to decide",
                "however a name is known, it is one person")
        }
        guard !token.roles.isDisjoint(with: request.roles) else {
            throw refuse(
                "\(recorder.actor.name) has none of the roles that decide about it",
                "it needs one of \(request.roles.sorted().map(\.rawValue).joined(separator: ", "))")
        }
        guard token.approves(at: now) else {
            throw refuse(
                "the token of \(recorder.actor.name) approves nothing before "
                    + "\(token.approvesFrom.map(Timestamp.minute) ?? "")",
                "it was made when nobody was left to allow it")
        }
        guard try !Actor.isSamePerson(author, name(of: token.maker, in: index)) else {
            throw refuse(
                "the token of \(recorder.actor.name) was made by \(author), who asks: its vote does not count",
                "someone else has to decide, or \(recorder.actor.name) needs a token that \(author) did not make")
        }
        guard
            try !request.votes.contains(where: {
                try Actor.isSamePerson(name(of: $0.actor, in: index), recorder.actor.name)
            })
        else {
            throw ArchiveError(
                .requestOver, "\(recorder.actor.name) has voted on it already", hint: "another person has to")
        }
        return held.uid
    }

    /// Why a request has become void: what it was computed by is another now.
    private func reasonToVoid(_ request: Authority.Request, _ effect: Effect, _ recording: Recording) throws -> String?
    {
        let index = recording.index
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
            guard let time = effect.time, abs(time.timeIntervalSince(recording.now)) <= 86_400 else {
                return "the clock says another day than the one that was to be accepted"
            }
            return try clockDoubt(in: index) == nil ? "the clock is not in doubt any more" : nil
        case .settingsApply:
            let recorded = try recorder.recordedSettings(in: index) ?? [:]
            let isSame = (effect.settings ?? [:]).allSatisfy { name, values in
                if case .plain(let value) = recorded[name] { value.plain == values.first } else { false }
            }
            return isSame ? nil : "other settings count than when it was asked for"
        case .tokenCreate, .tokenRevoke, .singlePerson: return nil
        }
    }

    /// What somebody can do now, of what is permitted and not carried out by a vote.
    private static func whatIsPermitted(by effect: Effect, request: UInt64) -> String? {
        switch effect.verb {
        case .purge: "strongroom purge run destroys now what is in it and still due, and no more"
        case .tokenCreate:
            "who asked for it can make the token now, and sees it once: strongroom token create --request \(request)"
        default: nil
        }
    }

    /// What remains to be done after a transaction.
    enum FollowUp { case nothing, standings, holds }

    private func followUp(_ work: FollowUp) throws {
        switch work {
        case .nothing: break
        case .standings: try afterwards { try refreshStandings() }
        case .holds: try afterwards { try workOnHolds() }
        }
    }

    /// Does what a request is about.
    ///
    /// - Returns: the entry that says so.
    private func carryOut(
        _ effect: Effect, request: UInt64, author: ActorUID, _ recording: Recording
    ) throws -> (entry: UInt64?, says: [String], followUp: FollowUp) {
        switch effect.verb {
        case .holdRelease:
            let done = try release(effect, request: request, recording)
            return (done.entry, [done.sentence], .holds)
        case .holdNarrow:
            let done = try narrow(effect, request: request, recording)
            return (done.entry, [done.sentence], .holds)
        case .clockAccept:
            return (try acceptClock(effect, request: request, recording), ["the clock is accepted"], .nothing)
        case .policyResolve:
            return (try resolve(effect, request: request, recording), ["the conflict is resolved"], .standings)
        case .policyRetire:
            return (try retire(effect, request: request, recording), ["\(effect.policy ?? "") is retired"], .standings)
        case .policyActivate:
            return (
                try activate(effect, request: request, recording),
                ["\(effect.policy ?? "") v\(effect.version ?? 0) is active"], .standings
            )
        case .backstop:
            return (
                try approveBackstop(effect, request: request, recording),
                ["\(effect.objects?.count ?? 0) objects are due: the next purge destroys them"], .nothing
            )
        case .settingsApply: return (try applySettings(effect, request: request, recording), effect.says, .nothing)
        case .tokenRevoke: return (try revoke(effect, request: request, recording), ["the token is revoked"], .nothing)
        case .singlePerson:
            let entry = try recording.add(
                .twoPersonsEnded(
                    .init(request: request, reason: try recording.commit(effect.reason, as: "reasonCommitment"))))
            return (entry, ["one person can do again what needed two"], .nothing)
        case .purge, .tokenCreate: preconditionFailure("it is permitted, and carried out by who asked for it")
        }
    }
}
