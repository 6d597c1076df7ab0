package import Base
package import Catalog
internal import Foundation
package import Ledger
package import Retention
internal import StrictYAML
internal import Synchronization

/// The policies, resolutions and terms that are active, ready to use.
package struct ActiveRules: Sendable {
    /// The number of their set; 0 before any.
    package let set: Int
    package let engine: RetentionEngine
    package let terms: Terms?
    package let records: [PolicyRecord]

    package init(set: Int, records: [PolicyRecord], resolutions: [Resolution], margins: RetentionMargins) throws {
        self.set = set
        self.records = records
        do {
            engine = RetentionEngine(
                policies: try records.filter { $0.form == .policy }.map { try Policy(yaml: $0.text) },
                resolutions: resolutions, margins: margins)
            terms = try records.first { $0.form == .terms }.map { try Terms(yaml: $0.text) }
        } catch let error as YAMLProblem {
            throw CatalogError.damaged("an active policy cannot be read: \(error)")
        }
    }

    /// The digest of an active policy's file.
    package func digest(of policy: String) -> Digest? { records.first { $0.name == policy }?.digest }

    /// The same with one more policy or terms, in the place of an earlier version, or of other terms.
    package func replacing(with record: PolicyRecord, resolutions: [Resolution]) throws -> ActiveRules {
        let others = records.filter { $0.name != record.name && ($0.form != .terms || record.form != .terms) }
        return try ActiveRules(
            set: set + 1, records: (others + [record]).sorted { $0.name < $1.name }, resolutions: resolutions,
            margins: engine.margins)
    }
}

extension ActiveRules {
    /// The same without a policy or terms.
    package func removing(_ name: String) throws -> ActiveRules {
        try ActiveRules(
            set: set + 1, records: records.filter { $0.name != name }, resolutions: engine.resolutions,
            margins: engine.margins)
    }
}

extension Session {
    /// The active rules of a state of the index.
    package func rules(in index: IndexReader) throws -> ActiveRules {
        let number = try index.activeSetNumber()
        // The index does not vouch for the rules by which something is destroyed: their entries do.
        let recorded = try recorder.rulesBook(in: index).rules
        // Known by the entry that made them, and not by their number alone: two transactions may have had the same, of
        // which one was rolled back.
        let entry = try index.activeSetEntry().flatMap { try index.ledgerRow($0)?.bytes }
        if let known = archive.knownRules.withLock({ $0 }), known.rules.set == number, known.entry == entry,
            recorded.set == number
        {
            return known.rules
        }
        let records = try index.activePolicies()
        let resolutions = try index.resolutions()
        let files = records.map {
            (
                $0.name,
                RecordedRules.File(
                    version: $0.version, file: SHA256.digest(of: $0.text.utf8).hex, isTerms: $0.form == .terms)
            )
        }
        guard recorded.set == number, recorded.resolutions == resolutions,
            recorded.active == Dictionary(files, uniquingKeysWith: { first, _ in first })
        else { throw CatalogError.damaged("the active policies are not those that the ledger says were activated") }
        let rules = try ActiveRules(
            set: number, records: records, resolutions: resolutions, margins: configuration.retention.margins)
        // In the transaction that makes them the entry is not there yet.
        if entry != nil || number == 0 { archive.knownRules.withLock { $0 = (rules, entry) } }
        return rules
    }
}

/// What is active by the ledger alone.
package struct RecordedRules {
    package struct File: Equatable {
        package let version: Int
        /// SHA-256, in hexadecimal.
        package let file: String
        package let isTerms: Bool
    }

    package private(set) var set = 0
    /// The entry that made each set.
    package private(set) var sets: [Int: UInt64] = [:]
    package private(set) var active: [String: File] = [:]
    package private(set) var resolutions: [Resolution] = []
    private var terms: String?

    package init() {}

    package mutating func apply(_ event: Event, entry: UInt64) {
        defer { if set > 0, sets[set] == nil { sets[set] = entry } }
        switch event {
        case .policyActivated(let event):
            if event.form == .terms {
                if let terms { active[terms] = nil }
                terms = event.policy
            }
            active[event.policy] = File(
                version: Int(event.version), file: event.file, isTerms: event.form == .terms)
            set = Int(event.set)
        case .policyRetired(let event):
            active[event.policy] = nil
            if terms == event.policy { terms = nil }
            set = Int(event.set)
        case .conflictResolved(let event):
            resolutions.append(
                Resolution(
                    entry: entry, lower: RuleName(event.lower), upper: RuleName(event.upper),
                    winner: event.winner == .keep ? .keep : .destroy))
            set = Int(event.set)
        default: break
        }
    }
}

extension RuleName {
    fileprivate init(_ rule: Event.ConflictResolved.Rule) {
        self.init(policy: rule.policy, version: Int(rule.version), rule: rule.rule)
    }
}
