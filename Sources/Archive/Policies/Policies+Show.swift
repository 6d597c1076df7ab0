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
                let activations = try activations(in: index)
                let records = try index.policyRecords()
                for (_, _, event) in activations
                where !records.contains(where: { $0.name == event.policy && UInt64($0.version) == event.version }) {
                    throw CatalogError.damaged("\(event.policy) v\(event.version) was activated, and is missing")
                }
                return try records.map { record in
                    try summary(of: record, isActive: active.contains(record), withText: false, activations)
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
                return try summary(
                    of: record, isActive: active.contains(record), withText: true,
                    try activations(in: index))
            }
        }
    }

    /// The entries that activated a policy, proved.
    private func activations(in index: IndexReader) throws -> [(number: UInt64, time: Date, Event.PolicyActivated)] {
        try provedEntries(of: .rules, in: index, session.head(in: index).roots).compactMap { number, entry in
            guard case .policyActivated(let event) = entry.event else { return nil }
            return (number, entry.time, event)
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
        of record: PolicyRecord, isActive: Bool, withText: Bool,
        _ activations: [(number: UInt64, time: Date, Event.PolicyActivated)]
    ) throws -> PolicySummary {
        // The newest; what its text says is what was activated then.
        guard
            let (number, time, event) = activations.last(where: {
                $0.2.policy == record.name && $0.2.version == UInt64(record.version)
            }), event.file == SHA256.digest(of: record.text.utf8).hex, event.form.rawValue == record.form.rawValue
        else {
            throw CatalogError.damaged(
                "what it has of \(record.name) v\(record.version) is not what was activated")
        }
        let title = record.form == .terms ? try? Terms(yaml: record.text).title : try? Policy(yaml: record.text).title
        return PolicySummary(
            form: record.form.rawValue, policy: record.name, version: record.version, title: title ?? "",
            isActive: isActive, file: event.file, entry: number, activatedAt: time,
            text: withText ? record.text : nil)
    }
}
