internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import StrictYAML
internal import Vault

extension Policies {
    /// What a policy would change: every object is decided about twice. Changes nothing.
    public func simulate(
        _ file: PolicyFile, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> PolicyImpact {
        try session.attempt(.look, file.path) {
            try session.catalog.read { try impact(of: file, in: $0, progress: progress) }
        }
    }

    /// How many objects a change of policies would make due earlier now; nil for what is no such change.
    func objectsDueEarlier(by effect: Effect, in index: IndexReader) throws -> Int? {
        switch effect.verb {
        case .policyActivate:
            let file = try PolicyFile(Array((effect.text ?? "").utf8), path: effect.policy ?? "")
            return try impact(of: file, in: index, progress: { _, _ in }).earlier
        case .policyRetire:
            let rules = try session.rules(in: index)
            guard let record = rules.records.first(where: { $0.name == effect.policy }) else { return nil }
            return try count(
                PolicyImpact(retiring: record), rules, try rules.removing(record.name), in: index, progress: { _, _ in }
            ).earlier
        default: return nil
        }
    }

    func impact(
        of file: PolicyFile, in index: IndexReader, progress: (Int, Int) -> Void
    ) throws -> PolicyImpact {
        let rules = try session.rules(in: index)
        try check(file, against: rules, in: index)
        let next = try rules.replacing(with: file.record(entry: 0), resolutions: rules.engine.resolutions)
        return try count(PolicyImpact(file, replacing: rules), rules, next, in: index, progress: progress)
    }

    /// Decides about every object by two sets of rules.
    func count(
        _ start: PolicyImpact, _ rules: ActiveRules, _ next: ActiveRules, in index: IndexReader,
        progress: (Int, Int) -> Void
    ) throws -> PolicyImpact {
        var impact = start
        // One time for all.
        let now = session.now
        if impact.form == PolicyRecord.Form.policy.rawValue {
            let total = try index.objectCount()
            var position: CatalogPosition?
            while true {
                let rows = try index.retentionRows(.all, after: position, limit: 2000)
                guard let last = rows.last else { break }
                position = last.position
                for row in rows { try compare(row, rules, next, at: now, &impact, in: index) }
                progress(impact.objects, total)
            }
        }
        impact.finish(set: rules.set)
        return impact
    }

    func compare(
        _ row: RetentionRow, _ rules: ActiveRules, _ next: ActiveRules, at now: Date, _ impact: inout PolicyImpact,
        in index: IndexReader
    ) throws {
        // Without holds: what they keep now would go with them.
        var facts = row.facts
        facts.holds = []
        let old = rules.engine.decide(facts, at: now)
        let new = next.engine.decide(facts, at: now)
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
    }
}
