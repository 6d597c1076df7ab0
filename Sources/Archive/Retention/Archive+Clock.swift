internal import Catalog
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

extension Archive {
    /// Remembers the newest time, and puts it on the ledger where the clock is too far ahead of it.
    func noteTime(_ recording: Recording) throws {
        let index = recording.index
        guard let newest = try index.newestTime() else { return try index.setNewestTime(recording.now) }
        guard recording.now > newest else { return }
        if recording.now.timeIntervalSince(newest) > configuration.retention.clockAhead {
            try recording.add(.clockDoubted(.init(cause: .ahead, other: newest)))
        }
        try index.setNewestTime(recording.now)
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

    /// Refuses destruction while the clock cannot be believed.
    func checkClock(in index: any CatalogReader) throws {
        guard let reason = try clockDoubt(in: index) else { return }
        throw ArchiveError(
            .clockDoubted, reason,
            hint:
                "if that is right, have a named person run: strongroom clock accept \(Timestamp.day(now)) --reason …"
        )
    }

    public func clockStatus() throws -> ClockStatus {
        try attempt {
            try catalog.read { ClockStatus(now: now, newest: try $0.newestTime(), doubt: try clockDoubt(in: $0)) }
        }
    }

    /// Says that the clock is right, on the record; destruction goes on.
    ///
    /// - Parameter time: what the person says the time is; it must be within a day of the clock's.
    public func acceptClock(_ time: Date, reason: Reason) throws -> ClockStatus {
        try attempt(verb: "clock accept") {
            try record { _ in }
            try record { recording in
                guard try clockDoubt(in: recording.index) != nil else {
                    throw ArchiveError(.clockFine, "the clock is not in doubt", hint: "nothing was to be accepted")
                }
                guard abs(time.timeIntervalSince(recording.now)) <= 86_400 else {
                    throw ArchiveError(
                        .clockDoubted,
                        "the clock says \(Timestamp.minute(recording.now)), and not \(Timestamp.minute(time))",
                        hint: "give the day that it is; if the clock is wrong, set it right instead")
                }
                let newest = try recording.index.newestTime() ?? recording.now
                try recording.add(
                    .clockAccepted(
                        .init(newest: newest, reason: try recording.commit(reason.text, as: "reasonCommitment"))))
                try recording.index.setNewestTime(recording.now)
            }
        }
        return try clockStatus()
    }

    /// Why the clock cannot be believed; nil where it can.
    func clockDoubt(in index: any CatalogReader) throws -> String? {
        if let doubt = try doubt(in: index) {
            switch doubt.event.cause {
            case .ahead:
                return
                    "the clock said \(Timestamp.day(doubt.time)), \(Self.days(doubt.time, doubt.event.other)) after the newest time on record (\(Timestamp.minute(doubt.event.other)))"
            case .witness:
                return
                    "the clock said \(Timestamp.minute(doubt.time)) where the vendor's said \(Timestamp.minute(doubt.event.other))"
            }
        }
        guard let newest = try index.newestTime() else { return nil }
        let behind = newest.timeIntervalSince(now)
        if behind > configuration.retention.clockBehind {
            return
                "the clock says \(Timestamp.minute(now)), \(Self.days(newest, now)) before the newest time on record (\(Timestamp.minute(newest)))"
        }
        if -behind > configuration.retention.clockAhead {
            return
                "the clock says \(Timestamp.day(now)), \(Self.days(now, newest)) after the newest time on record (\(Timestamp.minute(newest)))"
        }
        return nil
    }

    /// The doubt that nobody has accepted yet.
    private func doubt(in index: any CatalogReader) throws -> (time: Date, event: Event.ClockDoubted)? {
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
