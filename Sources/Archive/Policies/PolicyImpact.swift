public import Base
internal import Catalog
public import Foundation
internal import Retention
internal import Vault

/// What a policy would change in the archive, if it were active.
public struct PolicyImpact: Encodable, Sendable {
    public let form: String
    public let policy: String
    public let version: Int
    public let title: String
    /// SHA-256 of the file.
    public let file: String
    /// The version that is active now.
    @OrNull public var replaces: Int?
    /// Of terms: what a registration has to bring from then on: `consent`, `age`, `purpose`, `jurisdiction`.
    public internal(set) var asksFor: [String] = []
    /// Objects that were looked at.
    public internal(set) var objects = 0
    /// That become due earlier than by the active policies, or become due at all.
    public internal(set) var earlier = 0
    public internal(set) var later = 0
    /// That would become due, and no longer do by themselves.
    public internal(set) var never = 0
    /// That are due at once, and are not now.
    public internal(set) var dueNow = 0
    /// How many objects have each status, before and after.
    public internal(set) var before: [String: Int] = [:]
    public internal(set) var after: [String: Int] = [:]
    public internal(set) var examples: [Example] = []
    /// What a person accepts with `--accept-impact`: it is another when the file, the active policies or the number
    /// of objects that are due at once is.
    public internal(set) var digest = ""

    public struct Example: Encodable, Sendable {
        /// `earlier`, `later` or `never`.
        public let change: String
        public let caseID: String
        public let kind: String
        @OrNull public var before: Date?
        @OrNull public var after: Date?
        public let statusBefore: String
        public let statusAfter: String
    }

    /// Examples of each change.
    static let examplesOfEach = 3

    /// Counts one object.
    ///
    /// - Returns: how it changes, where it does.
    mutating func count(_ old: Standing, _ new: Standing) -> String? {
        objects += 1
        before[old.status.rawValue, default: 0] += 1
        after[new.status.rawValue, default: 0] += 1
        if new.status.isDue, !old.status.isDue { dueNow += 1 }
        // Due is due, whatever it is due by.
        if old.status.isDue, new.status.isDue { return nil }
        switch (old.dueAt, new.dueAt) {
        case (nil, nil): return nil
        case (_?, nil):
            never += 1
            return "never"
        case (nil, _?):
            earlier += 1
            return "earlier"
        case (let a?, let b?) where a == b: return nil
        case (let a?, let b?):
            if b < a { earlier += 1 } else { later += 1 }
            return b < a ? "earlier" : "later"
        }
    }

    mutating func finish(set: Int) {
        digest = SHA256.digest(of: "strongroom impact 1\n\(file)\n\(set)\n\(dueNow)\n".utf8).hex
    }
}

/// A policy or terms as the archive has it.
public struct PolicySummary: Encodable, Sendable {
    public let form: String
    public let policy: String
    public let version: Int
    public let title: String
    public let isActive: Bool
    public let file: String
    /// The entry that activated it first, and when.
    public let entry: UInt64
    public let activatedAt: Date
    @OrNull public var text: String?
}

/// What a person decided where two rules contradict each other.
public struct ResolvedConflict: Encodable, Sendable {
    public let entry: UInt64
    public let lower: String
    public let upper: String
    public let winner: String
    /// Objects that were in conflict and are no longer.
    public let objects: Int
}
