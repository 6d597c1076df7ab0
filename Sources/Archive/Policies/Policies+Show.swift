internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
public import Retention
internal import Sealing
internal import Vault

extension Policies {
    /// Every policy and every terms that was ever active.
    public func list() throws -> [PolicySummary] {
        try session.attempt(.look) {
            try session.catalog.read { index in
                let active = try session.rules(in: index).records
                return try index.policyRecords().map { record in
                    try summary(of: record, isActive: active.contains(record), withText: false, in: index)
                }
            }
        }
    }

    /// One of them with its text; the active version, or the newest, where none is named.
    public func show(_ name: String, version: Int?) throws -> PolicySummary {
        try session.attempt(.look) {
            try session.catalog.read { index in
                let active = try session.rules(in: index).records
                let known = try index.policyRecords().filter { $0.name == name }
                let record =
                    version.map { number in known.first { $0.version == number } }
                    ?? active.first { $0.name == name } ?? known.last
                guard let record else {
                    throw ArchiveError(
                        .unknownPolicy,
                        "no policy \(PlainText.excerpt(name))\(version.map { " v\($0)" } ?? "") was ever active",
                        remedy: "\(verb: .policyList) shows those that were")
                }
                return try summary(of: record, isActive: active.contains(record), withText: true, in: index)
            }
        }
    }

    /// Reads `POLICY/RULE` as the rule of the active version of a policy.
    public func activeRule(_ text: String) throws -> RuleName {
        try session.attempt(.look) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let active = try session.catalog.read { try session.rules(in: $0).engine.policies }
            guard parts.count == 2, let policy = active.first(where: { $0.name == parts[0] }),
                policy.rules.contains(where: { $0.name == parts[1] })
            else {
                throw ArchiveError(
                    .unknownPolicy, "'\(PlainText.excerpt(text))' is not a rule of an active policy",
                    remedy:
                        "give POLICY/RULE, such as hk-amlo/evidence-of-identity; \(verb: .policyList) shows "
                        + "the policies"
                )
            }
            return RuleName(policy: policy.name, version: policy.version, rule: parts[1])
        }
    }

    private func summary(
        of record: PolicyRecord, isActive: Bool, withText: Bool, in index: IndexReader
    ) throws -> PolicySummary {
        let activation = try newestActivation(of: record, in: index)
        let title = record.form == .terms ? try? Terms(yaml: record.text).title : try? Policy(yaml: record.text).title
        return PolicySummary(
            form: record.form.rawValue, policy: record.name, version: record.version, title: title ?? "",
            isActive: isActive, file: record.digest.hex, entry: activation.number,
            activatedAt: activation.time, text: withText ? record.text : nil)
    }

    /// The entry that activated it last.
    private func newestActivation(
        of record: PolicyRecord, in index: IndexReader
    ) throws -> (number: UInt64, time: Date) {
        var filter = LedgerFilter()
        filter.kind = Event.Kind.policyActivated.rawValue
        for row in try index.ledgerRows(filter, from: record.entry, limit: .max).reversed() {
            guard case .policyActivated(let event) = try Entry(row.bytes).event, event.policy == record.name,
                event.version == UInt64(record.version)
            else { continue }
            return (row.number, row.time)
        }
        throw CatalogError.damaged("the activation of \(record.name) v\(record.version) is not on the ledger")
    }
}
