public import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Sealing
public import Vault

/// A personal token, without its secret.
public struct TokenSummary: Encodable, Sendable {
    /// Its UID.
    public let token: String
    public let actor: String
    public let roles: [String]
    /// `valid`, `waiting`, `expired` or `revoked`.
    public let state: String
    public let createdAt: Date
    public let createdBy: String
    @OrNull public var expires: Date?
    /// Before this time it approves nothing.
    @OrNull public var approvesFrom: Date?
    @OrNull public var revokedAt: Date?
}

/// A token that was made.
public struct NewToken: Sendable {
    public let summary: TokenSummary
    /// Shown once, and never again.
    public let secret: String
    /// UIDs of other tokens of the same person that count still, for instance because an earlier command got no answer.
    public let others: [String]
}

extension People {
    /// Days for which a new approver waits where nobody is left who could allow them.
    static let waitingDays = 7

    /// Makes a personal token. One that approves needs a second person where there are two.
    public func createToken(
        for name: String, roles: [Role], expires: Date?, reason: Reason
    ) throws -> Permitted<NewToken> {
        try session.attempt(.tokens, verb: "token create") {
            let name = try Actor.checked(name)
            guard !roles.isEmpty else {
                throw ArchiveError(
                    .badParticular, "no role is given", remedy: "give \(input: .role) once or more: \(Self.roleNames)")
            }
            guard expires.map({ $0 > session.now }) ?? true else {
                throw ArchiveError(
                    .badParticular, "the token would have expired already",
                    remedy: "give \(input: .expires) a time to come")
            }
            return try session.record { transaction in
                try checkSpelling(of: name, in: transaction.index)
                var effect = Effect(.tokenCreate, reason: reason.text)
                (effect.holder, effect.roles, effect.expires) = (name, Set(roles).sorted().map(\.rawValue), expires)
                effect.says = [
                    "a token for \(name): \(effect.roles!.joined(separator: ", "))"
                        + (expires.map { ", until \(Timestamp.minute($0))" } ?? ", without an end")
                ]
                try session.checkClock(transaction)
                let authority = try session.authority(in: transaction.index)
                guard try isGuarded(roles, for: name, authority, in: transaction.index), authority.needsTwo else {
                    return .done(try makeToken(effect, approvesFrom: nil, request: nil, transaction))
                }
                // Where fewer than two are left, nobody could allow it: it waits, for all to see.
                guard authority.approvers(at: transaction.now) >= 2 else {
                    let start = max(transaction.now, transaction.head.newestTime ?? transaction.now)
                    let from = start.addingTimeInterval(Double(Self.waitingDays) * 86_400)
                    return .done(try makeToken(effect, approvesFrom: from, request: nil, transaction))
                }
                return .requested(try session.request(effect, transaction))
            }
        }
    }

    /// Makes the token that a request allowed. Its author does.
    public func createToken(byRequest number: UInt64) throws -> NewToken {
        try session.attempt(.tokens, verb: "token create") {
            try session.record { transaction in
                let index = transaction.index
                guard let request = try session.authority(in: index).requests[number], request.verb == .tokenCreate
                else {
                    throw ArchiveError(
                        .unknownRequest, "request \(number) is not about a token",
                        remedy: "\(verb: .requests) shows what waits")
                }
                guard request.isOpen(at: transaction.now), request.isApproved else {
                    throw ArchiveError(
                        .requestOver, "request \(number) is not approved, or over",
                        remedy: "\(verb: .requestShow) \(number)")
                }
                guard try Actor.isSamePerson(session.name(of: request.author, in: index), session.recorder.actor.name)
                else {
                    throw ArchiveError(
                        .notAllowed, "request \(number) was made by somebody else",
                        remedy: "who asked for the token makes it, and hands it over")
                }
                let effect = try session.effect(of: request, in: index)
                let made = try makeToken(effect, approvesFrom: nil, request: number, transaction)
                try transaction.add(.requestClosed(.init(request: number, outcome: .done)))
                return made
            }
        }
    }

    public func tokens() throws -> [TokenSummary] {
        try session.attempt(.look) {
            try session.catalog.read { index in
                try session.authority(in: index).tokens.values.sorted { $0.createdAt < $1.createdAt }.map { token in
                    try summary(of: token, in: index)
                }
            }
        }
    }

    /// Makes a token worth nothing. Another's needs a second person where there are two.
    ///
    /// - Parameter token: its UID.
    public func revokeToken(_ token: String, reason: Reason) throws -> Permitted<TokenSummary> {
        // One's own needs no permission.
        try session.attempt(.own, verb: "token revoke") {
            try session.record { transaction in
                let index = transaction.index
                let known = try knownToken(token, in: index)
                guard known.revokedAt == nil else {
                    throw ArchiveError(.badToken, "the token is revoked already", remedy: "there is nothing to do")
                }
                let holder = try session.name(of: known.holder, in: index)
                var effect = Effect(.tokenRevoke, reason: reason.text)
                (effect.token, effect.holder) = (known.uid.hex, holder)
                effect.says = [
                    "the token of \(holder) ("
                        + known.roles.sorted().map(\.rawValue).joined(separator: ", ") + ") is revoked"
                ]
                let isOwn = session.recorder.actor.token?.holder == known.holder
                if !isOwn { try session.allow(.tokens) }
                if !isOwn, known.isApproving, try session.needsApproval(in: index) {
                    return .requested(try session.request(effect, transaction))
                }
                try revoke(effect, request: nil, transaction)
                var done = try summary(of: known, in: index)
                done.revokedAt = transaction.now
                return .done(done)
            }
        }
    }

    /// Asks for the end of the rule that two persons are needed.
    public func endTwoPersonRules(reason: Reason) throws -> RequestSummary {
        try session.attempt(.settings, verb: GuardedVerb.singlePerson.rawValue) {
            try session.record { transaction in
                guard try session.needsApproval(in: transaction.index) else {
                    throw ArchiveError(
                        .notNeeded, "one person can do all here already",
                        remedy: "two are needed once two hold approving tokens")
                }
                var effect = Effect(.singlePerson, reason: reason.text)
                effect.says = ["from then on one person can do again what needs two now"]
                return try session.request(effect, transaction)
            }
        }
    }

    @discardableResult
    func revoke(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> UInt64 {
        let known = try knownToken(effect.token ?? "", in: transaction.index)
        return try transaction.add(
            .tokenRevoked(
                .init(
                    token: known.uid, request: request,
                    reason: try transaction.commit(effect.reason, as: "reasonCommitment"))))
    }

    // MARK: Parts

    public static var roleNames: String { Role.allCases.map(\.rawValue).joined(separator: ", ") }

    private func makeToken(
        _ effect: Effect, approvesFrom: Date?, request: UInt64?, _ transaction: Transaction
    ) throws -> NewToken {
        let secret = PersonalToken(from: session.effects.randomness)
        let tag = secret.tag(by: session.keyring)
        let uid = TokenUID(from: session.effects.randomness)
        let name = effect.holder ?? ""
        let roles = (effect.roles ?? []).compactMap(Role.init(rawValue:))
        let holder = try transaction.introduce(name, known: .token)
        let others = try session.authority(in: transaction.index).tokens.values.filter { token in
            token.holder == holder && token.revokedAt == nil && token.expires.map { $0 > transaction.now } ?? true
        }
        try transaction.add(
            .tokenCreated(
                .init(
                    token: uid, holder: holder, roles: roles.map(\.rawValue), expires: effect.expires,
                    approvesFrom: approvesFrom, tag: tag.bytes.hex, tagKey: UInt64(tag.keyNumber), request: request)))
        let summary = TokenSummary(
            token: uid.hex, actor: name, roles: roles.map(\.rawValue), state: approvesFrom == nil ? "valid" : "waiting",
            createdAt: transaction.now, createdBy: session.recorder.actor.name, expires: effect.expires,
            approvesFrom: approvesFrom,
            revokedAt: nil)
        return NewToken(
            summary: summary, secret: secret.text,
            others: others.sorted { $0.createdAt < $1.createdAt }.map(\.uid.hex))
    }

    /// Whether a token needs a second person: it approves, runs the archive, or gives its holder more than they have.
    private func isGuarded(
        _ roles: [Role], for name: String, _ authority: Authority, in index: IndexReader
    ) throws -> Bool {
        if roles.contains(where: { $0.approves || $0 == .operator }) { return true }
        let own = try authority.tokens.values.filter { token in
            try token.isValid(at: session.now) && Actor.isSamePerson(session.name(of: token.holder, in: index), name)
        }
        return !own.isEmpty && !Set(roles).isSubset(of: own.reduce(into: []) { $0.formUnion($1.roles) })
    }

    /// A name that differs from a holder's in the case of its letters alone would be two persons.
    private func checkSpelling(of name: String, in index: IndexReader) throws {
        for token in try session.authority(in: index).tokens.values {
            let known = try session.name(of: token.holder, in: index)
            guard known != name, Actor.isSamePerson(known, name) else { continue }
            throw ArchiveError(
                .badParticular, "\(known) has a token already, in another spelling",
                remedy: "give \(input: .actor) \(known)")
        }
    }

    private func knownToken(_ text: String, in index: IndexReader) throws -> Authority.Token {
        let tokens = try session.authority(in: index).tokens.values.filter { $0.uid.hex.hasPrefix(text) }
        guard text.utf8.count >= 8, tokens.count == 1, let token = tokens.first else {
            throw ArchiveError(
                .unknownToken, "no token has this name",
                remedy: "give the first 8 digits of its UID, or more; \(verb: .tokenList) shows them")
        }
        return token
    }

    private func summary(of token: Authority.Token, in index: IndexReader) throws -> TokenSummary {
        let state =
            token.revokedAt != nil
            ? "revoked"
            : !token.isValid(at: session.now)
                ? "expired"
                : token.approvesFrom.map { $0 > session.now } ?? false ? "waiting" : "valid"
        return TokenSummary(
            token: token.uid.hex, actor: try session.name(of: token.holder, in: index),
            roles: token.roles.sorted().map(\.rawValue),
            state: state, createdAt: token.createdAt, createdBy: try session.name(of: token.maker, in: index),
            expires: token.expires, approvesFrom: token.approvesFrom, revokedAt: token.revokedAt)
    }
}
