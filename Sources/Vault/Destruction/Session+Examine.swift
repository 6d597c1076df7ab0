package import Base
internal import Catalog
package import Foundation
internal import Ledger
internal import Retention

/// What a purge found in its slice of the archive.
package struct Examination: Sendable {
    /// Where the next one goes on, and when this one was.
    package let examined: Head.Examined
    /// Cases that were looked at.
    package fileprivate(set) var cases = 0
    /// Objects that index and ledger do not say the same of, or that the index does not have.
    package fileprivate(set) var altered: Set<ObjectUID> = []
    /// Cases of which nothing can be said, because their entries were altered.
    package fileprivate(set) var unreadable = 0
    /// Cases with an object whose standing is not what the rules say of it now.
    package fileprivate(set) var stale: [CaseUID] = []
}

extension Session {
    /// Every case is looked at once in so many seconds, where purges run at all: seven days.
    package static let examinedWithin: TimeInterval = 7 * 86_400
    private static let examinedTogether = 256

    /// Looks at a slice of all cases, in the order of their strands: whether the index says of their objects what the
    /// ledger says, and whether their standings are those that follow. A purge finds what is due by standings, which no
    /// key vouches for: without this, one that says "nothing is due" would be believed for ever.
    ///
    /// The slice is as large a part of all cases as the time since the last one is of seven days.
    package func examine() throws -> Examination {
        let own = UInt64(Strand.own.count)
        let (count, last) = try catalog.read { index in
            let head = try head(in: index)
            return (head.roots.strands.count, head.examined)
        }
        let cases = count - min(count, own)
        // A look in the future was by a clock that was set back since: nobody knows how long ago it was.
        let since = now.timeIntervalSince(last.time)
        let share = since < 0 ? 1 : min(1, since / Self.examinedWithin)
        let wanted = cases == 0 ? 0 : min(cases, max(1, UInt64((Double(cases) * share).rounded(.up))))
        let start = (own..<own + cases).contains(last.strand) ? last.strand : own
        let end = start + wanted
        let next = end < count ? end : own + (end - count)
        var result = Examination(examined: Head.Examined(strand: next, time: now))
        // Around the end, the slice goes on at the beginning.
        for part in [start..<min(end, count), own..<max(own, own + end - min(end, count))] {
            var from = part.lowerBound
            while from < part.upperBound {
                try limit.check()
                let limit = min(Self.examinedTogether, Int(part.upperBound - from))
                try catalog.read { try examine(index: $0, from: from, limit: limit, &result) }
                from += UInt64(limit)
            }
        }
        return result
    }

    private func examine(
        index: IndexReader, from leaf: UInt64, limit: Int, _ result: inout Examination
    ) throws {
        let roots = try head(in: index).roots
        let rules = try rules(in: index)
        let book = try holdBook(in: index)
        let authority = try authority(in: index)
        // Rows behind the slice do not fill the places of those that are gone.
        let records =
            try unlessTheIndexFails { try index.strands(from: leaf, limit: limit) }?
            .filter { $0.leaf < leaf + UInt64(limit) } ?? []
        result.cases += limit
        // A strand that is missing among them is one that cannot be read.
        result.unreadable += limit - records.count
        let facts: [LedgerFacts]
        if let all = try unlessTheIndexFails({ try ledgerFacts(records, in: index, roots) }) {
            facts = all
        } else {
            // One of them was altered; the others are looked at all the same.
            facts = try records.compactMap { record in
                try unlessTheIndexFails { try ledgerFacts([record], in: index, roots) }?.first
            }
            result.unreadable += records.count - facts.count
        }
        let objects = facts.flatMap(\.liveObjects)
        let rows = try Dictionary(
            index.retentionRows(.objects(objects), after: nil, limit: objects.count).map { ($0.object, $0) }
        ) { first, _ in first }
        for facts in facts {
            var isStale = false
            guard let expected = try book.expectsAny ? expectations(of: facts.caseUID, in: index) : [] else {
                result.altered.formUnion(facts.liveObjects)
                continue
            }
            for object in facts.liveObjects {
                guard let row = rows[object], row.caseUID == facts.caseUID,
                    facts.agree(with: row, isAllowed: { $0.map { authority.allowed(.backstop, by: $0) } ?? true }),
                    let history = facts.history(of: object),
                    Set(row.facts.holds.map(\.matter)) == Set(book.binding(history, expected: expected).map(\.hex))
                else {
                    result.altered.insert(object)
                    continue
                }
                let standing = Standing(rules.engine.decide(row.facts, at: now), set: rules.set).rounded
                isStale =
                    isStale || standing.status != row.standing.status || standing.dueAt != row.standing.dueAt
                    || standing.changesAt != row.standing.changesAt
            }
            if isStale { result.stale.append(facts.caseUID) }
        }
    }

    /// Nil where what is known of the case is not what was registered.
    private func expectations(of uid: CaseUID, in index: IndexReader) throws -> [HoldExpectation]? {
        try unlessTheIndexFails { try index.caseRecord(uid).map { try expectations(of: $0, in: index) } ?? [] }
    }

    /// What the ledger says of some cases, proved together.
    private func ledgerFacts(
        _ records: [StrandRecord], in index: IndexReader, _ roots: LedgerRoots
    ) throws -> [LedgerFacts] {
        try Vault.provedEntries(of: records, in: index, roots).map { strand, entries in
            guard let uid = strand.caseUID else { throw CatalogError.damaged("strand \(strand.name) is no case") }
            var facts = LedgerFacts(uid)
            for (number, entry) in try recorder.opened(entries, of: uid, in: index) {
                facts.apply(entry, number: number)
            }
            return facts
        }
    }
}
