package import Base
package import Catalog
internal import Foundation
internal import Ledger

extension Session {
    /// Who a token belongs to, by the ledger; refuses one that is not known, was revoked, or has expired.
    package static func actor(
        by token: PersonalToken, recorder: Recorder, catalog: VouchedIndex, effects: Effects, mayWrite: Bool
    ) throws -> Actor {
        let tag = token.tag(by: recorder.keyring)
        let now = effects.clock.now()
        let found = try catalog.read { index -> (token: Authority.Token, name: String)? in
            let authority = try recorder.proofs.authority.content(in: index, recorder.head(in: index).roots)
            guard let known = authority.token(tagged: tag), let actor = try index.actor(known.holder) else {
                return nil
            }
            return (known, try recorder.name(of: actor, in: index))
        }
        guard let found else {
            // Nobody knows who; the next who acts puts it on the ledger.
            if mayWrite { Recorder.countRefusedOpening(in: catalog.index, at: now) }
            throw ArchiveError(
                .badToken, "nobody has this personal token here",
                remedy: "check what you gave as \(input: .token); \(verb: .tokenCreate) makes one")
        }
        let actor = Actor(
            name: found.name, known: .token,
            token: .init(uid: found.token.uid, holder: found.token.holder, roles: found.token.roles))
        guard found.token.isValid(at: now) else {
            let why =
                found.token.revokedAt.map { "was revoked on \(Timestamp.minute($0))" }
                ?? "expired on \(found.token.expires.map(Timestamp.minute) ?? "")"
            let refusal = ArchiveError(
                .badToken, "the token of \(found.name) \(why)", remedy: "ask for a new one: \(verb: .tokenCreate)")
            guard mayWrite else { throw refusal }
            recorder.recordRefusal(refusal, of: found.token.holder, in: catalog.index, at: now)
            throw refusal
        }
        return actor
    }

    /// Who may do what, as of a state of the index.
    package func authority(in index: IndexReader) throws -> Authority {
        try recorder.proofs.authority.content(in: index, head(in: index).roots)
    }

    /// Refuses what the roles of a personal token do not allow. Without a token everything is allowed but to approve:
    /// who has the root key needs none.
    package func allow(_ permission: Permission) throws {
        guard let token = recorder.actor.token, permission != .own,
            !token.roles.contains(where: { $0.permissions.contains(permission) })
        else { return }
        let roles = token.roles.sorted().map(\.rawValue).joined(separator: ", ")
        let able = Role.allCases.filter { $0.permissions.contains(permission) }.map(\.rawValue).joined(separator: ", ")
        throw ArchiveError(
            .notAllowed, "\(recorder.actor.name) (\(roles)) may not do this",
            remedy: "it needs one of the roles \(able)")
    }

    /// Sees in a transaction that the token by which somebody acts is still good.
    func checkToken(in index: IndexReader) throws {
        guard let held = recorder.actor.token else { return }
        guard let token = try authority(in: index).tokens[held.uid], token.isValid(at: now) else {
            throw ArchiveError(
                .badToken, "the token of \(recorder.actor.name) was revoked, or has expired",
                remedy: "ask for a new one")
        }
    }

    /// An actor's name, by their UID.
    package func name(of uid: ActorUID, in index: IndexReader) throws -> String {
        guard let actor = try index.actor(uid) else { throw CatalogError.damaged("an actor is gone") }
        return try name(of: actor, in: index)
    }
}
