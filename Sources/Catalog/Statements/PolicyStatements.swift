internal import Base
internal import Foundation
internal import Ledger
public import Retention
internal import Sealing

extension IndexReader {
    public func policyRecord(_ name: String, version: Int) throws -> PolicyRecord? {
        try row("\(Self.policyColumns) WHERE name = ? AND version = ?", [name, version]).map(policy)
    }

    /// Every policy and every terms that was ever active, by name and version.
    public func policyRecords() throws -> [PolicyRecord] {
        try rows("\(Self.policyColumns) ORDER BY name, version").map(policy)
    }

    /// The entries that made the sets, by their numbers.
    public func policySetEntries() throws -> [Int: UInt64] {
        try rows("SELECT number, entry FROM policy_set").reduce(into: [:]) { $0[try $1[0]] = try $1.unsigned("entry") }
    }

    /// Names and versions of the policies of each set, by their numbers.
    public func policySetMembers() throws -> [Int: [String: Int]] {
        try rows("SELECT set_number, name, version FROM policy_set_member").reduce(into: [:]) {
            $0[try $1[0], default: [:]][try $1[1]] = try $1[2]
        }
    }

    /// The entry that made the newest set; nil where no policy was ever active.
    public func activeSetEntry() throws -> UInt64? {
        try row("SELECT entry FROM policy_set ORDER BY number DESC LIMIT 1")?.unsigned("entry")
    }

    /// The number of the newest set; 0 where no policy was ever active.
    public func activeSetNumber() throws -> Int { try count("SELECT coalesce(max(number), 0) FROM policy_set") }

    /// What is active, in the order of names.
    public func activePolicies() throws -> [PolicyRecord] {
        try rows(
            """
            SELECT name, version, form, text, digest, policy_file.entry
            FROM policy_set_member JOIN policy_file USING (name, version)
            WHERE set_number = (SELECT max(number) FROM policy_set) ORDER BY name
            """
        ).map(policy)
    }

    private static let policyColumns = "SELECT name, version, form, text, digest, entry FROM policy_file"

    private func policy(_ row: Row) throws -> PolicyRecord {
        guard let digest = try row.bytes("digest").flatMap(Digest.init(bytes:)) else {
            throw CatalogError.damaged("digest")
        }
        return PolicyRecord(
            form: try row.value("form"), name: try row["name"], version: try row["version"], text: try row["text"],
            digest: digest, entry: try row.unsigned("entry"))
    }

    public func resolutions() throws -> [Resolution] {
        try rows(
            """
            SELECT entry, lower_policy, lower_version, lower_rule, upper_policy, upper_version, upper_rule, winner
            FROM resolution ORDER BY entry
            """
        ).map { row in
            Resolution(
                entry: try row.unsigned("entry"),
                lower: RuleName(policy: try row[1], version: try row[2], rule: try row[3]),
                upper: RuleName(policy: try row[4], version: try row[5], rule: try row[6]),
                winner: try row.value("winner"))
        }
    }
}

extension IndexWriter {
    public func insert(_ policy: PolicyRecord) throws {
        try insert(
            "policy", "INSERT INTO policy_file (name, version, form, text, digest, entry) VALUES (?, ?, ?, ?, ?, ?)",
            [
                policy.name, policy.version, policy.form.rawValue, policy.text, policy.digest.bytes, policy.entry,
            ])
    }

    /// Makes a new set of the policies that are named, by name and version.
    public func insertPolicySet(_ number: Int, entry: UInt64, members: [(name: String, version: Int)]) throws {
        try insert("policy set", "INSERT INTO policy_set (number, entry) VALUES (?, ?)", [number, entry])
        for member in members {
            try insert(
                "policy", "INSERT INTO policy_set_member (set_number, name, version) VALUES (?, ?, ?)",
                [number, member.name, member.version])
        }
    }

    public func insert(_ resolution: Resolution) throws {
        let (lower, upper) = (resolution.lower, resolution.upper)
        try insert(
            "resolution",
            """
            INSERT INTO resolution (entry, lower_policy, lower_version, lower_rule, upper_policy, upper_version,
                upper_rule, winner)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                resolution.entry, lower.policy, lower.version, lower.rule, upper.policy, upper.version,
                upper.rule, resolution.winner.rawValue,
            ])
    }
}
