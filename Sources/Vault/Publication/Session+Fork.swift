package import Base
package import Catalog
internal import Evidence
internal import Foundation
package import Ledger
internal import Sealing
internal import Synchronization

/// A ledger that is not the one that was published: how a named person goes on.
extension Session {
    package static let forkRemedy: Remedy =
        "nothing is written until a named person has looked: compare \(verb: .auditLog) with what is "
        + "published, then put the right index back, or go on with \(verb: .acceptFork) \(input: .reason) …"

    /// The tokens of two persons, where two are needed by this ledger or by the one that is published: an older index
    /// must not be a way around the second, nor a token that the published ledger revoked.
    private func forkTokens(
        _ second: PersonalToken?, _ elsewhere: [Authority]
    ) throws -> [TokenUID]? {
        return try catalog.read { index in
            let here = try authority(in: index)
            guard here.needsTwo || elsewhere.contains(where: \.needsTwo) else { return nil }
            func approver(_ token: Authority.Token?) throws -> (uid: TokenUID, name: String) {
                guard let token, token.approves(at: now),
                    elsewhere.allSatisfy({ $0.tokens[token.uid]?.revokedAt == nil })
                else {
                    throw ArchiveError(
                        .badToken,
                        "one of the two tokens approves nothing here, or was revoked in the published ledger",
                        remedy: "accepting a fork takes two good tokens of persons who approve")
                }
                return (token.uid, try name(of: token.holder, in: index))
            }
            guard let first = recorder.actor.token, let second else {
                throw ArchiveError(
                    .notAllowed, "accepting a fork takes the tokens of two persons",
                    remedy: "yours as \(input: .token), another's with \(input: .secondToken)")
            }
            let own = try approver(here.tokens[first.uid])
            let other = try approver(here.token(tagged: second.tag(by: keyring)))
            guard !Actor.isSamePerson(own.name, other.name) else {
                throw ArchiveError(
                    .notAllowed, "both tokens are of \(own.name)", remedy: "the second is another person's")
            }
            return [own.uid, other.uid]
        }
    }

    /// What came of a fork that was accepted.
    package struct AcceptedFork {
        package let origin: OriginRecord
        package let holds: [HoldBook.Hold]
        package let rules: [LostRule]
        /// What was published and is not here, by its kind.
        package let entries: [Event.Kind: Int]
        /// Whether that leads to checkpoints which a key of this archive signed.
        package let isVouched: Bool
        package let destroyed: Int
    }

    /// Goes on with a ledger that is not the one that was published, under a new origin; what was published stays. What
    /// it says was destroyed is destroyed again, and what it says was revoked is, in the same transaction.
    ///
    /// - Parameters:
    ///   - second: the personal token of another person, where two are needed.
    ///   - unread: also where what was published cannot be read to its end.
    package func acceptFork(_ reason: Reason, second: PersonalToken?, unread: Bool) throws -> AcceptedFork {
        let known = ledgerState
        guard known.fork != nil || known.isUnknown && known.placeIsEmpty else {
            throw ArchiveError(
                .notForked, "the ledger is the one that is published: there is no fork to accept",
                remedy: "\(verb: .status) shows the ledger's state")
        }
        let cases = try checkWholeLedger()
        let old = publication(of: origin)
        let mark = Mark.further(markPlace.read(by: keyring), known.kept)
        let rests = try publishedRests(old, since: mark)
        let tokens = try forkTokens(second, rests.map(\.people))
        // What is known to have been published has to be there.
        let expected = [old.origin.published > 0 ? old.origin.number : nil, mark?.origin].compactMap(\.self)
        let isVouched =
            !rests.isEmpty && rests.allSatisfy(\.isVouched)
            && expected.allSatisfy { number in
                number < old.origin.number || rests.contains { $0.origin == number }
            }
        guard isVouched || unread else {
            throw ArchiveError(
                .publishedUnread,
                "what is published in \(old.place) cannot be read to its end, or does not lead to its checkpoint: what "
                    + "it holds, rules and says was destroyed is not known",
                remedy: "put it back; or go on without it, and see to all of that by hand: \(input: .unread)")
        }
        // Lines that no key has signed make nobody record an event; what they hold is looked at all the same.
        let lost = try rests.flatMap { try holdsLost($0) }
        let rules = try Set(rests.filter(\.isVouched).flatMap { try lostRules($0, cases) })
            .sorted { ($0.isOfCase ? 1 : 0, $0.code) < ($1.isOfCase ? 1 : 0, $1.code) }
        // One that was never placed to its end has no matter yet: it is named, and its author has to begin again.
        let tags = Set(lost.map(\.matterTag).filter { !$0.isEmpty }).union(rests.flatMap(\.holds.lost)).sorted()
        for (count, what, code) in [
            (tags.count, "matters", ArchiveError.Code.holdsLost),
            (rules.count, "rules, settings and case events", .rulesLost),
        ] where count > Event.ForkAccepted.mostLost {
            throw ArchiveError(
                code, "the published ledger has \(count) \(what) that this index does not have",
                remedy: "restore a newer index: so many are not done again by hand")
        }
        // What cannot be read again would never count as done.
        guard rules.allSatisfy({ LostRule(code: $0.code) == $0 }) else {
            throw CatalogError.damaged("the published ledger has a rule that cannot be named")
        }
        let entries = rests.flatMap(\.entries)
        // Whoever goes on without what was published goes on also where that says nothing now.
        func read<Value>(or standard: Value, _ body: () throws -> Value) throws -> Value {
            do { return try body() } catch { if unread { return standard } else { throw error } }
        }
        let previous = try read(or: "") { try old.newestText() }
        // The index may be older than an origin that was accepted before.
        let number = max(
            try read(or: old.origin.number + 1) { try old.nextOriginNumber() }, (mark?.origin ?? 0) + 1)
        let (origin, grown, destroyed) = try recordFork { transaction in
            let index = transaction.index
            guard let first = try index.origins().first, let newest = try index.origins().last,
                newest.number == old.origin.number
            else { throw CatalogError.damaged("the ledger has no origin") }
            let size = try index.ledgerSize()
            // A second history that is accepted elsewhere must not take the same name.
            let name = "\(first.origin)/\(number).\(ActorUID(from: effects.randomness).hex.prefix(8))"
            let key = VerifierKey(name: name, publicKey: keyring.signer.publicKey)
            // Who accepts a fork does not accept a clock.
            try noteTime(transaction)
            let commitment = try transaction.commit(reason.text, as: "reasonCommitment")
            let entry = try transaction.add(
                .forkAccepted(
                    .init(
                        origin: name, verifierKey: key.text, previous: previous, entries: size, tokens: tokens,
                        lostHolds: tags.isEmpty ? nil : tags, lostRules: rules.isEmpty ? nil : rules.map(\.code),
                        lostEntries: isVouched ? UInt64(entries.count) : nil, reason: commitment))
            )
            let origin = OriginRecord(number: number, origin: name, firstEntry: entry, published: 0)
            try index.insert(origin)
            let destroyed = try doAgain(rests, cases, isVouched: isVouched, transaction)
            // What was pinned belongs to another history.
            try index.recompileHolds()
            return (origin, transaction.size, destroyed)
        }
        recorder.proofs.forget()
        archive.ledgerState.withLock { state in
            state = LedgerState(origin: origin, size: grown, published: 0)
            // Somebody has just looked.
            state.mayFill = true
        }
        try? writeMark()
        return AcceptedFork(
            origin: origin, holds: lost, rules: rules,
            entries: entries.reduce(into: [:]) { $0[$1.entry.event.kind, default: 0] += 1 },
            isVouched: isVouched, destroyed: destroyed)
    }

    /// Does again what must not be undone by going back: destructions, as far as a key has signed them; tokens that
    /// were revoked, and a clock that was doubted, whoever says so.
    ///
    /// - Parameter cases: that are here.
    /// - Returns: how many objects were destroyed.
    private func doAgain(
        _ rests: [PublishedRest], _ cases: Set<CaseUID>, isVouched: Bool, _ transaction: Transaction
    ) throws -> Int {
        let index = transaction.index
        let here = try authority(in: index)
        for token in here.tokens.values.filter({ $0.revokedAt == nil }).sorted(by: { $0.uid.hex < $1.uid.hex })
        where rests.contains(where: { $0.people.tokens[token.uid]?.revokedAt != nil }) {
            let reason = try transaction.commit("it was revoked before a fork was accepted", as: "reasonCommitment")
            try transaction.add(.tokenRevoked(.init(token: token.uid, request: nil, reason: reason)))
        }
        let entries = rests.flatMap(\.entries).map(\.entry)
        if !isVouched || entries.contains(where: { [.clockDoubted, .clockAccepted].contains($0.event.kind) }),
            try transaction.clockDoubt == nil && recorder.rulesBook(in: index).doubt == nil
        {
            let newest = entries.map(\.time).max() ?? transaction.now
            try transaction.add(.clockDoubted(.init(cause: .fork, other: newest)))
        }
        let gone = rests.filter(\.isVouched).flatMap(\.entries).compactMap { next -> Event.ObjectDestroyed? in
            if case .objectDestroyed(let event) = next.entry.event { event } else { nil }
        }
        let reopened = rests.filter(\.isVouched).flatMap(\.entries).compactMap { next -> Event.VerificationReopened? in
            if case .verificationReopened(let event) = next.entry.event { event } else { nil }
        }
        let others = rests.filter(\.isVouched).flatMap(\.entries).compactMap { next -> Event.VerificationRegistered? in
            if case .verificationRegistered(let event) = next.entry.event { event } else { nil }
        }
        try endWaiting(gone, reopened, others, of: cases, transaction)
        return try destroyAgain(gone, of: cases, transaction)
    }
}
