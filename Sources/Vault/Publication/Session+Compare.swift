internal import Base
package import Catalog
internal import Foundation
package import Ledger
internal import Sealing

/// Whether the ledger is the one that was published: how an older or another one is noticed.
extension Session {
    /// Compares the ledger with what is published. Reads at most 64 nodes.
    ///
    /// - Parameter kept: a checkpoint that somebody kept elsewhere; the ledger must extend it, and this machine's mark
    ///   says so from then on.
    static func compare(
        _ publication: Publication, keptAt kept: KeptCheckpoint? = nil, recorder: Recorder,
        configuration: Configuration, catalog: VouchedIndex
    ) throws -> LedgerState {
        let start = DispatchTime.now().uptimeNanoseconds
        var state = LedgerState(origin: publication.origin, size: 0, published: publication.origin.published)
        let place = MarkPlace(configuration.publication, of: configuration.archiveUID, effects: publication.effects)
        do {
            if let kept {
                let mark = try catalog.read { try Self.mark(of: kept, publication.origin, recorder: recorder, in: $0) }
                state.kept = mark
                do { try place.write(mark, by: recorder.keyring) } catch { state.markProblem = cannotMark(error) }
            }
            let mark = Mark.further(place.read(by: recorder.keyring), state.kept)
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
            if let newest, newest.size > publication.origin.published { try publication.makeDurable() }
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
            // A program that hangs costs a command its deadline once.
            if DispatchTime.now().uptimeNanoseconds - start > slowFailure {
                state.restsUntil = publication.effects.clock.ticks() + rest
            }
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
}
