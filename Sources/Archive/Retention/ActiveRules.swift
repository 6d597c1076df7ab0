internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import StrictYAML
internal import Synchronization

/// The policies, resolutions and terms that are active, ready to use.
struct ActiveRules: Sendable {
    /// The number of their set; 0 before any.
    let set: Int
    let engine: RetentionEngine
    let terms: Terms?
    let records: [PolicyRecord]

    init(set: Int, records: [PolicyRecord], resolutions: [Resolution], margins: RetentionMargins) throws {
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
    func digest(of policy: String) -> BlobAddress? { records.first { $0.name == policy }?.digest }

    /// The same with one more policy or terms, in the place of an earlier version, or of other terms.
    func replacing(with record: PolicyRecord, resolutions: [Resolution]) throws -> ActiveRules {
        let others = records.filter { $0.name != record.name && ($0.form != .terms || record.form != .terms) }
        return try ActiveRules(
            set: set + 1, records: (others + [record]).sorted { $0.name < $1.name }, resolutions: resolutions,
            margins: engine.margins)
    }
}

extension Archive {
    /// The active rules of a state of the index.
    func rules(in index: any CatalogReader) throws -> ActiveRules {
        let number = try index.activeSetNumber()
        if let known = knownRules.withLock({ $0 }), known.set == number { return known }
        let records = try index.activePolicies()
        for record in records where SHA256.digest(of: record.text.utf8) != record.digest {
            throw CatalogError.damaged("the policy \(record.name) v\(record.version) was altered")
        }
        let rules = try ActiveRules(
            set: number, records: records, resolutions: try index.resolutions(),
            margins: configuration.retention.margins)
        knownRules.withLock { $0 = rules }
        return rules
    }
}

extension SHA256 {
    static func digest(of bytes: some Sequence<UInt8>) -> BlobAddress {
        var hash = SHA256()
        Array(bytes).withUnsafeBytes { hash.update($0) }
        return hash.finish()
    }
}
