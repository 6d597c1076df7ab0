package import Base
package import Catalog
package import Foundation
package import Ledger
package import Sealing
internal import Synchronization

/// What puts entries on the ledger: who acts, and what commitments are sealed with.
package struct Recorder: Sendable {
    package var actor: Actor
    package let keyring: Keyring
    package let contexts: SealedContexts
    package let randomness: Randomness
    /// What was proved of the archive so far.
    package let proofs: Proofs
}

/// One transaction on the index with what it puts on the ledger. Entries get their numbers at once, and are
/// appended together at the end, before the transaction commits.
package final class Transaction {
    package let index: IndexWriter
    package let now: Date
    /// What the keys vouched for before it.
    package let head: Head
    /// Why the clock cannot be believed since this transaction.
    package var clockDoubt: String?
    /// How far this purge has looked at all cases.
    package var examined: Head.Examined?
    /// Whether accesses that are open were compared with the head, and whether one was changed since.
    var (accessesAreProved, accessesChanged) = (false, false)
    /// Requests that were made in it.
    package var requests = 0
    private let recorder: Recorder
    /// Whose it is; nil for what makes an archive, and for what nobody does.
    private let session: Session?
    /// The clock, and the machine below it.
    package let reading: ClockReading?
    /// What decides in it, once something was asked.
    private var deciding: Deciding?
    private var base: UInt64 { head.roots.size }
    private var entries: [Entry] = []
    private var openings: [OpeningRecord] = []
    private var stamp: ActorStamp?

    /// - Parameter head: of an archive that is being made; nil checks the one that is there.
    init(
        _ recorder: Recorder, index: IndexWriter, now: Date, session: Session? = nil, head: Head? = nil,
        since floor: UInt64 = 0
    ) throws {
        self.head =
            try head
            ?? recorder.proofs.watch.check(
                index, by: recorder.keyring, archive: recorder.contexts.archiveUID, since: floor)
        self.recorder = recorder
        self.session = session
        reading = session.map { ClockReading($0.effects.clock, now: now) }
        self.index = index
        self.now = now
    }

    /// How many entries the ledger has with those of this transaction.
    package var size: UInt64 { base + UInt64(entries.count) }

    /// Puts an event on the ledger.
    ///
    /// - Parameter actor: who did it, where it is not who acts now.
    /// - Returns: the entry's number.
    @discardableResult
    package func add(_ event: Event, by actor: ActorStamp? = nil) throws -> UInt64 {
        let stamp = try actor ?? actorStamp()
        entries.append(Entry(time: now, actor: stamp, event: event))
        return size - 1
    }

    /// The first entry of an archive, which comes before the introduction of who made it.
    func begin(_ event: Event) throws {
        precondition(size == 0)
        let stamp = ActorStamp(uid: ActorUID(from: recorder.randomness), known: recorder.actor.known)
        self.stamp = stamp
        try add(event)
        try introduce(stamp)
    }

    /// Commits to a text in the entry that is added next.
    ///
    /// - Parameters:
    ///   - member: the entry's member that will hold the commitment.
    ///   - key: the case's key.
    package func commit(
        _ text: String, as member: String, of caseUID: CaseUID, key: borrowing SecretKey
    ) throws -> Commitment {
        _ = try actorStamp()
        return try commit(text, as: member, caseUID: caseUID, key: key)
    }

    /// Commits to what an entry says exactly, in the entry that is added next; nil where there is nothing.
    package func commit(
        _ exact: Exact, of caseUID: CaseUID, key: borrowing SecretKey
    ) throws -> Commitment? {
        guard exact != Exact() else { return nil }
        return try commit(try exact.text(), as: "exactCommitment", of: caseUID, key: key)
    }

    /// Puts the end of a verification on the ledger.
    ///
    /// - Parameter lengths: of the objects whose entries follow.
    package func addEnd(
        of ended: VerificationRecord, as state: Event.VerificationEnded.State, lengths: [Exact.Length],
        issueDisproved: Bool = false, isLenient: Bool = false, key: borrowing SecretKey
    ) throws {
        let exact = Exact(
            capturedFrom: ended.capturedFrom, capturedUntil: ended.capturedUntil, outcome: ended.outcome,
            lengths: lengths, token: Exact.Recognised(ended.tokenTag), answer: Exact.Recognised(ended.answerTag))
        let commitment = try commit(
            try exact.text(), as: "exactCommitment", of: ended.caseUID, key: key)
        try add(
            .verificationEnded(
                .init(
                    caseUID: ended.caseUID, verification: UInt64(ended.number), state: state,
                    problem: ended.lastProblem,
                    issueDisproved: issueDisproved ? true : nil, lenient: isLenient ? true : nil,
                    capturedFrom: ended.capturedFrom.map { CalendarDay(of: $0) },
                    capturedUntil: ended.capturedUntil.map { CalendarDay(of: $0) }, objects: UInt64(lengths.count),
                    exact: commitment)))
    }

    /// Commits to a text that belongs to no case.
    package func commit(_ text: String, as member: String) throws -> Commitment {
        _ = try actorStamp()
        return try commit(text, as: member, caseUID: nil, key: archiveKey())
    }

    /// Decides whether an object may be destroyed, again and now: index, ledger and holds have to say the same of it.
    /// Throws where nothing may be destroyed at all.
    func decide(_ row: RetentionRow) throws -> Verdict {
        if deciding == nil, let session { deciding = try Deciding(session, self) }
        guard deciding != nil else { preconditionFailure("nobody decides here") }
        return try deciding!.decide(row)
    }

    /// What the ledger said of a case when something of it was decided in this transaction; nil where nothing was.
    func decided(_ caseUID: CaseUID) -> LedgerFacts? { deciding?.known(caseUID) }

    /// Destroys the object that was permitted to go.
    func destroy(_ permit: consuming DestructionPermit) throws { try index.destroy(permit, at: now) }

    /// Appends what was added, and writes the head anew. Comes last in the transaction.
    ///
    /// - Parameter closing: the entry `strands` comes behind it.
    /// - Returns: the head then.
    @discardableResult
    func finish(closing: Bool = false) throws -> Head {
        guard !entries.isEmpty || closing || accessesChanged else { return head }
        try checkNothingIsContradicted()
        var close: ((StrandRoot) -> Entry)?
        if closing {
            let (stamp, now) = (try actorStamp(), now)
            close = { Entry(time: now, actor: stamp, event: .strands(.init(root: $0))) }
        }
        let extended = try index.extend(
            head, by: entries, closing: close, examined: examined,
            accesses: accessesChanged ? try OpenAccesses.digest(in: index) : nil, at: reading,
            isWitnessed: session?.clockIsWitnessed() ?? false, keyring: recorder.keyring,
            watch: recorder.proofs.watch)
        for opening in openings { try index.insert(opening) }
        recorder.proofs.advance(from: head.roots, to: extended.roots, by: entries)
        return extended
    }

    /// Kinds that can contradict what the ledger said of a case before.
    private static let consequences: Set<Event.Kind> = [
        .caseRegistered, .caseCompleted, .verificationRegistered, .verificationCompleted, .vendorAsked, .vendorRefused,
        .verificationEnded, .verificationReopened, .caseCorrected, .objectArchived, .caseEventRecorded, .dueConfirmed,
        .objectDestroyed, .caseDestroyed, .blobsRemoved,
        .accessOpened,
    ]

    /// Sees that what was added goes on from what the ledger says of the same cases and holds. What the index led
    /// somebody to is not put on record where that says otherwise.
    private func checkNothingIsContradicted() throws {
        var (cases, order): ([CaseUID: [(number: UInt64, entry: Entry)]], [CaseUID]) = ([:], [])
        var holds: [(number: UInt64, entry: Entry)] = []
        for (offset, entry) in entries.enumerated() {
            let next = (base + UInt64(offset), entry)
            if entry.strand == .holds { holds.append(next) }
            guard let uid = entry.strand.caseUID, Self.consequences.contains(entry.event.kind) else { continue }
            if cases[uid] == nil { order.append(uid) }
            cases[uid, default: []].append(next)
        }
        func check(_ contradictions: [String], since known: Int) throws {
            guard contradictions.count > known else { return }
            throw CatalogError.damaged("it leads to what the ledger does not say: \(contradictions[known])")
        }
        if !holds.isEmpty, base > 0 {
            var book = try recorder.proofs.holds.content(in: index, head.roots)
            let known = book.contradictions.count
            for (number, entry) in holds { book.apply(entry, number: number) }
            try check(book.contradictions, since: known)
        }
        for uid in order {
            var replay = CaseReplay(uid)
            if cases[uid]![0].entry.event.kind != .caseRegistered {
                let before = try recorder.proofs.cases.entries(of: .ofCase(uid), in: index, head.roots)
                for (number, entry) in before { replay.apply(entry, number: number) }
            }
            let known = replay.contradictions.count
            for (number, entry) in cases[uid]! { replay.apply(entry, number: number) }
            try check(replay.contradictions, since: known)
        }
    }

    /// The stamp of who acts now; introduces them where they never acted before.
    package func actorStamp() throws -> ActorStamp {
        if let stamp { return stamp }
        if let token = recorder.actor.token {
            let known = ActorStamp(uid: token.holder, known: .token)
            stamp = known
            return known
        }
        if let known = try known(recorder.actor.name, by: recorder.actor.known) {
            stamp = known
            return known
        }
        let new = ActorStamp(uid: ActorUID(from: recorder.randomness), known: recorder.actor.known)
        stamp = new
        try introduce(new)
        return new
    }

    /// The actor of this name, introduced where they never acted.
    package func introduce(_ name: String, known: ActorStamp.Source) throws -> ActorUID {
        _ = try actorStamp()
        if let actor = try self.known(name, by: known) { return actor.uid }
        let stamp = ActorStamp(uid: ActorUID(from: recorder.randomness), known: known)
        try introduce(stamp, named: name)
        return stamp.uid
    }

    /// Who has this name: found by its tag, and it is the name that is sealed there. Nobody acts under another's UID.
    private func known(_ name: String, by known: ActorStamp.Source) throws -> ActorStamp? {
        let tag = recorder.keyring.tag(name.utf8, purpose: .actor)
        guard let actor = try index.actors(nameTag: tag).first(where: { $0.stamp.known == known }) else { return nil }
        guard try recorder.name(of: actor, in: index) == name else {
            throw CatalogError.damaged("it leads from a name to another actor")
        }
        return actor.stamp
    }

    /// Actors whose names are compared with a new one's.
    private static let mostActors = 2000

    private func introduce(_ stamp: ActorStamp) throws { try introduce(stamp, named: recorder.actor.name) }

    private func introduce(_ stamp: ActorStamp, named name: String) throws {
        let key = try archiveKey()
        try index.insert(
            ActorRecord(
                stamp: stamp, nameTag: recorder.keyring.tag(name.utf8, purpose: .actor),
                sealedName: key.sealField(
                    Array(name.utf8), context: recorder.contexts.actorName(stamp.uid), randomness: recorder.randomness))
        )
        // Somebody who acts for the first time under a name that looks like another's is perhaps that other.
        let likeness = Likeness(of: name)
        let other = try index.actors(limit: Self.mostActors).lazy
            .compactMap { try? self.recorder.name(of: $0, in: self.index) }
            .first { $0 != name && Likeness(of: $0) == likeness }
        if let other { recorder.proofs.lookalike.withLock { $0 = (name, other) } }
        let commitment = try commit(name, as: "nameCommitment", caseUID: nil, key: key)
        try add(.actorIntroduced(.init(name: commitment)), by: stamp)
    }

    private func archiveKey() throws -> SecretKey { try recorder.archiveKey(try index.archive()) }

    private func commit(
        _ text: String, as member: String, caseUID: CaseUID?, key: borrowing SecretKey
    ) throws -> Commitment {
        let opening = Commitment.Opening(text, randomness: recorder.randomness)
        let context = recorder.contexts.opening(entry: size, member: member, caseUID: caseUID)
        openings.append(
            OpeningRecord(
                entry: size, member: member, caseUID: caseUID,
                sealed: key.sealField(opening.bytes, context: context, randomness: recorder.randomness)))
        return opening.commitment
    }
}

extension Recorder {
    /// The settings that the ledger has last, their commitments opened.
    package func recordedSettings(in index: IndexReader) throws -> [String: Configuration.LedgerSetting]? {
        guard let (entry, change) = try rulesBook(in: index).settings else { return nil }
        let openings = try self.openings(of: entry, in: index) { _ in nil }
        return change.settings.reduce(into: [:]) { settings, setting in
            guard let text = openings["settings/" + setting.key]?.text else {
                settings[setting.key] = .plain(setting.value)
                return
            }
            settings[String(setting.key.dropLast(Configuration.commitmentSuffix.count))] = .typed(text)
        }
    }

    /// What opens the commitments of an entry, by their members.
    ///
    /// - Parameter underCase: opens what is sealed under a case's key; nil where that is gone.
    package func openings(
        of entry: UInt64, in index: IndexReader, underCase: (OpeningRecord) throws -> [UInt8]?
    ) throws -> [String: Commitment.Opening] {
        try open(try index.ledgerOpenings(of: [entry])[entry] ?? [], in: index, underCase: underCase)
    }

    /// The same, of records that were read.
    package func open(
        _ records: [OpeningRecord], in index: IndexReader, underCase: (OpeningRecord) throws -> [UInt8]?
    ) throws -> [String: Commitment.Opening] {
        var openings: [String: Commitment.Opening] = [:]
        for record in records {
            let bytes: [UInt8]
            if record.caseUID != nil {
                guard let opened = try underCase(record) else { continue }
                bytes = opened
            } else {
                bytes = try archiveKey(try index.archive()).openField(
                    record.sealed, context: contexts.opening(entry: record.entry, member: record.member, caseUID: nil))
            }
            guard let opening = Commitment.Opening(bytes: bytes) else {
                throw CatalogError.damaged("an opening of ledger entry \(record.entry)")
            }
            openings[record.member] = opening
        }
        return openings
    }

    /// An actor's name.
    package func name(of actor: ActorRecord, in index: IndexReader) throws -> String {
        let bytes = try archiveKey(try index.archive()).openField(
            actor.sealedName, context: contexts.actorName(actor.stamp.uid))
        return String(decoding: bytes, as: UTF8.self)
    }

    package func archiveKey(_ record: ArchiveRecord) throws -> SecretKey {
        try keyring.unwrap(record.key, context: contexts.archiveKey(epoch: record.key.epoch))
    }
}

extension Exact.Recognised {
    package init?(_ tag: Tag?) {
        guard let tag else { return nil }
        self.init(key: UInt64(tag.keyNumber), tag: tag.bytes.hex)
    }
}
