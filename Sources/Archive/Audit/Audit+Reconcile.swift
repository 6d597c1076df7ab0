internal import Base
internal import BlobStore
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Synchronization
internal import Vault

/// What a comparison of the ledger with index and store found.
public struct Reconciliation: Encodable, Sendable {
    public internal(set) var entries: UInt64 = 0
    public internal(set) var cases = 0
    public internal(set) var verifications = 0
    public internal(set) var objects = 0
    public internal(set) var commitments = 0
    /// What does not fit: sentences.
    public internal(set) var findings: [String] = []
    /// Objects that could not be opened.
    var missed: [(object: ObjectUID, why: String)] = []

    private enum CodingKeys: CodingKey { case entries, cases, verifications, objects, commitments, findings }
}

extension Audit {
    /// Replays the ledger and compares what it says with the index and the store, both ways: every entry against its
    /// hash, its place and its commitments, every case, verification, object and actor. Changes nothing in the archive.
    ///
    /// - Parameter progress: entries that were replayed, of how many.
    public func reconcile(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws -> Reconciliation {
        try session.attempt(.audit) {
            var start = Reconciliation()
            if let fork = session.fork { start.findings.append(fork.message) }
            return try reconcile(start, progress: progress)
        }
    }

    private func reconcile(
        _ start: Reconciliation, progress: (_ done: Int, _ of: Int) -> Void
    ) throws -> Reconciliation {
        var result = start
        // One state of the index from the first entry to the last row.
        try session.catalog.read { index in
            result.findings += try index.damages().map { "the index: \($0)" }
            var replay = LedgerReplay()
            let gone = try destroyedCases(in: index)
            try replayEntries(into: &replay, without: gone, in: index, &result, progress: progress)
            replay.finish()
            result.findings += replay.contradictions
            if replay.archive != session.configuration.archiveUID {
                result.findings.append("entry 0 is about another archive")
            }
            try compareCases(&replay, in: index, &result)
            try compareRest(replay, in: index, &result)
            try compareRetention(replay, in: index, &result)
        }
        // Destroyed since the state that was compared, an object is not missed.
        for (object, why) in result.missed where try session.catalog.read({ try $0.hasObject(object) }) {
            result.findings.append("object \(object): \(why)")
        }
        try compareStore(&result)
        try comparePublication(&result)
        return result
    }

    private func replayEntries(
        into replay: inout LedgerReplay, without gone: Set<CaseUID>, in index: IndexReader,
        _ result: inout Reconciliation,
        progress: (_ done: Int, _ of: Int) -> Void
    ) throws {
        let size = try index.ledgerSize()
        let nodes = index.ledgerNodes
        let hasher = MerkleHasher()
        var frontier = MerkleFrontier()
        var (offset, newest, nodeCount) = (UInt64(0), Date.distantPast, UInt64(0))
        while frontier.size < size {
            let rows = try index.ledgerRows(LedgerFilter(), from: frontier.size, limit: 1000)
            guard !rows.isEmpty else { break }
            var completed: [(node: MerkleNode, hash: MerkleHash)] = []
            defer { checkNodes(completed, in: nodes, &result) }
            for row in rows {
                let name = "entry \(row.number)"
                guard row.number == frontier.size else {
                    result.findings.append("entry \(frontier.size) is missing")
                    return
                }
                row.bytes.withUnsafeBytes { buffer in
                    frontier.append(buffer, hasher: hasher) { node, hash in
                        completed.append((node, hash))
                        nodeCount += 1
                    }
                }
                do {
                    let entry = try Entry(row.bytes)
                    newest = max(newest, row.time)
                    if row.kind != entry.event.kind.rawValue || row.actorUID != entry.actor.uid
                        || row.caseUID != entry.event.caseUID
                        || LedgerTime.text(row.time) != LedgerTime.text(entry.time)
                        || row.offset != offset || row.newest != newest
                    {
                        result.findings.append("\(name): what the index keeps beside it is not what it says")
                    }
                    replay.apply(entry, number: row.number)
                    try checkOpenings(of: row, without: gone, in: index, &result)
                } catch {
                    result.findings.append("\(name): \(ArchiveError(error).message)")
                }
                offset += UInt64(row.bytes.count) + 1
            }
            progress(Int(frontier.size), Int(size))
        }
        if try index.ledgerNodeCount() != nodeCount {
            result.findings.append("the ledger has more nodes than its entries make")
        }
        result.entries = frontier.size
    }

    /// That these nodes are stored as they follow from the entries.
    private func checkNodes(
        _ completed: [(node: MerkleNode, hash: MerkleHash)], in nodes: any MerkleNodes, _ result: inout Reconciliation
    ) {
        if (try? nodes.hashes(completed.map(\.node))) == completed.map(\.hash) { return }
        for (node, hash) in completed where (try? nodes.hashes([node])) != [hash] {
            result.findings.append(
                "node \(node.index) of level \(node.level) of the ledger is not the hash of what is below it")
        }
    }

    /// Every commitment of a live case can be opened, and nothing else is kept as an opening.
    private func checkOpenings(
        of row: LedgerRow, without gone: Set<CaseUID>, in index: IndexReader, _ result: inout Reconciliation
    ) throws {
        guard case .object(let members) = try CanonicalJSON(row.bytes) else { return }
        if let uid = row.caseUID, gone.contains(uid) {
            if try !index.ledgerOpenings(of: row.number).isEmpty {
                result.findings.append("entry \(row.number): what opens its commitments outlived its case")
            }
            return
        }
        var commitments = members.filter { $0.key.hasSuffix("Commitment") }
        if case .object(let settings) = members["settings"] {
            for (name, value) in settings where name.hasSuffix(Configuration.commitmentSuffix) {
                commitments["settings/" + name] = value
            }
        }
        let openings = try session.openings(of: row.number, in: index)
        for (member, opening) in openings {
            guard commitments.removeValue(forKey: member) == .text(opening.commitment.hex) else {
                result.findings.append(
                    "entry \(row.number): what is kept to open \(member) does not fit its commitment")
                continue
            }
            result.commitments += 1
        }
        for member in commitments.keys.sorted() {
            result.findings.append("entry \(row.number): nothing is kept to open \(member)")
        }
    }

    private func compareCases(
        _ replay: inout LedgerReplay, in index: IndexReader, _ result: inout Reconciliation
    ) throws {
        var after: CaseUID?
        while true {
            let page = try index.cases(CaseFilter(), after: after, limit: 500)
            guard let last = page.last else { break }
            after = last.uid
            for record in page {
                let verifications = try index.verifications(of: record.uid).map { ($0, try index.objects(of: $0.uid)) }
                result.cases += 1
                result.verifications += verifications.count
                do {
                    let opened = try session.open(record)
                    if session.keyring.tag(opened.particulars.caseID.utf8, purpose: .caseID) != record.caseIDTag
                        || session.subjectTag(opened.particulars.subject) != record.subjectTag
                    {
                        result.findings.append("case \(record.uid): a tag does not fit what it is of")
                    }
                    result.findings += replay.match(
                        record, hasSubject: opened.particulars.subject != nil,
                        hasConsent: opened.particulars.consent != nil,
                        events: try index.caseEvents(of: record.uid).map(\.event), verifications)
                    for (verification, objects) in verifications {
                        let details = try session.details(of: verification, key: opened.key)
                        // They go with the last object.
                        if (details == nil) != objects.isEmpty {
                            result.findings.append(
                                "case \(record.uid), verification \(verification.number): what the answer "
                                    + "said is missing"
                            )
                        }
                    }
                } catch {
                    result.findings.append("case \(record.uid): \(ArchiveError(error).message)")
                }
                for object in verifications.flatMap(\.1) {
                    result.objects += 1
                    do {
                        _ = try session.objectKey(of: object)
                        let length = try session.store.open(object.address).length
                        if length != SealedObject.sealedLength(of: object.length) {
                            result.findings.append(
                                "object \(object.uid): its blob \(object.address) has another length")
                        }
                    } catch {
                        result.missed.append((object.uid, ArchiveError(error).message))
                    }
                }
            }
        }
        for uid in replay.cases.keys.sorted(by: { $0.hex < $1.hex }) {
            result.findings.append("case \(uid) is on the ledger and not in the index")
        }
    }

    private func destroyedCases(in index: IndexReader) throws -> Set<CaseUID> {
        var filter = LedgerFilter()
        filter.kind = Event.Kind.caseDestroyed.rawValue
        return Set(try index.ledgerRows(filter, from: 0, limit: .max).compactMap(\.caseUID))
    }

    /// Policies, decisions, and what is left of what was destroyed.
    private func compareRetention(
        _ replay: LedgerReplay, in index: IndexReader, _ result: inout Reconciliation
    ) throws {
        let records = try index.policyRecords()
        var policies = replay.policies
        for record in records {
            let expected = policies[record.name]?.removeValue(forKey: record.version)
            if expected != record.digest.hex || SHA256.digest(of: record.text.utf8) != record.digest {
                result.findings.append("policy \(record.name) v\(record.version) is not the one that was activated")
            }
        }
        for (name, versions) in policies.sorted(by: { $0.key < $1.key }) {
            for version in versions.keys.sorted() {
                result.findings.append("policy \(name) v\(version) is on the ledger and not in the index")
            }
        }
        if try index.activeSetNumber() != replay.rules.set {
            result.findings.append("another set of policies is active than the ledger says")
        }
        if try index.resolutions() != replay.rules.resolutions {
            result.findings.append("the resolved conflicts are not those of the ledger")
        }
        let newest = try index.newestTime() ?? .distantPast
        if abs(newest.timeIntervalSince(replay.newestTime)) > 0.001 {
            result.findings.append("the newest time on record is not the ledger's")
        }
        let active = try index.activePolicies().map { ($0.name, $0.version) }
        if Dictionary(active, uniquingKeysWith: max) != replay.rules.active.mapValues(\.version) {
            result.findings.append("other policies are active than the ledger says")
        }
        let time = max(session.now, replay.forgottenUpTo)
        let remembered = Set(replay.destroyedCases.filter { $0.value > time }.keys)
        if try index.rememberedCases(after: time) != remembered {
            result.findings.append("the destroyed cases that are remembered are not those of the ledger")
        }
        let waiting = try index.blobRemovals(limit: .max)
        if Dictionary(waiting.map { ($0.object, $0.address) }, uniquingKeysWith: { a, _ in a }) != replay.unremoved {
            result.findings.append("the blobs that wait for their removal are not those of the ledger")
        }
        for address in replay.removed {
            if (try? session.store.open(address)) != nil {
                result.findings.append("the blob \(address) is on the ledger as removed, and still there")
            }
        }
        try compareHolds(replay, in: index, &result)
        do {
            try compareStandings(replay, in: index, &result)
        } catch {
            result.findings.append("decisions cannot be compared: \(ArchiveError(error).message)")
        }
    }

    /// An object that nobody would ask about again would never be destroyed.
    private func compareStandings(
        _ replay: LedgerReplay, in index: IndexReader, _ result: inout Reconciliation
    ) throws {
        let rules = try session.rules(in: index)
        let isCurrent = try index.standingSet() == rules.set && !index.holdsAreUnfinished()
        let holdsAny = try index.hasHolds() || !replay.holds.isEmpty
        // Looked at with a clock that is behind, what was decided since would not follow from the rules yet.
        let time = max(session.now, try index.newestTime() ?? session.now)
        var counts: [Decision.Status: Int] = [:]
        var position: CatalogPosition?
        while true {
            let rows = try index.retentionRows(.all, after: position, limit: 1000)
            guard let last = rows.last else { break }
            position = last.position
            for row in rows {
                let standing = row.standing
                counts[standing.status, default: 0] += 1
                if holdsAny { try compareHolds(of: row, replay, in: index, &result) }
                guard isCurrent else { continue }
                if let change = standing.changesAt, change <= time { continue }
                let decision = rules.engine.decide(row.facts, at: time)
                let changesDiffer = { (a: Date?, b: Date?) in
                    (a == nil) != (b == nil) || abs((a ?? .distantPast).timeIntervalSince(b ?? .distantPast)) > 0.01
                }
                if standing.status != decision.status || changesDiffer(standing.changesAt, decision.next?.at)
                    || (!decision.status.isDue && changesDiffer(standing.dueAt, decision.dueAt))
                {
                    result.findings.append(
                        "object \(row.object): what the index keeps of its decision is not what follows from the "
                            + "rules; a refresh of the decisions computes it anew"
                    )
                }
            }
        }
        for name in try index.miscounts() {
            result.findings.append("what the index has counted is not what is there: \(name)")
        }
        if try index.standingCounts() != counts {
            result.findings.append("how many objects have each status is not what the index has counted")
        }
    }

    /// Blobs that no row names; what a command is bringing in is nobody's business yet.
    private func compareStore(_ result: inout Reconciliation) throws {
        var unknown: [BlobAddress] = []
        try session.store.walk { listing in
            if case .blob(let address, _, false) = listing { unknown.append(address) }
        }
        for page in stride(from: 0, to: unknown.count, by: 1000) {
            let addresses = unknown[page..<min(page + 1000, unknown.count)]
            // By the newest state: some may have been committed after the one that was replayed.
            try session.catalog.read { index in
                for address in addresses
                where try index.object(address: address) == nil && !index.isAwaitingRemoval(address) {
                    result.findings.append("no row of the index names the blob \(address)")
                }
            }
        }
    }

    /// What is published is whole, and signed by this archive. What a crash left half published is completed first, as
    /// every command does.
    private func comparePublication(_ result: inout Reconciliation) throws {
        session.publish()
        let publication = session.publication(of: session.origin)
        guard session.configuration.publication.command == nil, session.effects.files.exists(publication.folder) else {
            return
        }
        var verifier = EvidenceVerifier()
        verifier.verifierKey = try verifierKey()
        result.findings += try publication.withLock { try verifier.verify(publication.folder).problems }
    }

    private func compareRest(
        _ replay: LedgerReplay, in index: IndexReader, _ result: inout Reconciliation
    ) throws {
        for (uid, known) in replay.actors {
            guard let actor = try index.actor(uid), actor.stamp.known == known else {
                result.findings.append("actor \(uid) is on the ledger and not in the index")
                continue
            }
            guard let name = try? session.name(of: actor, in: index),
                session.keyring.tag(name.utf8, purpose: .actor) == actor.nameTag
            else {
                result.findings.append("actor \(uid): the name cannot be opened, or does not fit its tag")
                continue
            }
        }
        if try index.actorCount() != replay.actors.count {
            result.findings.append("the index has actors that are not on the ledger")
        }
        let origins = try index.origins()
        if origins.map(\.origin) != replay.origins.map(\.origin)
            || origins.map(\.firstEntry) != replay.origins.map(\.firstEntry)
        {
            result.findings.append("the index has other origins than the ledger")
        }
        let accesses = try index.openAccesses(
            openedBefore: .distantFuture, standingAloneBefore: .distantFuture, limit: .max)
        for access in accesses {
            guard let row = try index.ledgerRow(access.entry), let entry = try? Entry(row.bytes),
                case .accessOpened(let event) = entry.event, entry.actor.uid == access.actorUID,
                event.caseUID == access.caseUID,
                access.joinable.map({ event.form == .ranges && event.objects == [$0.object] })
                    ?? (event.form != .ranges),
                abs(entry.time.timeIntervalSince(access.openedAt)) < 0.001
            else {
                result.findings.append(
                    "entry \(access.entry): what the index keeps of this access is not what the entry says")
                continue
            }
        }
        let open = Set(accesses.map(\.entry))
        for entry in open.symmetricDifference(replay.openAccesses).sorted() {
            result.findings.append("entry \(entry): whether this access was closed is not what the index says")
        }
    }
}
