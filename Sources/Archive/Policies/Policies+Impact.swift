internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Vault

extension Policies {
    /// What a policy would change: every object is decided about twice. Changes nothing.
    public func simulate(
        _ file: PolicyFile, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> PolicyImpact {
        try session.attempt(.look, file.path) {
            try session.catalog.read { try impact(of: file, in: $0, progress: progress).impact }
        }
    }

    /// How many objects a change of policies would make due earlier now; nil for what is no such change.
    func objectsDueEarlier(by effect: Effect, in index: IndexReader) throws -> Int? {
        switch effect.verb {
        case .policyActivate:
            let file = try PolicyFile(Array((effect.text ?? "").utf8), path: effect.policy ?? "")
            return try impact(of: file, in: index, progress: { _, _ in }).impact.earlier
        case .policyRetire:
            let rules = try session.rules(in: index)
            guard let record = rules.records.first(where: { $0.name == effect.policy }) else { return nil }
            return try count(
                PolicyImpact(retiring: record), rules, try rules.removing(record.name), in: index, progress: { _, _ in }
            ).impact.earlier
        default: return nil
        }
    }

    /// What was counted, and what of it need not be computed again once the change is made.
    struct Counted {
        var impact: PolicyImpact
        var ahead: StandingsAhead?
        /// Entries that the ledger had.
        let ledgerSize: UInt64

        /// What was computed ahead, where nothing has happened since it was.
        func ahead(at size: UInt64) -> StandingsAhead? { size == ledgerSize ? ahead : nil }
    }

    func impact(
        of file: PolicyFile, in index: IndexReader, progress: (Int, Int) -> Void
    ) throws -> Counted {
        let rules = try session.rules(in: index)
        try check(file, against: rules, in: index)
        let next = try rules.replacing(with: file.record(entry: 0), resolutions: rules.engine.resolutions)
        return try count(PolicyImpact(file, replacing: rules), rules, next, in: index, progress: progress)
    }

    /// Decides about every object by two sets of rules.
    func count(
        _ start: PolicyImpact, _ rules: ActiveRules, _ next: ActiveRules, in index: IndexReader,
        progress: (Int, Int) -> Void
    ) throws -> Counted {
        var counted = Counted(impact: start, ledgerSize: try index.ledgerSize())
        // One time for all.
        let now = session.now
        if start.form == PolicyRecord.Form.policy.rawValue {
            // Pins that are not set yet come without entries of their own.
            if try !index.holdsAreUnfinished() { counted.ahead = StandingsAhead(set: next.set, computedAt: now) }
            let total = try index.objectCount()
            var (position, pending):
                (CatalogPosition?, (rows: [RetentionRow], before: PendingDecisions, after: PendingDecisions)?)
            while true {
                try session.limit.check()
                // Read while the ones before are decided about.
                let rows = try index.retentionRows(.all, after: position, limit: 2000)
                if let pending {
                    // What stands in the index is a hint: whether another person is asked must not rest on it.
                    let before = pending.before.wait()
                    for (place, decision) in pending.after.wait().enumerated() {
                        let row = pending.rows[place]
                        let new = Standing(decision, set: next.set).rounded
                        let old = Standing(before[place], set: rules.set).rounded
                        try compare(row, old, new, &counted.impact, in: index)
                        if row.facts.holds.isEmpty { counted.ahead?.append(new, at: row.position) }
                    }
                    progress(counted.impact.objects, total)
                }
                guard let last = rows.last else { break }
                position = last.position
                // Without holds: what they keep now would go with them.
                let withoutHolds: @Sendable (ObjectFacts) -> ObjectFacts = { facts in
                    var facts = facts
                    facts.holds = []
                    return facts
                }
                pending = (
                    rows, PendingDecisions(rows, by: rules.engine, at: now, withoutHolds),
                    PendingDecisions(rows, by: next.engine, at: now, withoutHolds)
                )
            }
        }
        counted.impact.finish(set: rules.set)
        return counted
    }

    func compare(
        _ row: RetentionRow, _ old: Standing, _ new: Standing, _ impact: inout PolicyImpact, in index: IndexReader
    ) throws {
        guard let change = impact.count(old, new) else { return }
        guard impact.examples.filter({ $0.change == change }).count < PolicyImpact.examplesOfEach,
            let record = try index.caseRecord(row.caseUID)
        else { return }
        impact.examples.append(
            PolicyImpact.Example(
                change: change, caseID: try session.open(record).particulars.caseID, kind: row.facts.media,
                before: old.dueAt,
                after: new.dueAt, statusBefore: old.status.rawValue, statusAfter: new.status.rawValue))
    }

    func check(_ file: PolicyFile, against rules: ActiveRules, in index: IndexReader) throws {
        if let active = rules.records.first(where: { $0.name == file.name }), active.form != file.form {
            throw ArchiveError(
                .policyExists,
                "\(file.name) is the name of \(active.form == .terms ? "terms" : "a policy") that is active",
                remedy: "give it another name")
        }
        if let known = try index.policyRecord(file.name, version: file.version), known.digest != file.digest {
            throw ArchiveError(
                .policyExists, "\(file.name) v\(file.version) was activated with other contents",
                remedy: "a policy never changes once it was active: give the file a new version")
        }
        guard !rules.records.contains(where: { $0.name == file.name && $0.version == file.version }) else {
            throw ArchiveError(
                .policyActive, "\(file.name) v\(file.version) is active already", remedy: "there is nothing to do")
        }
        let newest = try index.policyRecords().filter { $0.name == file.name }.map(\.version).max()
        if let newest, file.version < newest, try index.policyRecord(file.name, version: file.version) == nil {
            throw ArchiveError(
                .policyExists, "\(file.name) v\(file.version) is older than v\(newest), which was active",
                remedy: "give the file a version above \(newest)")
        }
    }
}

extension PolicyImpact {
    init(retiring record: PolicyRecord) {
        self.init(
            form: record.form.rawValue, policy: record.name, version: record.version, title: "no longer in force",
            file: record.digest.hex, replaces: nil)
    }

    init(_ file: PolicyFile, replacing rules: ActiveRules) {
        self.init(
            form: file.form.rawValue, policy: file.name, version: file.version, title: file.title,
            file: file.digest.hex,
            replaces: rules.records.first { $0.name == file.name || ($0.form == .terms && file.form == .terms) }?
                .version)
        if case .terms(let terms) = file.content { asksFor = terms.asksFor }
    }
}
