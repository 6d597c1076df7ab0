public import Base
internal import Catalog
internal import Evidence
public import Foundation
internal import Ledger

/// What is known of the archive's clock.
public struct ClockStatus: Encodable, Sendable {
    public let now: Date
    /// The newest time on record, since the clock was last accepted.
    @OrNull public var newest: Date?
    /// Why nothing is destroyed.
    @OrNull public var doubt: String?
}

extension Session {
    /// Puts it on the ledger where the clock is too far ahead of the newest time on record.
    func noteTime(_ recording: Recording) throws {
        guard let newest = try recording.index.newestTime(),
            recording.now.timeIntervalSince(newest) > configuration.retention.clockAhead,
            try doubt(in: recording.index) == nil
        else { return }
        let doubt = Event.ClockDoubted(cause: .ahead, other: newest)
        try recording.add(.clockDoubted(doubt))
        recording.clockDoubt = Self.sentence(doubt, at: recording.now)
    }

    /// Puts it on the ledger where the vendor's clock says something else.
    ///
    /// - Parameter skew: seconds by which the vendor's clock is ahead.
    func noteWitness(skew: TimeInterval) throws {
        guard abs(skew) > configuration.retention.clockBehind else { return }
        try record { recording in
            guard try doubt(in: recording.index) == nil else { return }
            try recording.add(
                .clockDoubted(.init(cause: .witness, other: recording.now.addingTimeInterval(skew))))
        }
    }

    /// Refuses destruction while the clock cannot be believed, also since this very transaction.
    func checkClock(_ recording: Recording) throws {
        guard let reason = try recording.clockDoubt ?? clockDoubt(in: recording.index) else { return }
        throw ArchiveError(
            .clockDoubted, reason,
            hint:
                "if the clock is right now, have a named person run: strongroom clock accept "
                + "\(Timestamp.day(now)) --reason …"
        )
    }

    public func clockStatus() throws -> ClockStatus {
        try attempt(.status) {
            try catalog.read { ClockStatus(now: now, newest: try $0.newestTime(), doubt: try clockDoubt(in: $0)) }
        }
    }

    /// Says that the clock is right, on the record; destruction goes on.
    ///
    /// - Parameter time: what the person says the time is; it must be within a day of the clock's.
    public func acceptClock(_ time: Date, reason: Reason) throws -> Permitted<ClockStatus> {
        let done = try attempt(.clock, verb: GuardedVerb.clockAccept.rawValue) {
            try record { _ in }
            return try guarded { recording in
                guard try clockDoubt(in: recording.index) != nil else {
                    throw ArchiveError(.clockFine, "the clock is not in doubt", hint: "nothing was to be accepted")
                }
                guard abs(time.timeIntervalSince(recording.now)) <= 86_400 else {
                    throw ArchiveError(
                        .clockDoubted,
                        "the clock says \(Timestamp.minute(recording.now)), and not \(Timestamp.minute(time))",
                        hint: "give the day that it is; if the clock is wrong, set it right instead")
                }
                var effect = Effect(.clockAccept, reason: reason.text)
                effect.time = time
                let newest = try recording.index.newestTime().map(Timestamp.minute) ?? "nothing"
                effect.says = [
                    "the clock is right on \(Timestamp.day(time)), where the newest time on record is \(newest); "
                        + "destruction goes on"
                ]
                return effect
            } carryOut: { effect, request, recording in
                try acceptClock(effect, request: request, recording)
            }
        }
        switch done {
        case .done: return .done(try clockStatus())
        case .requested(let request): return .requested(request)
        }
    }

    func acceptClock(_ effect: Effect, request: UInt64?, _ recording: Recording) throws -> UInt64 {
        let newest = try recording.index.newestTime() ?? recording.now
        return try recording.add(
            .clockAccepted(
                .init(
                    newest: newest, reason: try recording.commit(effect.reason, as: "reasonCommitment"),
                    request: request)))
    }

    /// Why the clock cannot be believed; nil where it can.
    func clockDoubt(in index: IndexReader) throws -> String? {
        if let doubt = try doubt(in: index) { return Self.sentence(doubt.event, at: doubt.time) }
        guard let newest = try index.newestTime() else { return nil }
        if let entry = try newestCounting(in: index), entry.time > newest.addingTimeInterval(0.001) {
            return "the newest time in the index was altered: entry \(entry.number) is newer"
        }
        let behind = newest.timeIntervalSince(now)
        if behind > configuration.retention.clockBehind {
            return
                "the clock says \(Timestamp.minute(now)), \(Self.days(newest, now)) before the newest time on "
                + "record (\(Timestamp.minute(newest)))"
        }
        if -behind > configuration.retention.clockAhead {
            return
                "the clock says \(Timestamp.day(now)), \(Self.days(now, newest)) after the newest time on record "
                + "(\(Timestamp.minute(newest)))"
        }
        return nil
    }

    /// The newest entry that counts for the newest time on record.
    private func newestCounting(in index: IndexReader) throws -> LedgerRow? {
        try index.newestLedgerRows(LedgerFilter(), limit: 100).last { row in
            Event.Kind(rawValue: row.kind)?.countsForNewestTime ?? false
        }
    }

    private static func sentence(_ doubt: Event.ClockDoubted, at time: Date) -> String {
        switch doubt.cause {
        case .ahead:
            "the clock said \(Timestamp.day(time)), \(days(time, doubt.other)) after the newest time on record "
                + "(\(Timestamp.minute(doubt.other)))"
        case .witness:
            "the clock said \(Timestamp.minute(time)) where the vendor's said \(Timestamp.minute(doubt.other))"
        }
    }

    /// The doubt that nobody has accepted yet.
    private func doubt(in index: IndexReader) throws -> (time: Date, event: Event.ClockDoubted)? {
        func newest(_ kind: Event.Kind) throws -> LedgerRow? {
            var filter = LedgerFilter()
            filter.kind = kind.rawValue
            return try index.newestLedgerRows(filter, limit: 1).last
        }
        guard let row = try newest(.clockDoubted), case .clockDoubted(let event) = try Entry(row.bytes).event else {
            return nil
        }
        if let accepted = try newest(.clockAccepted), accepted.number > row.number { return nil }
        return (row.time, event)
    }

    private static func days(_ later: Date, _ earlier: Date) -> String {
        let seconds = later.timeIntervalSince(earlier)
        let days = Int((seconds / 86_400).rounded())
        if days >= 2 { return "\(days) days" }
        let minutes = Int((seconds / 60).rounded())
        return minutes >= 120 ? "\(minutes / 60) hours" : "\(minutes) minutes"
    }
}
