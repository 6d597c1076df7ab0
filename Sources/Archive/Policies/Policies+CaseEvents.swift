public import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
public import Vault

/// Something that happened to a case, as a person says it.
public struct CaseEventInput: Sendable {
    public enum Change: Sendable {
        case happened
        /// The entry of an earlier record.
        case corrects(UInt64)
        case withdraws(UInt64)
    }

    public let event: String
    /// When; now, where it is not given. A day is a day in the time zone of each policy that waits for it.
    public let at: DayOrTime?
    public let change: Change

    public init(event: String, at: String?, change: Change, now: Date) throws(ArchiveError) {
        guard Policy.isName(event) else {
            throw ArchiveError(
                .badEvent, "'\(PlainText.excerpt(event))' is not the name of an event",
                remedy: "names are small letters, digits and hyphens, such as relationship-ended")
        }
        if case .withdraws = change, at != nil {
            throw ArchiveError(.badEvent, "a withdrawal has no time", remedy: "leave \(input: .at) out")
        }
        self.event = event
        self.at = try at.map { (text) throws(ArchiveError) in
            let given = try GivenTime.read(text, name: "the time of the event")
            try GivenTime.checkHasHappened(given, in: [Self.earliestZone], now: now)
            return given
        }
        self.change = change
    }

    /// Where days begin first: what has not begun there is the future wherever a policy counts.
    private static let earliestZone = TimeZone(secondsFromGMT: 14 * 3600)!
}

/// An event that was put on the record.
public struct RecordedEvent: Encodable, Sendable {
    public let caseID: String
    public let event: String
    /// The ledger entry; of the earlier record, where the same was known already.
    public let entry: UInt64
    @OrNull public var at: DayOrTime?
    /// The same was on record already.
    public let wasKnown: Bool
    /// Objects of the case that are due by now.
    public let due: Int
}

extension Policies {
    /// Puts an event of a case on the record; decisions that depend on it follow in the same transaction.
    public func recordEvent(_ input: CaseEventInput, of caseID: CaseID) throws -> RecordedEvent {
        try session.attempt(.events, "case \(caseID.text)", verb: "case event", caseID: caseID) {
            try session.record { transaction in
                let opened = try session.find(caseID, in: transaction.index)
                return try recordEvent(input, of: opened.record.uid, named: caseID.text, transaction)
            }
        }
    }

    /// Puts an event of every case of a person on the record.
    public func recordEvent(_ input: CaseEventInput, ofSubject subject: String) throws -> [RecordedEvent] {
        try session.attempt(.events, verb: "case event") {
            try session.record { transaction in
                let index = transaction.index
                var filter = CaseFilter()
                filter.subjectTag = session.subjectTag(subject)
                let records = try index.cases(filter, after: nil, limit: .max)
                if let tag = filter.subjectTag { try session.prove(records, ofSubject: tag, in: index) }
                guard !records.isEmpty else {
                    throw ArchiveError(.unknownCase, "no case has this subject", remedy: "check the reference")
                }
                return try records.map { record in
                    let caseID = try session.prove(record, in: index).particulars.caseID
                    do {
                        return try recordEvent(input, of: record.uid, named: caseID, transaction)
                    } catch {
                        throw ArchiveError(error, subject: "nothing was recorded: case \(caseID)")
                    }
                }
            }
        }
    }

    private func recordEvent(
        _ input: CaseEventInput, of uid: CaseUID, named caseID: String, _ transaction: Transaction
    ) throws -> RecordedEvent {
        let index = transaction.index
        let records = try index.caseEvents(of: uid).map(\.event)
        let at = input.at ?? .time(Date(milliseconds: transaction.now.milliseconds))
        let zones = try session.rules(in: index).engine.timeZones(ofEvent: input.event)
        let rows = try index.retentionRows(.ofCase(uid), after: nil, limit: .max)
        func known(_ entry: UInt64, _ time: DayOrTime) -> RecordedEvent {
            RecordedEvent(
                caseID: caseID, event: input.event, entry: entry, at: time, wasKnown: true,
                due: rows.filter { $0.standing.status.isDue }.count)
        }
        let effect: EventRecord.Effect
        switch input.change {
        case .happened:
            let mode = try mode(of: input.event, in: index)
            let standing = EventRecord.standing(input.event, in: records)
            if let same = standing.first(where: { $0.time == at }) {
                return known(same.entry, same.time)
            }
            // One that is about everything in the case leaves nothing for another to be about.
            let newest = rows.map(\.facts.captured.lowerBound).max() ?? .distantPast
            if mode == .once,
                let other = standing.first(where: { Self.isAbout($0.time, captured: newest, inOneOf: zones) })
            {
                throw ArchiveError(
                    .eventExists,
                    "\(input.event) is on record already, as of \(other.time.words) (entry \(other.entry))",
                    remedy:
                        "it happens once: use \(input: .correct) \(other.entry) for another time, "
                        + "or \(input: .withdraw) \(other.entry)"
                )
            }
            effect = .happened(at)
        case .corrects(let entry):
            try checkStands(entry, input.event, records)
            guard input.at != nil else {
                throw ArchiveError(.badEvent, "a correction needs a time", remedy: "give it with \(input: .at)")
            }
            effect = .corrects(entry, at)
        case .withdraws(let entry):
            try checkStands(entry, input.event, records)
            effect = .withdraws(entry)
        }
        if case .withdraws = effect {
        } else {
            try GivenTime.checkHasHappened(at, in: zones, now: transaction.now)
            try checkIsNotBefore(at, input.event, rows, of: uid, zones: zones, in: index)
        }
        let details = CaseEventDetails(EventRecord(entry: 0, name: input.event, effect: effect))
        let entry = try transaction.add(
            .caseEventRecorded(
                .init(
                    caseUID: uid, event: input.event, at: details.at, corrects: details.corrects,
                    withdraws: details.withdraws)))
        try index.insert(
            CaseEventRecord(caseUID: uid, event: EventRecord(entry: entry, name: input.event, effect: effect)))
        try session.refresh(uid, transaction)
        let due = try index.retentionRows(.ofCase(uid), after: nil, limit: .max).filter { $0.standing.status.isDue }
        return RecordedEvent(
            caseID: caseID, event: input.event, entry: entry, at: details.at, wasKnown: false, due: due.count)
    }

    /// Refuses an event that would be about nothing: it lies before everything of the case.
    private func checkIsNotBefore(
        _ at: DayOrTime, _ event: String, _ rows: [RetentionRow], of uid: CaseUID, zones: [TimeZone],
        in index: IndexReader
    ) throws {
        // What waits for the vendor was captured after its token was issued, or will be.
        let waiting = try index.verifications(of: uid).filter { $0.state == .awaiting }
            .map { $0.capturedFrom ?? $0.tokenIssuedAt ?? $0.registeredAt }
        let earliest =
            try (rows.map(\.facts.captured.lowerBound) + waiting).min() ?? index.caseRecord(uid)?.registeredAt
            ?? .distantPast
        guard !Self.isAbout(at, captured: earliest, inOneOf: zones) else { return }
        throw ArchiveError(
            .badEvent,
            "\(event) at \(at.words) lies before the capture of everything in the case "
                + "(\(Timestamp.minute(earliest)))",
            remedy: "check the time: an event counts for what was captured before it")
    }

    /// Whether an event is about what was captured from a time on, by one of the policies that wait for it.
    private static func isAbout(_ time: DayOrTime, captured start: Date, inOneOf zones: [TimeZone]) -> Bool {
        zones.contains { EventRecord.isAbout(time, captured: start, in: $0) }
    }

    private func checkStands(_ entry: UInt64, _ event: String, _ records: [EventRecord]) throws {
        guard EventRecord.standing(event, in: records).contains(where: { $0.entry == entry }) else {
            throw ArchiveError(
                .badEvent, "entry \(entry) records no \(event) of this case that still stands",
                remedy: "\(verb: .caseShow) lists the events with their entries")
        }
    }

    /// How an event counts, by the policies that declare it.
    private func mode(of event: String, in index: IndexReader) throws -> Policy.EventMode {
        let declared = try session.rules(in: index).engine.events
        guard let mode = declared[event] else {
            throw ArchiveError(
                .badEvent, "no active policy waits for an event \(event)",
                remedy: declared.isEmpty
                    ? "activate the policy that declares it first"
                    : "declared are \(declared.keys.sorted().joined(separator: ", "))")
        }
        return mode
    }
}

public struct CaseEventDetails: Encodable, Sendable {
    /// The ledger entry that records it.
    public let entry: UInt64
    public let event: String
    /// When it happened, as it was said: a day, or a time.
    @OrNull public var at: DayOrTime?
    @OrNull public var corrects: UInt64?
    @OrNull public var withdraws: UInt64?
}

extension CaseEventDetails {
    init(_ record: EventRecord) {
        var (at, corrects, withdraws): (DayOrTime?, UInt64?, UInt64?) = (nil, nil, nil)
        switch record.effect {
        case .happened(let time): at = time
        case .corrects(let entry, let time): (at, corrects) = (time, entry)
        case .withdraws(let entry): withdraws = entry
        }
        self.init(entry: record.entry, event: record.name, at: at, corrects: corrects, withdraws: withdraws)
    }
}
