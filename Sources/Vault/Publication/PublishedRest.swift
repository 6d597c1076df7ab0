internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Synchronization

/// The ledger that is published under the newest origin, as far as it can be read, beside this one: what a fork goes
/// back before.
struct PublishedRest {
    /// What is published and not here, behind the last entry that both have in common.
    var entries: [(number: UInt64, entry: Entry)] = []
    /// Whether it leads to the newest checkpoint that a key of this archive signed.
    var isVouched = false
    /// What the whole of it comes to.
    var holds = HoldBook()
    var people = Authority()
    var rules = RulesBook()
}

extension Session {
    /// Reads what is published, a line after the other: what a fork goes back before is in memory, and nothing else.
    func publishedRest(_ publication: Publication) throws -> PublishedRest {
        var rest = PublishedRest()
        guard let folder = try publication.newestFolder() else { return rest }
        let path = folder + "/" + LedgerFiles.entries
        guard effects.files.exists(path) else { return rest }
        let checkpoint = try publication.signedCheckpoint(in: folder)
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
        rest.isVouched = checkpoint.map { $0.size == frontier.size && $0.root == frontier.root } ?? false
        return rest
    }

    /// Sees that the head's MAC holds, and that every entry leads to its roots: what no head vouches for, nobody can
    /// accept.
    func checkWholeLedger() throws {
        try catalog.read { index in
            let roots = try head(in: index).roots
            var (frontier, strands) = (MerkleFrontier(), StrandReplay())
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
                }
            }
            guard frontier.size == roots.size, frontier.root == roots.root, strands.root() == roots.strands else {
                throw CatalogError.damaged("the entries of the ledger are not those that its head vouches for")
            }
        }
    }

    /// Rules, settings and case events that are published, and are others here.
    func lostRules(_ rest: PublishedRest) throws -> [LostRule] {
        try catalog.read { index in
            var lost: [LostRule] = []
            if rest.entries.contains(where: { $0.entry.strand == .rules }) {
                lost = LostRule.differences(of: rest.rules, from: try recorder.rulesBook(in: index))
            }
            let touched = Dictionary(
                grouping: rest.entries.filter { $0.entry.event.kind == .caseEventRecorded },
                by: { $0.entry.strand.caseUID })
            let last = try head(in: index).roots
            for case (let uid?, _) in touched where try index.caseRecord(uid) != nil {
                let own = try LedgerFacts(of: uid, in: index, last)
                var published = try LedgerFacts(of: uid, in: index, last, before: rest.entries[0].number)
                for (number, entry) in rest.entries where entry.strand == .ofCase(uid) {
                    published.apply(entry, number: number)
                }
                lost += LostRule.differences(of: published.events, from: own.events, uid)
            }
            // Rules first: an event is recorded for a policy that waits for it.
            return lost.sorted { ($0.isEvent ? 1 : 0, $0.code) < ($1.isEvent ? 1 : 0, $1.code) }
        }
    }
}
