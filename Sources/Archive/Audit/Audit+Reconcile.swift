internal import Base
internal import BlobStore
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault

extension Audit {
    /// Replays the ledger and compares what it says with the index and the store, both ways: every entry against its
    /// hash, its place and its commitments, every case, verification, object and actor. Changes nothing in the archive.
    ///
    /// - Parameter progress: entries that were replayed, of how many.
    public func reconcile(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws -> Reconciliation {
        try session.attempt(.audit) {
            var start = Reconciliation()
            if let fork = session.fork { start.find(fork.message) }
            return try reconcile(start, progress: progress)
        }
    }

    private func reconcile(
        _ start: Reconciliation, progress: (_ done: Int, _ of: Int) -> Void
    ) throws -> Reconciliation {
        var result = start
        // One state of the index from the first entry to the last row.
        try session.catalog.read { index in
            result.find(all: try index.damages().map { "the index: \($0)" })
            var replay = LedgerReplay()
            let root = try replayEntries(into: &replay, in: index, &result, progress: progress)
            replay.finish()
            try compareHead(replay, root: root, in: index, &result)
            try compareTags(in: index, &result)
            result.find(all: replay.contradictions)
            if replay.archive != session.configuration.archiveUID {
                result.find("entry 0 is about another archive")
            }
            let unremoved = try compareCases(replay, in: index, &result)
            try compareRest(replay, in: index, &result)
            try compareRetention(replay, unremoved: unremoved, in: index, &result)
        }
        // Destroyed since the state that was compared, an object is not missed.
        for (object, why) in result.missed where try session.catalog.read({ try $0.hasObject(object) }) {
            result.find("object \(object): \(why ?? "it could not be opened")")
        }
        try compareStore(&result)
        try comparePublication(&result)
        return result
    }

    private func replayEntries(
        into replay: inout LedgerReplay, in index: IndexReader, _ result: inout Reconciliation,
        progress: (_ done: Int, _ of: Int) -> Void
    ) throws -> MerkleHash {
        let size = try index.ledgerSize()
        let nodes = index.ledgerNodes
        let hasher = MerkleHasher()
        var frontier = MerkleFrontier()
        var (offset, newest, nodeCount) = (UInt64(0), Date.distantPast, UInt64(0))
        while frontier.size < size {
            try session.limit.check()
            let rows = try index.ledgerRows(LedgerFilter(), from: frontier.size, limit: 1000)
            guard !rows.isEmpty else { break }
            // Those of cases are opened with their cases.
            let openings = try index.ledgerOpenings(of: rows.filter { $0.caseUID == nil }.map(\.number))
            var completed: [(node: MerkleNode, hash: MerkleHash)] = []
            defer { checkNodes(completed, in: nodes, &result) }
            for row in rows {
                let name = "entry \(row.number)"
                guard row.number == frontier.size else {
                    result.find("entry \(frontier.size) is missing")
                    return frontier.root
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
                        || row.strand != entry.strand
                        || LedgerTime.text(row.time) != LedgerTime.text(entry.time)
                        || row.offset != offset || row.newest != newest
                    {
                        result.find("\(name): what the index keeps beside it is not what it says")
                    }
                    replay.apply(entry, number: row.number)
                    if row.caseUID == nil {
                        try checkOpenings(of: row, openings[row.number] ?? [], in: index, &result) { _ in nil }
                    }
                } catch {
                    result.find("\(name): \(ArchiveError(error).message)")
                }
                offset += UInt64(row.bytes.count) + 1
            }
            progress(Int(clamping: frontier.size), Int(clamping: size))
        }
        if try index.ledgerNodeCount() != nodeCount {
            result.find("the ledger has more nodes than its entries make")
        }
        result.entries = frontier.size
        return frontier.root
    }

    /// That these nodes are stored as they follow from the entries.
    private func checkNodes(
        _ completed: [(node: MerkleNode, hash: MerkleHash)], in nodes: any MerkleNodes, _ result: inout Reconciliation
    ) {
        if (try? nodes.hashes(completed.map(\.node))) == completed.map(\.hash) { return }
        // What is above one that is wrong is wrong because of it.
        var wrong: Set<UInt64> = []
        for (node, hash) in completed where (try? nodes.hashes([node])) != [hash] {
            let (first, last) = (node.index << node.level, ((node.index + 1) << node.level) - 1)
            let isBelow = wrong.contains { first <= $0 && $0 <= last }
            wrong.insert(first)
            if isBelow { continue }
            result.find(
                node.level == 0
                    ? "entry \(first) was altered"
                    : "an entry from \(first) to \(last) was altered, or node \(node.index) of level \(node.level) "
                        + "over them")
        }
    }

    /// Every commitment can be opened, and nothing else is kept as an opening.
    ///
    /// - Parameter underCase: opens what is sealed under a case's key.
    func checkOpenings(
        of row: LedgerRow, _ records: [OpeningRecord], in index: IndexReader, _ result: inout Reconciliation,
        underCase: (OpeningRecord) throws -> [UInt8]?
    ) throws {
        guard case .object(let members) = try CanonicalJSON(row.bytes) else { return }
        var commitments = members.filter { $0.key.hasSuffix("Commitment") }
        for group in ["settings", "before"] {
            guard case .object(let settings) = members[group] else { continue }
            for (name, value) in settings where name.hasSuffix(Configuration.commitmentSuffix) {
                commitments["\(group)/\(name)"] = value
            }
        }
        if commitments.isEmpty, records.isEmpty { return }
        let openings = try session.recorder.open(records, in: index, underCase: underCase)
        for (member, opening) in openings {
            guard commitments.removeValue(forKey: member) == .text(opening.commitment.hex) else {
                result.find(
                    "entry \(row.number): what is kept to open \(member) does not fit its commitment")
                continue
            }
            result.commitments += 1
        }
        for member in commitments.keys.sorted() {
            result.find("entry \(row.number): nothing is kept to open \(member)")
        }
    }

    /// Policies, decisions, and what is left of what was destroyed.
    private func compareRetention(
        _ replay: LedgerReplay, unremoved: [ObjectUID: BlobAddress], in index: IndexReader,
        _ result: inout Reconciliation
    ) throws {
        let records = try index.policyRecords()
        var policies = replay.policies
        for record in records {
            let expected = policies[record.name]?.removeValue(forKey: record.version)
            if expected?.file != record.digest.hex || expected?.entry != record.entry
                || SHA256.digest(of: record.text.utf8) != record.digest
            {
                result.find("policy \(record.name) v\(record.version) is not the one that was activated")
            }
        }
        for (name, versions) in policies.sorted(by: { $0.key < $1.key }) {
            for version in versions.keys.sorted() {
                result.find("policy \(name) v\(version) is on the ledger and not in the index")
            }
        }
        if try index.policySetEntries() != replay.rules.sets || index.policySetMembers() != replay.setMembers {
            result.find("the sets of policies are not those of the ledger")
        }
        if try index.activeSetNumber() != replay.rules.set {
            result.find("another set of policies is active than the ledger says")
        }
        if try index.resolutions() != replay.rules.resolutions {
            result.find("the resolved conflicts are not those of the ledger")
        }
        let active = try index.activePolicies().map { ($0.name, $0.version) }
        if Dictionary(active, uniquingKeysWith: max) != replay.rules.active.mapValues(\.version) {
            result.find("other policies are active than the ledger says")
        }
        let time = max(session.now, replay.forgottenUpTo)
        let remembered = Set(replay.destroyedCases.filter { $0.value > time }.keys)
        if try index.rememberedCases(after: time) != remembered {
            result.find("the destroyed cases that are remembered are not those of the ledger")
        }
        try index.forEachDestroyedTag { remembered in
            let entry = try index.ledgerRow(remembered.entry).flatMap { try? Entry($0.bytes) }
            if entry.map(remembered.agrees(with:)) != true {
                result.find("what is remembered of a destruction is not what entry \(remembered.entry) says")
            }
        }
        let waiting = try index.blobRemovals(limit: .max)
        if Dictionary(waiting.map { ($0.object, $0.address) }, uniquingKeysWith: { a, _ in a }) != unremoved {
            result.find("the blobs that wait for their removal are not those of the ledger")
        }
        try compareHolds(replay, in: index, &result)
        do {
            try compareStandings(in: index, &result)
        } catch {
            result.find("decisions cannot be compared: \(ArchiveError(error).message)")
        }
    }

    /// An object that nobody would ask about again would never be destroyed.
    private func compareStandings(in index: IndexReader, _ result: inout Reconciliation) throws {
        let rules = try session.rules(in: index)
        let isCurrent = try index.standingSet() == rules.set && !index.holdsAreUnfinished()
        // Looked at with a clock that is behind, what was decided since would not follow from the rules yet.
        let time = max(session.now, try session.newestTime(in: index) ?? session.now)
        var counts: [Decision.Status: Int] = [:]
        var position: CatalogPosition?
        while true {
            try session.limit.check()
            let rows = try index.retentionRows(.all, after: position, limit: 1000)
            guard let last = rows.last else { break }
            position = last.position
            for row in rows {
                let standing = row.standing
                counts[standing.status, default: 0] += 1
                guard isCurrent else { continue }
                if let change = standing.changesAt, change <= time { continue }
                let decision = rules.engine.decide(row.facts, at: time)
                let changesDiffer = { (a: Date?, b: Date?) in
                    (a == nil) != (b == nil) || abs((a ?? .distantPast).timeIntervalSince(b ?? .distantPast)) > 0.01
                }
                if standing.status != decision.status || changesDiffer(standing.changesAt, decision.next?.at)
                    || (!decision.status.isDue && changesDiffer(standing.dueAt, decision.dueAt))
                {
                    result.find(
                        "object \(row.object): what the index keeps of its decision is not what follows from the "
                            + "rules; a refresh of the decisions computes it anew"
                    )
                }
            }
        }
        for name in try index.miscounts() {
            result.find("what the index has counted is not what is there: \(name)")
        }
        if try index.standingCounts() != counts {
            result.find("how many objects have each status is not what the index has counted")
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
                    result.find("no row of the index names the blob \(address)")
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
        result.find(all: try publication.withLock { try verifier.verify(publication.folder).problems })
    }

    private func compareRest(
        _ replay: LedgerReplay, in index: IndexReader, _ result: inout Reconciliation
    ) throws {
        for (uid, known) in replay.actors {
            guard let actor = try index.actor(uid), actor.stamp.known == known else {
                result.find("actor \(uid) is on the ledger and not in the index")
                continue
            }
            guard let name = try? session.name(of: actor, in: index),
                session.keyring.tag(name.utf8, purpose: .actor) == actor.nameTag
            else {
                result.find("actor \(uid): the name cannot be opened, or does not fit its tag")
                continue
            }
        }
        if try index.actorCount() != replay.actors.count {
            result.find("the index has actors that are not on the ledger")
        }
        let origins = try index.origins()
        if origins.map(\.origin) != replay.origins.map(\.origin)
            || origins.map(\.firstEntry) != replay.origins.map(\.firstEntry)
        {
            result.find("the index has other origins than the ledger")
        }
        let accesses = try index.openAccesses(
            openedBefore: .distantFuture, standingAloneBefore: .distantFuture, limit: .max)
        for access in accesses {
            guard let row = try index.ledgerRow(access.entry), let entry = try? Entry(row.bytes),
                case .accessOpened(let event) = entry.event, entry.actor.uid == access.actorUID,
                event.caseUID == access.caseUID,
                access.joinable.map({ event.form == .ranges && event.objects == [$0.object] })
                    ?? (event.form != .ranges),
                abs(entry.time.timeIntervalSince(access.openedAt)) < 0.0005
            else {
                result.find(
                    "entry \(access.entry): what the index keeps of this access is not what the entry says")
                continue
            }
        }
        // Where the head itself is another, that is said already.
        if let head = try? session.head(in: index), try OpenAccesses.digest(in: index) != head.accesses {
            result.find("what the index keeps of accesses that are open is not what the keys vouch for")
        }
        let open = Set(accesses.map(\.entry))
        for entry in open.symmetricDifference(replay.openAccesses).sorted() {
            result.find("entry \(entry): whether this access was closed is not what the index says")
        }
    }
}
