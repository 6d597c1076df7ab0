internal import Base
package import Catalog
package import Foundation
package import Ledger
internal import Synchronization

/// What a process knows of the publication of its archive's ledger.
package struct LedgerState {
    /// The newest origin of the index.
    package var origin: OriginRecord
    /// How many entries the ledger has, as far as this process knows.
    package var size: UInt64
    /// How many entries are published, or were once, as far as this process knows.
    package var published: UInt64
    /// The place holds less than was published.
    var isIncomplete = false
    /// The settings name another place than those on the ledger.
    var placeIsNew = false
    /// What counts against the bound begins with this entry: before it, the ledger was published elsewhere.
    var boundFrom: UInt64 = 0
    /// The place was read, and nothing of this origin is there.
    var placeIsEmpty = false
    /// A place without anything may be filled, though nothing says that this is no older state: the archive was just
    /// made, or somebody accepted it as it is.
    var mayFill = false
    /// What somebody gave this process as seen elsewhere.
    var kept: Mark?
    /// When something said last that this is no older state: the place, or a mark.
    package var comparedAt: Date?
    /// The time of the mark.
    package var markedAt: Date?
    /// Why the mark could not be written last.
    var markProblem: ArchiveError?
    /// When publishing was last tried, by the clock's ticks.
    var lastTried: UInt64?
    /// Why the last try failed.
    package var problem: ArchiveError?
    /// It took so long that nobody tries again before this time, by the clock's ticks.
    var restsUntil: UInt64?
    /// Why nothing may be written.
    package var fork: ArchiveError?

    /// Nothing says that this is no older state: no place, no mark, no checkpoint.
    var isUnknown: Bool { comparedAt == nil && markedAt == nil && !mayFill }

    /// How many entries are published of those that count against the bound.
    var counted: UInt64 { min(size, max(published, boundFrom)) }
    /// How many entries wait, of those that count against the bound.
    var waiting: UInt64 { size - counted }

    /// Entries that the place held where more had been published.
    package var repaired: Repair?

    package struct Repair: Equatable {
        package let found: UInt64
        package let expected: UInt64
    }
}

extension Session {
    private typealias Repair = LedgerState.Repair

    /// Nanoseconds after which a failure counts as slow, and for which it is then not met again.
    static let slowFailure: UInt64 = 5_000_000_000
    static let rest: UInt64 = 300_000_000_000

    /// How often a command hands over to a program at once while others add to the ledger.
    private static let mostRounds = 3

    /// Nanoseconds between two publications of one busy command.
    private static let publicationInterval: UInt64 = 2_000_000_000

    package func publication(of origin: OriginRecord) -> Publication {
        Publication(
            origin: origin, key: verifierKey(of: origin), archive: configuration.archiveUID,
            settings: configuration.publication, effects: effects, until: limit)
    }

    package func verifierKey(of origin: OriginRecord) -> VerifierKey {
        VerifierKey(name: origin.origin, publicKey: keyring.signer.publicKey)
    }

    /// What this process knows of the publication.
    package var ledgerState: LedgerState { archive.ledgerState.withLock { $0 } }

    /// The origin that the ledger has now.
    package var origin: OriginRecord { archive.ledgerState.withLock { $0.origin } }

    /// What proves entries that are signed now.
    package var currentVerifierKey: VerifierKey { verifierKey(of: origin) }

    /// Why what was committed is not published, where that is so.
    public var publicationProblem: ArchiveError? { archive.ledgerState.withLock { $0.problem } }

    /// Why this machine could not note how far the ledger is, where that is so.
    public var markProblem: ArchiveError? { archive.ledgerState.withLock { $0.markProblem } }

    /// Who acted for the first time, in this process, under a name that looks like that of another, with that.
    public var actorLookalike: (name: String, other: String)? { recorder.proofs.lookalike.withLock { $0 } }

    /// What the published copy was found to lack, where that was mended.
    public var publicationRepair: (found: UInt64, expected: UInt64)? {
        archive.ledgerState.withLock { $0.repaired }.map { ($0.found, $0.expected) }
    }

    /// How many entries wait for publication, of those that count against its bound: what was published in another
    /// place before does not.
    public var unpublishedEntries: UInt64 { archive.ledgerState.withLock(\.waiting) }

    /// Why nothing may be written: the ledger is not the one that was published, or was altered.
    public var fork: ArchiveError? { archive.ledgerState.withLock { $0.fork } }

    /// Whether so much is unpublished that nothing may be written.
    public var isStopped: Bool { (try? exceedsBound()) ?? true }

    // MARK: Writing

    func checkLedgerIsWritable() throws {
        if let fork { throw fork }
        guard try exceedsBound() else { return }
        // It may work again by now.
        publish()
        if try exceedsBound() {
            // Where nothing is wrong with the place, this session had no time to publish: that is no way around it.
            let problem = publicationProblem
            throw ArchiveError(
                .ledgerUnpublished,
                "\(unpublishedEntries.formatted()) ledger entries could not be published, and the bound of "
                    + "\(configuration.publication.limit.formatted()) entries or "
                    + "\(configuration.publication.hours.formatted()) h is reached: "
                    + (problem?.message ?? "there was no time to publish them"),
                remedy: placeRemedy(problem))
        }
    }

    private func exceedsBound() throws -> Bool {
        let (waiting, published) = archive.ledgerState.withLock { ($0.waiting, $0.counted) }
        guard waiting > 0 else { return false }
        if waiting > configuration.publication.limit { return true }
        // The time of an entry does not change; that of the oldest that waits is asked once.
        var oldest = archive.oldestUnpublished.withLock { $0 }
        if oldest?.number != published {
            guard let row = try catalog.read({ try $0.ledgerRow(published) }) else { return false }
            oldest = (published, row.time)
            archive.oldestUnpublished.withLock { $0 = oldest }
        }
        return oldest.map { now.timeIntervalSince($0.time) > configuration.publication.hours * 3600 } ?? false
    }

    /// Sees in a transaction that no other process accepted a fork, and notes what is published.
    func checkOrigin(in index: IndexWriter) throws {
        guard var origin = try index.origins().last else { throw CatalogError.damaged("the ledger has no origin") }
        let state = archive.ledgerState.withLock { $0 }
        guard origin.number == state.origin.number else {
            throw ArchiveError(
                .ledgerForked, "another command accepted a fork of the ledger", remedy: "try again")
        }
        guard origin.origin == state.origin.origin, origin.firstEntry == state.origin.firstEntry else {
            throw CatalogError.damaged("the origin of the ledger was altered")
        }
        if origin.published < state.published {
            origin.published = state.published
            try index.update(origin)
        }
        let noted = origin
        archive.ledgerState.withLock { $0.origin = noted }
    }

    func ledgerGrew(to size: UInt64) {
        let now = effects.clock.ticks()
        let isDue = archive.ledgerState.withLock { state in
            state.size = max(state.size, size)
            guard state.size > state.published else { return false }
            guard let last = state.lastTried else {
                // The first commit of a command starts the interval; its end publishes anyway.
                state.lastTried = now
                return false
            }
            return now &- last >= Self.publicationInterval
        }
        if isDue { publishUnlessBusy() }
    }

    // MARK: Publishing

    /// Publishes what is committed. What prevents it is remembered, said by ``publicationProblem``, and stops
    /// work when it lasts.
    public func publish() { note(publishInTurn()) }

    /// Publishes after who is at it now, unless that takes too long for this session.
    private func publishInTurn() -> Repair? {
        guard limit.isBounded else { return archive.publishing.withLock { _ in tryToPublish() } }
        var repaired: Repair??
        try? limit.wait {
            repaired = archive.publishing.withLockIfAvailable { _ in tryToPublish() }
            return repaired != nil
        }
        return repaired ?? nil
    }

    /// Publishes unless another thread does so now.
    private func publishUnlessBusy() {
        if let repaired = archive.publishing.withLockIfAvailable({ _ in tryToPublish() }) { note(repaired) }
    }

    /// Puts it on the ledger where the place had to be completed.
    private func note(_ repaired: Repair?) {
        guard let repaired else { return }
        _ = try? record { transaction in
            try transaction.add(.publicationRepaired(.init(found: repaired.found, expected: repaired.expected)))
        }
        _ = publishInTurn()
    }

    private func tryToPublish() -> Repair? {
        let isHopeless = archive.ledgerState.withLock { state in
            let now = effects.clock.ticks()
            state.lastTried = now
            return state.fork != nil || state.restsUntil.map { now < $0 } ?? false
        }
        if isHopeless { return nil }
        let start = DispatchTime.now().uptimeNanoseconds
        do {
            var repaired = try publishNow()
            // Nobody waits for a program that another runs: what they added meanwhile is taken along.
            var rounds = 1
            while configuration.publication.command != nil, rounds < Self.mostRounds, !limit.isOver,
                try catalog.read({ try $0.ledgerSize() }) > ledgerState.published
            {
                repaired = try publishNow() ?? repaired
                rounds += 1
            }
            archive.ledgerState.withLock { state in
                state.problem = nil
                state.repaired = repaired ?? state.repaired
            }
            return repaired
        } catch is WaitEnded {
            // It says something of who waited, and nothing of the place.
        } catch {
            let error = ArchiveError(error)
            // What is wrong with the place may pass; what is wrong with the ledger stops everything.
            archive.ledgerState.withLock { state in
                if error.outcome == .integrity { state.fork = error } else { state.problem = error }
                let isSlow = DispatchTime.now().uptimeNanoseconds - start > Self.slowFailure
                state.restsUntil = isSlow ? effects.clock.ticks() + Self.rest : nil
            }
        }
        return nil
    }

    /// Publishes what is left, notes in the index how far the place has come, and leaves the index quick to open. For
    /// the end of a command.
    public func finishPublication() {
        // A snapshot, or a backup: the archive itself publishes.
        guard !catalog.index.isReadOnly else { return }
        defer { if fork == nil { try? catalog.index.shortenLog() } }
        let isNeeded = archive.ledgerState.withLock { $0.size > $0.published || $0.isIncomplete }
        if isNeeded { publish() }
        let (state, isWritten) = archive.ledgerState.withLock { ($0, $0.origin.published >= $0.published) }
        guard state.fork == nil, state.problem == nil, !isWritten else { return }
        noteOrigin()
    }

    /// Publishes where something has waited long enough. For who waits for other things.
    package func publishIfDue() { ledgerGrew(to: 0) }

    /// - Returns: what the place held and should have held, where that was less.
    private func publishNow() throws -> Repair? {
        let publication = publication(of: archive.ledgerState.withLock { $0.origin })
        return try publication.withLock {
            let newest = try publication.newest()
            let found = newest?.size ?? 0
            if found > ledgerState.published { try publication.makeDurable() }
            try closeStrands()
            let (closed, last, expected) = try catalog.read { index in
                guard let origin = try index.origins().last, origin.number == publication.origin.number else {
                    throw ArchiveError(
                        .ledgerForked, "another command accepted a fork of the ledger", remedy: "try again"
                    )
                }
                // Also what could not be compared when the archive was opened, because the place failed then.
                try Self.checkOrigins(in: index, recorder: recorder, publication: publication)
                let roots = try self.head(in: index).roots
                let size = roots.size
                if let newest { try Self.check(newest, against: roots, in: index, place: publication.place) }
                let last = found == 0 ? nil : try index.ledgerRow(found - 1)
                if found > 0, last == nil { throw CatalogError.damaged("ledger entry \(found - 1) is missing") }
                return (
                    try closedLedger(in: index), last,
                    archive.ledgerState.withLock { state in
                        min(size, max(state.placeIsNew ? 0 : origin.published, state.published))
                    }
                )
            }
            guard found >= expected else { throw Self.shrank(publication, found, expected) }
            let head = closed.checkpoint
            // What is published here would be what everything is compared with from then on.
            guard newest != nil || !archive.ledgerState.withLock({ $0.isUnknown }) else {
                archive.ledgerState.withLock { $0.placeIsEmpty = true }
                throw ArchiveError(
                    .ledgerUnpublished,
                    "\(publication.place) is empty, and nothing on this machine says that this is the newest state of "
                        + "the archive: it is not published there",
                    remedy:
                        "give a checkpoint that was kept elsewhere, once: \(input: .checkpoint); where there is none, "
                        + "a named person accepts the archive as it is: \(verb: .acceptFork) \(input: .unread) "
                        + "\(input: .reason) …")
            }
            var kept = found
            if head.size > found {
                // What is appended stays there: it has to lead to the root before it is.
                try lines(from: found, to: head) { _ in }
                kept = try publication.publish(head, note: closed.note, after: found, last: last) {
                    try lines(from: $0, to: head, write: $1)
                }
            }
            archive.ledgerState.withLock { state in
                state.published = max(head.size, found)
                state.size = max(state.size, head.size)
                state.isIncomplete = false
                state.placeIsNew = false
                // A place that held nothing says nothing yet.
                if newest != nil { state.comparedAt = now }
            }
            if newest != nil { refreshMark() }
            return kept < expected ? Repair(found: kept, expected: expected) : nil
        }
    }

    /// Hands over the lines of the entries from a number on, and checks that they lead to the head's root.
    package func lines(from first: UInt64, to head: Checkpoint, write: (UnsafeRawBufferPointer) throws -> Void) throws {
        var frontier = try catalog.read { try MerkleFrontier(after: first, in: $0.ledgerNodes) }
        let hasher = MerkleHasher()
        var piece: [UInt8] = []
        while frontier.size < head.size {
            let from = frontier.size
            let rows = try catalog.read {
                try $0.ledgerRows(LedgerFilter(), from: from, limit: Int(min(1000, head.size - from)))
            }
            guard !rows.isEmpty else { throw CatalogError.damaged("ledger entry \(from) is missing") }
            piece.removeAll(keepingCapacity: true)
            for row in rows {
                guard row.number == frontier.size else {
                    throw CatalogError.damaged("ledger entry \(frontier.size) is missing")
                }
                row.bytes.withUnsafeBytes { frontier.append($0, hasher: hasher) }
                piece += row.bytes
                piece.append(0x0A)
            }
            try piece.withUnsafeBytes(write)
        }
        guard frontier.root == head.root else {
            throw CatalogError.damaged("the ledger's entries do not lead to its root: an entry or a node was altered")
        }
    }

    /// Signs a certificate, by the key that its ledger is signed with; refuses while that is not the one that was
    /// published.
    package func sign(certificate statement: String, origin: String) throws -> SignedNote {
        if let fork { throw fork }
        return SignedNote(signing: statement, name: origin, by: keyring.signer)
    }
}
