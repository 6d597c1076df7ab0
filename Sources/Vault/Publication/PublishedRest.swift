internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Synchronization

/// A ledger that is published under one origin, as far as it can be read, beside this one: what a fork goes back
/// before.
struct PublishedRest {
    /// Of the origin.
    let origin: Int
    /// What is published and not here, behind the last entry that both have in common.
    var entries: [(number: UInt64, entry: Entry)] = []
    /// Whether it leads to a checkpoint of this origin that a key of this archive signed, and that counts no less than
    /// is known to have been published.
    var isVouched = false
    /// What the whole of it comes to.
    var holds = HoldBook()
    var people = Authority()
    var rules = RulesBook()

    /// Settings that were changed behind what both have in common.
    var changedSettings: Set<String> {
        entries.reduce(into: []) { keys, next in
            if case .configurationChanged(let event) = next.entry.event {
                keys.formUnion((event.before ?? event.settings).keys)
            }
        }
    }
}

extension Session {
    /// Reads what is published under this ledger's origin and under later ones: of earlier ones this ledger has said
    /// already what was lost. A line after the other: what a fork goes back before is in memory, and nothing else.
    func publishedRests(_ publication: Publication, since mark: Mark?) throws -> [PublishedRest] {
        try publication.laterFolders().map { number, folder in
            // Of which it is known that so much was published there.
            let known = max(
                number == publication.origin.number ? publication.origin.published : 0,
                mark?.origin == number ? mark?.size ?? 0 : 0)
            return try publishedRest(
                of: number, in: folder, by: try publication.signedCheckpoint(in: folder, number: number), atLeast: known
            )
        }
    }

    private func publishedRest(
        of number: Int, in folder: String, by checkpoint: Checkpoint?, atLeast known: UInt64
    ) throws -> PublishedRest {
        var rest = PublishedRest(origin: number)
        let path = folder + "/" + LedgerFiles.entries
        guard effects.files.exists(path) else { return rest }
        var (frontier, isCommon) = (MerkleFrontier(), true)
        let hasher = MerkleHasher()
        try catalog.read { index in
            var rows: ArraySlice<LedgerRow> = []
            _ = try effects.files.forEachLine(of: path) { line in
                let number = frontier.size
                // What was not signed yet is what a crash left.
                if let checkpoint, number >= checkpoint.size { return }
                frontier.append(line, hasher: hasher)
                if isCommon {
                    if rows.isEmpty { rows = try index.ledgerRows(LedgerFilter(), from: number, limit: 1000)[...] }
                    isCommon = rows.popFirst().map { $0.bytes.elementsEqual(line) } ?? false
                }
                guard let entry = try? Entry(Array(line)) else { return }
                switch entry.strand {
                case .holds: rest.holds.apply(entry, number: number)
                case .people: rest.people.apply(entry, number: number)
                case .rules: rest.rules.apply(entry, number: number)
                default: break
                }
                if !isCommon { rest.entries.append((number, entry)) }
            }
        }
        rest.isVouched =
            checkpoint.map { $0.size == frontier.size && $0.size >= known && $0.root == frontier.root } ?? false
        return rest
    }

    /// Sees that the head's MAC holds, and that every entry leads to its roots: what no head vouches for, nobody can
    /// accept.
    ///
    /// - Returns: the cases that were registered and not destroyed.
    func checkWholeLedger() throws -> Set<CaseUID> {
        try catalog.read { index in
            let roots = try head(in: index).roots
            var (frontier, strands, cases) = (MerkleFrontier(), StrandReplay(), Set<CaseUID>())
            let hasher = MerkleHasher()
            while frontier.size < roots.size {
                let rows = try index.ledgerRows(LedgerFilter(), from: frontier.size, limit: 1000)
                guard !rows.isEmpty else { break }
                for row in rows {
                    try limit.check()
                    guard row.number == frontier.size, let entry = try? Entry(row.bytes) else {
                        throw CatalogError.damaged("entry \(frontier.size) of the ledger is missing, or was altered")
                    }
                    row.bytes.withUnsafeBytes { frontier.append($0, hasher: hasher) }
                    if let problem = strands.apply(entry) {
                        throw CatalogError.damaged("entry \(row.number): \(problem)")
                    }
                    switch entry.event {
                    case .caseRegistered(let event): cases.insert(event.caseUID)
                    case .caseDestroyed(let event): cases.remove(event.caseUID)
                    default: break
                    }
                }
            }
            guard frontier.size == roots.size, frontier.root == roots.root, strands.root() == roots.strands else {
                throw CatalogError.damaged("the entries of the ledger are not those that its head vouches for")
            }
            return cases
        }
    }

    /// Holds that stand by a published ledger, and that this one does not have, or not as far: nobody else will place
    /// them again. Both by their entries.
    func holdsLost(_ rest: PublishedRest) throws -> [HoldBook.Hold] {
        try catalog.read { index in
            let own = try holdBook(in: index)
            return rest.holds.order.compactMap { rest.holds.holds[$0] }.filter { hold in
                hold.endedAt == nil && (own.holds[hold.uid]?.revision ?? 0) < hold.revision
            }
        }
    }

    /// Rules, settings and case events that are published, and are others here; and those that were lost there.
    ///
    /// - Parameter cases: that are here.
    func lostRules(_ rest: PublishedRest, _ cases: Set<CaseUID>) throws -> [LostRule] {
        try catalog.read { index in
            var lost: [LostRule] = rest.holds.lostRules.map(\.rule)
            if rest.entries.contains(where: { $0.entry.strand == .rules }) {
                lost += LostRule.differences(
                    of: rest.rules, from: try recorder.rulesBook(in: index), changed: rest.changedSettings)
            }
            let touched = Dictionary(
                grouping: rest.entries.filter { $0.entry.strand.caseUID.map(cases.contains) ?? false },
                by: { $0.entry.strand.caseUID! })
            let roots = try head(in: index).roots
            for (uid, entries) in touched {
                let kinds = Set(entries.map(\.entry.event.kind))
                if !kinds.isDisjoint(with: [.caseCompleted, .verificationCompleted, .caseCorrected]) {
                    lost.append(.completed(uid))
                }
                guard kinds.contains(.caseEventRecorded) else { continue }
                let own = try LedgerFacts(of: uid, in: index, roots, by: recorder)
                var published = try LedgerFacts(
                    of: uid, in: index, roots, by: recorder, before: rest.entries[0].number)
                for (number, entry) in entries { published.apply(entry, number: number) }
                lost += LostRule.differences(of: published.events, from: own.events, uid)
            }
            return lost
        }
    }
}
