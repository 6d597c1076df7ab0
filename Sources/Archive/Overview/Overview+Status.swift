public import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing
public import Vault

public struct ArchiveStatus: Encodable, Sendable {
    public let archive: String
    public let archiveUID: String
    public let rootKey: String
    public let cases: Int
    public let objects: Int
    /// Plaintext bytes.
    public let bytes: UInt64
    public let objectsByKind: [String: Int]
    /// How many verifications are in each state.
    public let verifications: [String: Int]
    /// Of those that wait, how many met which problem last: a code of the vendor, or of this program.
    public let problems: [String: Int]
    /// Where the second copy of the sealed keyring is kept, and is the newest.
    @OrNull public var keyringCopy: String?
    /// Why it is not, where one is asked for.
    @OrNull public var keyringCopyProblem: String?
    /// Cases that were kept although they lack what the active terms ask for.
    public let casesLackingTerms: Int
    public let deadlines: Deadlines
    public let epochs: [EpochStatus]
    public let duplicates: Duplicates
    public let retention: RetentionStatus
    public let clock: ClockStatus
    public let holds: HoldStatus
    public let authority: AuthorityStatus
    public let ledger: LedgerStatus
    /// Places of the archive that do not keep what they are told: sentences.
    public let weakPlaces: [String]

    /// What is decided about the objects.
    public struct RetentionStatus: Encodable, Sendable {
        /// Active policies and terms, as `NAME vVERSION`.
        public let policies: [String]
        /// How many objects have each status.
        public let counts: [String: Int]
        /// Objects that become due on each of the next thirty days.
        public let next30Days: [Int]
        /// Decisions by the active policies are still being computed; the next purge goes on with that.
        public let isRefreshing: Bool
        /// Blobs whose keys are gone and which could not be removed yet.
        public let blobsWaiting: Int
        @OrNull public var compactedAt: Date?

        public subscript(_ status: String) -> Int { counts[status] ?? 0 }
    }

    /// Who can do what.
    public struct AuthorityStatus: Encodable, Sendable {
        /// Guarded verbs need a second person.
        public let needsTwoPersons: Bool
        /// Persons who can approve.
        public let approvers: Int
        /// Those who approve nothing before a time, because they were made when nobody was left to allow it.
        public let waitingApprovers: [String]
        /// Requests that wait.
        public let openRequests: Int
        /// What `strongroom.yaml` says and does not count until it is applied.
        public let loosened: [LoosenedSetting]
    }

    public struct LedgerStatus: Encodable, Sendable {
        public let entries: UInt64
        public let origin: String
        /// Checks the signatures of checkpoints.
        public let verifierKey: String
        public let publishedTo: String
        public let published: UInt64
        /// Accesses whose end is not on the ledger yet.
        public let openAccesses: Int
        /// Why publishing failed.
        @OrNull public var problem: String?
        /// Why nothing may be written.
        @OrNull public var fork: String?
        /// Rules, settings and case events that were lost with a fork: sentences. Nothing is destroyed until each
        /// applies.
        public let rulesLost: [String]
    }

    /// What waits for the vendor, by the time that is left.
    public struct Deadlines: Encodable, Sendable {
        @OrNull public var earliest: Date?
        public internal(set) var over = 0
        public internal(set) var within1Hour = 0
        public internal(set) var within6Hours = 0
        public internal(set) var within24Hours = 0
        public internal(set) var later = 0
    }

    public struct EpochStatus: Encodable, Sendable {
        public let number: UInt32
        public let state: String
        public let createdAt: Date
    }

    /// Media with the same bytes in different cases: perhaps a replayed video.
    public struct Duplicates: Encodable, Sendable {
        public let contents: Int
        public let cases: Int
        /// Some of them, each with the cases that it is in.
        public let examples: [Example]
    }

    public struct Example: Encodable, Sendable {
        public let kind: String
        /// In how many cases it is.
        public let caseCount: Int
        /// The first of them.
        public let cases: [String]
    }
}

extension Overview {
    /// Counts over the whole archive.
    public func status() throws -> ArchiveStatus {
        try session.attempt(.status) {
            try session.catalog.read { index in
                let summary = try index.summary()
                let now = session.now
                var deadlines = ArchiveStatus.Deadlines(earliest: summary.earliestDeadline)
                func waiting(hours: Double) throws -> Int {
                    try index.awaitingCount(before: now.addingTimeInterval(hours * 3600))
                }
                deadlines.over = try waiting(hours: 0)
                deadlines.within1Hour = try waiting(hours: 1) - deadlines.over
                deadlines.within6Hours = try waiting(hours: 6) - waiting(hours: 1)
                deadlines.within24Hours = try waiting(hours: 24) - waiting(hours: 6)
                deadlines.later = (summary.verifications[.awaiting] ?? 0) - (try waiting(hours: 24))
                var verifications: [String: Int] = [:]
                for state in VerificationRecord.State.allCases {
                    verifications[state.rawValue] = summary.verifications[state] ?? 0
                }
                verifications["continued"] = summary.continued
                let examples = try index.repeatedContents(limit: 10, cases: 20).map { repeated in
                    ArchiveStatus.Example(
                        kind: repeated.kind.name, caseCount: repeated.caseCount,
                        cases: try repeated.cases.compactMap { uid in
                            try index.caseRecord(uid).map { try session.open($0).particulars.caseID }
                        })
                }
                return ArchiveStatus(
                    archive: session.directory, archiveUID: session.uid, rootKey: session.rootKeyKind.name,
                    cases: summary.cases,
                    objects: summary.objects, bytes: summary.bytes, objectsByKind: summary.objectsByKind,
                    verifications: verifications, problems: try index.problems(),
                    keyringCopy: session.archive.keyringCopyProblem == nil ? session.configuration.keyringCopy : nil,
                    keyringCopyProblem: session.archive.keyringCopyProblem?.message,
                    casesLackingTerms: summary.casesLackingTerms,
                    deadlines: deadlines,
                    epochs: try index.epochs().map {
                        ArchiveStatus.EpochStatus(
                            number: $0.epoch.number, state: $0.state.rawValue, createdAt: $0.createdAt)
                    },
                    duplicates: ArchiveStatus.Duplicates(
                        contents: summary.repeatedContents, cases: summary.casesWithRepeatedContents, examples: examples
                    ), retention: try retentionStatus(in: index),
                    clock: ClockStatus(
                        now: now, newest: try session.newestTime(in: index), doubt: try session.clockDoubt(in: index)),
                    holds: try session.holds.status(in: index), authority: try authorityStatus(in: index),
                    ledger: try ledgerStatus(in: index), weakPlaces: session.archive.weakPlaces)
            }
        }
    }

    /// Decisions that time has changed and that `status` computes itself.
    private static let mostChanged = 2000

    private func retentionStatus(in index: IndexReader) throws -> ArchiveStatus.RetentionStatus {
        let rules = try session.rules(in: index)
        var counts = try index.standingCounts()
        // What changed with time since somebody last wrote it down; where that is much, the next purge does it.
        let changed = try index.retentionRows(.changing(by: session.now), after: nil, limit: Self.mostChanged + 1)
        for row in changed.prefix(Self.mostChanged) {
            counts[row.standing.status, default: 0] -= 1
            counts[rules.engine.decide(row.facts, at: session.now).status, default: 0] += 1
        }
        var named: [String: Int] = [:]
        for status in Decision.Status.allCases { named[status.rawValue] = counts[status] ?? 0 }
        return ArchiveStatus.RetentionStatus(
            policies: rules.records.map { "\($0.name) v\($0.version)" }, counts: named,
            next30Days: try index.dueCounts(from: session.now, days: 30),
            isRefreshing: try index.standingSet() != rules.set || changed.count > Self.mostChanged,
            blobsWaiting: try index.blobRemovalCount(),
            compactedAt: try index.compactedAt())
    }

    private func authorityStatus(in index: IndexReader) throws -> ArchiveStatus.AuthorityStatus {
        let authority = try session.authority(in: index)
        let waiting = authority.tokens.values.filter {
            $0.isValid(at: session.now) && $0.approvesFrom.map { $0 > session.now } ?? false
        }
        return ArchiveStatus.AuthorityStatus(
            needsTwoPersons: authority.needsTwo, approvers: authority.approvers(at: session.now),
            waitingApprovers: try waiting.map { token in
                "\(try session.name(of: token.holder, in: index)), from "
                    + "\(Timestamp.minute(token.approvesFrom ?? session.now))"
            }.sorted(), openRequests: authority.requests.values.filter { $0.isOpen(at: session.now) }.count,
            loosened: session.loosened)
    }

    private func ledgerStatus(in index: IndexReader) throws -> ArchiveStatus.LedgerStatus {
        let state = session.ledgerState
        return ArchiveStatus.LedgerStatus(
            entries: try index.ledgerSize(), origin: state.origin.origin,
            verifierKey: session.verifierKey(of: state.origin).text,
            publishedTo: session.publication(of: state.origin).place,
            published: state.published,
            openAccesses: try index.openAccesses(
                openedBefore: .distantFuture, standingAloneBefore: .distantFuture, limit: 10_000
            ).count,
            problem: state.problem?.message, fork: state.fork?.message,
            rulesLost: try session.lostRules(in: index).map { session.sentence($0, in: index) })
    }
}
