internal import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
internal import Vault

/// Something about an archive that is as it should be, or not: one list, for people who watch it and for programs.
public struct Condition: Encodable, Sendable {
    public enum Level: String, Encodable, Comparable, Sendable {
        case ok, warning, critical

        public static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }
        private var rank: Int { [.ok, .warning, .critical].firstIndex(of: self) ?? 0 }
    }

    public enum Name: String, Encodable, CaseIterable, Sendable {
        /// The ledger is not the one that was published, or what was lost with a fork is not placed again.
        case ledger
        /// The clock is in doubt, so that nothing is destroyed.
        case clock
        /// Verifications whose 72 hours are over, or nearly so.
        case deadlines
        /// What should have been destroyed.
        case overdue
        /// Entries that are not published yet.
        case publication
        /// A second copy of the keyring.
        case keyring
        /// Bytes that are free on the archive's file system.
        case space
        /// What waits for a person: conflicts, what no rule is about, what was due when imported.
        case undecided
    }

    public let name: Name
    public let level: Level
    /// A few words, also where all is well.
    public let says: String
}

/// How an archive is, at one time.
public struct ConditionReport: Encodable, Sendable {
    public let at: Date
    /// The worst of them.
    public let level: Condition.Level
    public let conditions: [Condition]
    /// Figures, by their names.
    public let figures: [String: Int]
}

extension Overview {
    /// Seconds before a deadline at which somebody should look.
    private static let soon: TimeInterval = 2 * 3600
    /// Bytes: below these, a day's intake may not find room; and purges may not.
    private static let (littleSpace, noSpace): (UInt64, UInt64) = (1 << 30, 64 << 20)

    /// The list that readiness, metrics and alerts read. Its cost does not grow with the archive.
    public func conditions() throws -> ConditionReport {
        try session.allow(.status)
        let status = try status()
        let now = session.now
        let soon = try session.catalog.read { try $0.awaitingCount(before: now.addingTimeInterval(Self.soon)) }
        let over = status.deadlines.over
        let waiting = Int(clamping: status.ledger.entries - min(status.ledger.entries, status.ledger.published))
        let space = FileSystemType.space(at: session.directory)
        let retention = status.retention
        let undecided = ["conflict", "uncovered", "unconfirmed"].map { ($0, retention[$0]) }.filter { $0.1 > 0 }
        let lost = try session.catalog.read { try session.holdBook(in: $0).lost.count } + status.ledger.rulesLost.count
        let conditions = [
            Condition(
                name: .ledger, level: status.ledger.fork != nil || lost > 0 ? .critical : .ok,
                says: status.ledger.fork != nil
                    ? "not the one that was published" : lost > 0 ? "\(lost) lost with a fork" : "as published"),
            Condition(
                name: .clock, level: status.clock.doubt == nil ? .ok : .critical,
                says: status.clock.doubt == nil ? "not in doubt" : "in doubt"),
            Condition(
                name: .deadlines, level: over > 0 ? .critical : soon > over ? .warning : .ok,
                says: "\(over) over, \(soon - over) within 2 h"),
            Condition(
                name: .overdue, level: retention["overdue"] > 0 ? .critical : .ok, says: "\(retention["overdue"])"),
            Condition(
                name: .publication,
                level: session.isStopped ? .critical : status.ledger.problem != nil ? .warning : .ok,
                says: status.ledger.problem != nil
                    ? "fails, \(waiting) waiting" : waiting == 0 ? "up to date" : "\(waiting) waiting"),
            Condition(
                name: .keyring, level: status.keyringCopy == nil ? .warning : .ok,
                says: status.keyringCopy == nil ? "no copy" : "1 copy"),
            Condition(
                name: .space,
                level: space.map {
                    $0.free < Self.noSpace ? .critical : $0.free < Self.littleSpace ? .warning : .ok
                } ?? .warning,
                says: space.map { "\($0.free / 1_000_000) MB" } ?? "not known"),
            Condition(
                name: .undecided, level: undecided.isEmpty ? .ok : .warning,
                says: undecided.isEmpty ? "0" : undecided.map { "\($0.1) \($0.0)" }.joined(separator: ", ")),
        ]
        return ConditionReport(
            at: now, level: conditions.map(\.level).max() ?? .ok, conditions: conditions,
            figures: [
                "cases": status.cases, "objects": status.objects, "awaiting": status.verifications["awaiting"] ?? 0,
                "over": over, "due": retention["due"], "overdue": retention["overdue"], "held": retention["held"],
                "unpublished": waiting, "free_bytes": Int(clamping: space?.free ?? 0),
            ])
    }
}
