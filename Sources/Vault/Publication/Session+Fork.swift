package import Base
package import Catalog
internal import Evidence
internal import Foundation
package import Ledger
internal import Sealing
internal import Synchronization

/// A ledger that is not the one that was published: how it is noticed, and how a named person goes on.
extension Session {
    package static let forkRemedy: Remedy =
        "nothing is written until a named person has looked: compare \(verb: .auditLog) with what is "
        + "published, then put the right index back, or go on with \(verb: .acceptFork) \(input: .reason) …"

    /// Compares the ledger with what is published. Reads at most 64 nodes.
    ///
    /// - Parameter kept: a checkpoint that somebody kept elsewhere; the ledger must extend it, and this machine's mark
    ///   says so from then on.
    static func compare(
        _ publication: Publication, keptAt kept: KeptCheckpoint? = nil, recorder: Recorder,
        configuration: Configuration, catalog: VouchedIndex
    ) throws -> LedgerState {
        var state = LedgerState(origin: publication.origin, size: 0, published: publication.origin.published)
        let place = MarkPlace(configuration.publication, of: configuration.archiveUID, effects: publication.effects)
        do {
            if let kept {
                let mark = try catalog.read { try Self.mark(of: kept, publication.origin, recorder: recorder, in: $0) }
                state.kept = mark
                do { try place.write(mark, by: recorder.keyring) } catch { state.markProblem = cannotMark(error) }
            }
            let mark = [place.read(by: recorder.keyring), state.kept].compactMap(\.self).max {
                ($0.origin, $0.size) < ($1.origin, $1.size)
            }
            // What it says counts where the place says nothing worse.
            var older: ArchiveError?
            try catalog.read { index in
                do { try compare(with: mark, roots: try recorder.head(in: index).roots, in: index, &state) } catch let
                    error as ArchiveError where error.code == .ledgerForked
                { older = error }
            }
            defer {
                if state.fork == nil, let older {
                    state.fork = older
                    state.comparedAt = nil
                }
            }
            // Before the place is asked: a new one, which perhaps cannot be read now, has nothing of this ledger.
            try catalog.read { index in
                state.placeIsNew = configuration.isPublishedElsewhere(than: try recorder.recordedSettings(in: index))
                state.boundFrom =
                    state.placeIsNew
                    ? try recorder.head(in: index).roots.size : try recorder.rulesBook(in: index).placeNamedAt
            }
            if state.placeIsNew { state.published = 0 }
            // Whatever the place says, or where it says nothing now.
            try catalog.read { try checkOrigins(in: $0, recorder: recorder, publication: publication) }
            let formerIsRead = try checkFormerPlace(
                of: publication, recorder: recorder, configuration: configuration, catalog: catalog)
            if formerIsRead {
                state.comparedAt = publication.now
                if state.markedAt == nil {
                    // This machine has just seen the former place, and perhaps never will again.
                    let roots = try catalog.read { try recorder.head(in: $0).roots }
                    let mark = Mark(
                        archive: configuration.archiveUID, origin: state.origin.number, size: roots.size,
                        root: roots.root, time: publication.now)
                    do {
                        try place.write(mark, by: recorder.keyring)
                        state.markedAt = mark.time
                    } catch { state.markProblem = cannotMark(error) }
                }
            }
            // The published one first: what is committed and published in between only makes the index longer.
            let newest = try publication.newest()
            try catalog.read { index in
                let roots = try recorder.head(in: index).roots
                state.size = roots.size
                var found: UInt64 = 0
                if let checkpoint = newest {
                    try Self.check(checkpoint, against: roots, in: index, place: publication.place)
                    found = checkpoint.size
                }
                let known = state.placeIsNew ? 0 : publication.origin.published
                guard known <= state.size else {
                    throw ArchiveError(
                        .ledgerForked,
                        "the index has \(state.size) ledger entries, and says that \(known) are published",
                        remedy: forkRemedy)
                }
                guard found >= known else { throw Self.shrank(publication, found, known) }
                state.published = max(found, known)
                state.placeIsEmpty = newest == nil
                if newest != nil { state.comparedAt = publication.now }
            }
        } catch let error as ArchiveError where error.code == .ledgerForked {
            state.fork = error
            state.size = try catalog.read { try $0.ledgerSize() }
        } catch let error as CatalogError {
            // Whoever looks for what was altered must be able to.
            guard catalog.alsoAltered, !CatalogError.isFailure(error) else { throw error }
            state.fork = ArchiveError(error)
            state.size = try catalog.read { try $0.ledgerSize() }
        } catch {
            // The place cannot be read now; the index knows what was published at least.
            state.problem = ArchiveError(error)
            state.size = try catalog.read { try $0.ledgerSize() }
        }
        return state
    }

    /// What a machine has seen that was given a checkpoint. Its time is that of the last entry that the checkpoint
    /// counts; where this ledger does not have that, none that would ever count.
    private static func mark(
        of kept: KeptCheckpoint, _ origin: OriginRecord, recorder: Recorder, in index: IndexReader
    ) throws -> Mark {
        let checkpoint = kept.checkpoint
        let roots = try recorder.head(in: index).roots
        var time = Mark.never
        if kept.origin == origin.number, checkpoint.size > 0, checkpoint.size <= roots.size,
            try isBeginning(checkpoint.size, checkpoint.root, of: roots, in: index),
            let row = try index.ledgerRow(checkpoint.size - 1), let last = try vouched([row], in: index, roots).first
        {
            time = last.entry.time
        }
        return Mark(
            archive: recorder.contexts.archiveUID, origin: kept.origin, size: checkpoint.size, root: checkpoint.root,
            time: time)
    }

    /// A mark of this machine that is further than the ledger, or not on its way, says that the index is an older one.
    private static func compare(
        with mark: Mark?, roots: LedgerRoots, in index: IndexReader, _ state: inout LedgerState
    ) throws {
        guard let mark else { return }
        guard mark.origin >= state.origin.number else {
            // A fork was accepted since: this is no older state, and of how long ago nothing is known.
            state.markedAt = mark.time
            return
        }
        guard mark.origin == state.origin.number, try isBeginning(mark.size, mark.root, of: roots, in: index) else {
            throw ArchiveError(
                .ledgerForked,
                "the index has \(roots.size) ledger entries; "
                    + (mark.isForeign
                        ? "a checkpoint that this machine was given counts "
                        : "on \(Timestamp.minute(mark.time)) this machine has seen ")
                    + "\(mark.size) of origin \(mark.origin): it is an older copy, or was exchanged",
                remedy: forkRemedy)
        }
        (state.comparedAt, state.markedAt) = (mark.time, mark.time)
    }

    /// What was published once is there for ever: a place that has less is not the one that it was.
    static func shrank(_ publication: Publication, _ found: UInt64, _ known: UInt64) -> ArchiveError {
        ArchiveError(
            .ledgerForked,
            "\(publication.place) holds \(found) entries, where \(known) had been published: it is not the place that "
                + "it was, or somebody took them away",
            remedy: "put back what was published there, or name another place in the configuration; and find out who "
                + "changed it")
    }

    /// Where the settings name another place than before, the ledger must extend what is published in the former one,
    /// too: changing a setting must not be a way around it. A former place that cannot be read is nothing to compare.
    ///
    /// - Returns: whether it says that this is no older state.
    private static func checkFormerPlace(
        of publication: Publication, recorder: Recorder, configuration: Configuration, catalog: VouchedIndex
    ) throws -> Bool {
        try catalog.read { index in
            let recorded = try recorder.recordedSettings(in: index)
            guard configuration.isPublishedElsewhere(than: recorded), let recorded else { return false }
            let former = publication.elsewhere(PublicationSettings(recorded))
            let newest: Checkpoint?
            do { newest = try former.newest() } catch is FileError { return false }
            guard let newest else { return false }
            try check(newest, against: try recorder.head(in: index).roots, in: index, place: former.place)
            return true
        }
    }

    package static func check(
        _ checkpoint: Checkpoint, against roots: LedgerRoots, in index: IndexReader, place: String
    ) throws {
        guard checkpoint.size <= roots.size else {
            throw ArchiveError(
                .ledgerForked,
                "the index has \(roots.size) ledger entries, where \(checkpoint.size) are published in \(place): it is "
                    + "an older copy, or was cut",
                remedy: forkRemedy)
        }
        guard try isBeginning(checkpoint.size, checkpoint.root, of: roots, in: index) else {
            throw ArchiveError(
                .ledgerForked,
                "the first \(checkpoint.size) ledger entries of the index are not those that are published in \(place)",
                remedy: forkRemedy)
        }
    }

    /// Sees that each origin of the index is one that the ledger began with, or that a holder of the keys accepted:
    /// a row alone would hide a fork.
    static func checkOrigins(
        in index: IndexReader, recorder: Recorder, publication: Publication
    ) throws {
        let key = recorder.keyring.signer
        let roots = try recorder.head(in: index).roots
        let origins = try index.origins()
        for (place, origin) in origins.enumerated() {
            func isRight() throws -> Bool {
                guard VerifierKey.isName(origin.origin), let row = try index.ledgerRow(origin.firstEntry),
                    let entry = try vouched([row], in: index, roots).first?.entry
                else { return false }
                let verifier = VerifierKey(name: origin.origin, publicKey: key.publicKey).text
                switch entry.event {
                case .archiveCreated(let event):
                    return place == 0 && origin.number == 1 && origin.firstEntry == 0 && event.origin == origin.origin
                        && event.verifierKey == verifier
                case .forkAccepted(let event):
                    guard place > 0, event.origin == origin.origin, event.verifierKey == verifier else { return false }
                    // Only who has the keys can have kept this.
                    let opening = try recorder.openings(of: row.number, in: index) { _ in nil }["reasonCommitment"]
                    guard opening?.commitment == event.reason else { return false }
                    // Whoever accepted it without reading what was published, or another one since, knows that.
                    return place < origins.count - 1 || event.lostEntries == nil
                        || publication.follows(event.previous, number: origin.number)
                default: return false
                }
            }
            let isKnown: Bool
            do {
                isKnown = try isRight()
            } catch let error as CatalogError {
                // A database that fails says nothing of the ledger.
                if case .database = error { throw error }
                isKnown = false
            } catch {
                isKnown = false
            }
            guard isKnown else {
                throw ArchiveError(
                    .ledgerForked,
                    "the index names an origin of the ledger that nobody accepted, number \(origin.number)",
                    remedy: forkRemedy)
            }
        }
    }

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
        let mark = [markPlace.read(by: keyring), known.kept].compactMap(\.self).max {
            ($0.origin, $0.size) < ($1.origin, $1.size)
        }
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
        try endWaiting(gone, of: cases, transaction)
        return try destroyAgain(gone, of: cases, transaction)
    }
}
