internal import Base
@_spi(Writing) internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Synchronization
internal import Vendor

/// What puts entries on the ledger: who acts, and what commitments are sealed with.
struct Recorder: Sendable {
    var actor: Actor
    let keyring: Keyring
    let contexts: SealedContexts
    let randomness: Randomness
    let knownNote = KnownEntryNote()
}

/// One transaction on the index with what it puts on the ledger. Entries get their numbers at once, and are
/// appended together at the end, before the transaction commits.
final class Recording {
    let index: IndexWriter
    let now: Date
    /// Why the clock cannot be believed since this transaction.
    var clockDoubt: String?
    /// Requests that were made in it.
    var requests = 0
    private let recorder: Recorder
    private let base: UInt64
    private var entries: [Entry] = []
    private var openings: [OpeningRecord] = []
    private var stamp: ActorStamp?

    init(_ recorder: Recorder, index: IndexWriter, now: Date) throws {
        self.recorder = recorder
        self.index = index
        self.now = now
        base = try index.ledgerSize()
    }

    /// How many entries the ledger has with those of this transaction.
    var size: UInt64 { base + UInt64(entries.count) }

    /// Puts an event on the ledger.
    ///
    /// - Parameter actor: who did it, where it is not who acts now.
    /// - Returns: the entry's number.
    @discardableResult
    func add(_ event: Event, by actor: ActorStamp? = nil) throws -> UInt64 {
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
    func commit(
        _ text: String, as member: String, of caseUID: CaseUID, key: borrowing SecretKey
    ) throws -> Commitment {
        _ = try actorStamp()
        return try commit(text, as: member, caseUID: caseUID, key: key)
    }

    /// Commits to a text that belongs to no case.
    func commit(_ text: String, as member: String) throws -> Commitment {
        _ = try actorStamp()
        return try commit(text, as: member, caseUID: nil, key: archiveKey())
    }

    /// Appends what was added. Comes last in the transaction.
    func finish() throws {
        guard !entries.isEmpty else { return }
        try index.append(entries)
        try noteNewestTime()
        for opening in openings { try index.insert(opening) }
    }

    /// Remembers the newest time on record. Accepted, a clock begins anew.
    private func noteNewestTime() throws {
        guard entries.contains(where: { $0.event.kind.countsForNewestTime }) else { return }
        let isAccepted = entries.contains { $0.event.kind == .clockAccepted }
        if let newest = try index.newestTime(), newest >= now, !isAccepted { return }
        try index.setNewestTime(now)
    }

    /// The stamp of who acts now; introduces them where they never acted before.
    func actorStamp() throws -> ActorStamp {
        if let stamp { return stamp }
        if let token = recorder.actor.token {
            let known = ActorStamp(uid: token.holder, known: .token)
            stamp = known
            return known
        }
        let tag = recorder.keyring.tag(recorder.actor.name.utf8, purpose: .actor)
        if let known = try index.actors(nameTag: tag).first(where: { $0.stamp.known == recorder.actor.known }) {
            stamp = known.stamp
            return known.stamp
        }
        let new = ActorStamp(uid: ActorUID(from: recorder.randomness), known: recorder.actor.known)
        stamp = new
        try introduce(new)
        return new
    }

    /// The actor of this name, introduced where they never acted.
    func introduce(_ name: String, known: ActorStamp.Source) throws -> ActorUID {
        _ = try actorStamp()
        let tag = recorder.keyring.tag(name.utf8, purpose: .actor)
        if let actor = try index.actors(nameTag: tag).first(where: { $0.stamp.known == known }) {
            return actor.stamp.uid
        }
        let stamp = ActorStamp(uid: ActorUID(from: recorder.randomness), known: known)
        try introduce(stamp, named: name)
        return stamp.uid
    }

    private func introduce(_ stamp: ActorStamp) throws { try introduce(stamp, named: recorder.actor.name) }

    private func introduce(_ stamp: ActorStamp, named name: String) throws {
        let key = try archiveKey()
        try index.insert(
            ActorRecord(
                stamp: stamp, nameTag: recorder.keyring.tag(name.utf8, purpose: .actor),
                sealedName: key.sealField(
                    Array(name.utf8), context: recorder.contexts.actorName(stamp.uid), randomness: recorder.randomness))
        )
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
    /// Counts an opening with a key or a token that nobody has: without one nobody can say who. The next who acts puts
    /// it on the ledger.
    static func countRefusedOpening(in catalog: Index, at time: Date) {
        try? catalog.write { try $0.countRefusedOpening(at: time) }
    }

    /// Puts on the ledger that somebody with a token that is good no more was refused.
    func recordRefusal(_ refusal: ArchiveError, of holder: ActorUID, in catalog: Index, at time: Date) {
        _ = try? catalog.write { index in
            let recording = try Recording(self, index: index, now: time)
            try recording.add(
                .attemptFailed(
                    .init(verb: "open", code: refusal.code.rawValue, outcome: .refused, count: 1, caseUID: nil)),
                by: ActorStamp(uid: holder, known: .token))
            try recording.finish()
        }
    }

    /// The settings that the ledger has last, their commitments opened.
    func recordedSettings(in index: IndexReader) throws -> [String: Configuration.LedgerSetting]? {
        var filter = LedgerFilter()
        filter.kind = Event.Kind.configurationChanged.rawValue
        guard let row = try index.newestLedgerRows(filter, limit: 1).last,
            case .configurationChanged(let change) = try vouched(row, in: index).event
        else { return nil }
        let openings = try self.openings(of: row.number, in: index) { _ in nil }
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
    func openings(
        of entry: UInt64, in index: IndexReader, underCase: (OpeningRecord) throws -> [UInt8]?
    ) throws -> [String: Commitment.Opening] {
        var openings: [String: Commitment.Opening] = [:]
        for record in try index.ledgerOpenings(of: entry) {
            let bytes: [UInt8]
            if record.caseUID != nil {
                guard let opened = try underCase(record) else { continue }
                bytes = opened
            } else {
                bytes = try archiveKey(try index.archive()).openField(
                    record.sealed, context: contexts.opening(entry: entry, member: record.member, caseUID: nil))
            }
            guard let opening = Commitment.Opening(bytes: bytes) else {
                throw CatalogError.damaged("an opening of ledger entry \(entry)")
            }
            openings[record.member] = opening
        }
        return openings
    }

    /// An actor's name.
    func name(of actor: ActorRecord, in index: IndexReader) throws -> String {
        let bytes = try archiveKey(try index.archive()).openField(
            actor.sealedName, context: contexts.actorName(actor.stamp.uid))
        return String(decoding: bytes, as: UTF8.self)
    }

    func archiveKey(_ record: ArchiveRecord) throws -> SecretKey {
        try keyring.unwrap(record.key, context: contexts.archiveKey(epoch: record.key.epoch))
    }
}

extension Session {
    /// After this time the ranges of an access are closed on the ledger, whoever comes by.
    static let accessWindow: TimeInterval = 600
    /// After this time an access of a bag or an item is taken for one whose program died.
    private static let longestAccess: TimeInterval = 24 * 3600
    private static let staleAccessesAtOnce = 100

    /// The one way to change the index: one transaction, with the ledger entries of what it changes. Publishes
    /// now and then.
    func record<Result>(_ body: (Recording) throws -> Result) throws -> Result {
        try checkLedgerIsWritable()
        let (result, size) = try recordOrForget { index in
            try checkOrigin(in: index)
            try recorder.renewEntryNote(in: index)
            try checkToken(in: index)
            let recording = try Recording(recorder, index: index, now: now)
            try recordSettings(recording)
            try noteTime(recording)
            if let refused = try index.takeRefusedOpenings() {
                try recording.add(
                    .openingsRefused(.init(count: refused.count, first: refused.first, last: refused.last)))
            }
            try closeStaleAccesses(recording)
            let result = try body(recording)
            try recording.finish()
            return (result, recording.size)
        }
        archive.settingsAreKnown.store(true, ordering: .relaxed)
        ledgerGrew(to: size)
        return result
    }

    /// A transaction that says nothing new: counters, and what follows from entries that are there.
    @discardableResult
    func maintain<Result>(_ body: (IndexWriter) throws -> Result) throws -> Result {
        try checkLedgerIsWritable()
        return try catalog.write(until: limit) { index in
            try checkOrigin(in: index)
            return try body(index)
        }
    }

    private struct Rehearsed<Result: Sendable>: Error { let result: Result }

    /// Runs a transaction and takes it back: what it would answer is what it answers.
    func rehearse<Result: Sendable>(_ body: (Recording) throws -> Result) throws -> Result {
        try checkLedgerIsWritable()
        do {
            return try catalog.write(until: limit) { index in
                throw Rehearsed(result: try body(try Recording(recorder, index: index, now: now)))
            }
        } catch let rehearsed as Rehearsed<Result> {
            return rehearsed.result
        }
    }

    /// The transaction that goes on after a fork: nothing that stops another one stops it.
    func recordFork<Result>(_ body: (Recording) throws -> Result) throws -> Result {
        try catalog.write(until: limit) { index in
            let recording = try Recording(recorder, index: index, now: now)
            let result = try body(recording)
            try recording.finish()
            return result
        }
    }

    /// Notes in the index how far the published place has come. Losing this is harmless: the place knows it, too.
    func noteOrigin() { _ = try? catalog.write { try checkOrigin(in: $0) } }

    /// Runs a transaction. What was read of rules in one that failed may never have been committed.
    private func recordOrForget<Result>(_ body: (IndexWriter) throws -> Result) throws -> Result {
        do {
            return try catalog.write(until: limit, body)
        } catch {
            archive.knownRules.withLock { $0 = nil }
            throw error
        }
    }

    private func closeStaleAccesses(_ recording: Recording) throws {
        let stale = try recording.index.openAccesses(
            openedBefore: recording.now.addingTimeInterval(-Self.accessWindow),
            standingAloneBefore: recording.now.addingTimeInterval(-Self.longestAccess), limit: Self.staleAccessesAtOnce)
        for access in stale {
            try closeAccess(access, recording)
        }
    }

    /// Puts the end of an access on the ledger, in the name of who opened it.
    func closeAccess(_ access: OpenAccessRecord, _ recording: Recording) throws {
        guard let actor = try recording.index.actor(access.actorUID) else {
            throw CatalogError.damaged("an access by nobody")
        }
        try recording.add(
            .accessClosed(
                .init(
                    caseUID: access.caseUID, access: access.entry,
                    bytes: min(access.bytes, CanonicalJSON.largestNumber),
                    ranges: min(access.ranges, CanonicalJSON.largestNumber),
                    complete: access.unfinished == 0)), by: actor.stamp)
        try recording.index.deleteOpenAccess(access.entry)
    }

    /// Puts settings that matter on the ledger where they differ from those that it has last.
    private func recordSettings(_ recording: Recording) throws {
        guard !archive.settingsAreKnown.load(ordering: .relaxed) else { return }
        let recorded = try recorder.recordedSettings(in: recording.index)
        // Another process may have put stricter guards on record since this archive was opened.
        let configuration = configuration.guarded(
            by: recorded, needsTwo: try needsApproval(in: recording.index)
        ).configuration
        guard recorded != configuration.ledgerSettings else { return }
        if configuration.isPublishedElsewhere(than: recorded), var origin = try recording.index.origins().last {
            // Nothing is known of the new place but what this process saw there.
            origin.published = archive.ledgerState.withLock { $0.published }
            try recording.index.update(origin)
        }
        try configuration.record(recording, replacing: recorded)
    }

    /// What opens the commitments of an entry, by their members; those whose case's key is gone are missing.
    func openings(of entry: UInt64, in index: IndexReader) throws -> [String: Commitment.Opening] {
        try recorder.openings(of: entry, in: index) { opening in
            guard let uid = opening.caseUID, let record = try index.caseRecord(uid) else { return nil }
            return try open(record).key.openField(
                opening.sealed, context: contexts.opening(entry: entry, member: opening.member, caseUID: uid))
        }
    }

    /// An actor's name.
    func name(of actor: ActorRecord, in index: IndexReader) throws -> String {
        try recorder.name(of: actor, in: index)
    }

    /// Puts a failed attempt on the ledger, as far as that is possible.
    ///
    /// - Parameter caseID: what it was about; it is named where there is such a case.
    func recordFailure(_ verb: String, _ error: ArchiveError, caseID: CaseID? = nil, count: UInt64 = 1) {
        guard !error.concernsAll else { return }
        _ = try? unhurried.record { recording in
            let tag = caseID.map { keyring.tag($0.text.utf8, purpose: .caseID) }
            let caseUID = try tag.flatMap { try recording.index.caseRecord(caseIDTag: $0) }?.uid
            try recording.add(
                .attemptFailed(
                    .init(
                        verb: verb, code: error.code.rawValue, outcome: .init(error.outcome), count: count,
                        caseUID: caseUID)))
        }
    }

    /// Puts the failures of a batch on the ledger, those of one code together.
    func recordFailures(_ verb: String, _ errors: [ArchiveError]) {
        for (_, same) in Dictionary(grouping: errors, by: \.code).sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            recordFailure(verb, same[0], count: UInt64(same.count))
        }
    }
}

extension Event.AttemptFailed.Outcome {
    fileprivate init(_ outcome: ArchiveError.Outcome) {
        self =
            switch outcome {
            case .failed: .failed
            case .refused: .refused
            case .notFound: .notFound
            case .integrity: .integrity
            }
    }
}
