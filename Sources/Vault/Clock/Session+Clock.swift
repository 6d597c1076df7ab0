internal import Base
package import Catalog
internal import Evidence
package import Foundation
internal import Ledger
internal import Synchronization

extension Session {
    /// Puts it on the ledger where the clock is too far ahead of the newest time on record.
    package func noteTime(_ transaction: Transaction) throws {
        let found = doubt(transaction.head, at: transaction.reading ?? clockReading)
        guard let doubt = found, try self.doubt(in: transaction.index) == nil else { return }
        try transaction.add(.clockDoubted(doubt))
        transaction.clockDoubt = Self.sentence(doubt, at: transaction.now)
    }

    /// The clock now, and the machine below it.
    package var clockReading: ClockReading { ClockReading(effects.clock, now: now) }

    /// Why a clock cannot be believed that went on; nil where it can.
    private func doubt(_ head: Head, at reading: ClockReading) -> Event.ClockDoubted? {
        let retention = configuration.retention
        if let newest = head.newestTime, reading.now.timeIntervalSince(newest) > retention.clockAhead {
            return Event.ClockDoubted(cause: .ahead, other: newest)
        }
        // Also many small steps come to one: what is compared is the first reading after the machine's start.
        let step = TimeInterval(head.time.step(at: reading)) / 1000
        if step > retention.clockBehind {
            return Event.ClockDoubted(cause: .stepped, other: reading.now.addingTimeInterval(-step))
        }
        let unmeasured = TimeInterval(head.time.advanced(to: reading).unmeasured) / 1000
        if unmeasured > retention.clockAhead {
            return Event.ClockDoubted(cause: .unmeasured, other: reading.now.addingTimeInterval(-unmeasured))
        }
        return nil
    }

    /// Whether the vendor's clock has said the same as this one's since the last transaction.
    func clockIsWitnessed() -> Bool { archive.clockWasWitnessed.exchange(false, ordering: .relaxed) }

    /// Puts it on the ledger where the vendor's clock says something else.
    ///
    /// - Parameter skew: seconds by which the vendor's clock is ahead.
    package func noteWitness(skew: TimeInterval) throws {
        guard abs(skew) > configuration.retention.clockBehind else {
            archive.clockWasWitnessed.store(true, ordering: .relaxed)
            return
        }
        try record { transaction in
            guard try doubt(in: transaction.index) == nil else { return }
            try transaction.add(
                .clockDoubted(.init(cause: .witness, other: transaction.now.addingTimeInterval(skew))))
        }
    }

    /// Refuses destruction while the clock cannot be believed, also since this very transaction.
    package func checkClock(_ transaction: Transaction) throws {
        guard let reason = try transaction.clockDoubt ?? clockDoubt(in: transaction.index) else { return }
        throw ArchiveError(
            .clockDoubted, reason,
            remedy:
                "if the clock is right now, have a named person run: \(verb: .acceptClock) "
                + "\(Timestamp.day(now)) \(input: .reason) …"
        )
    }

    /// Why the clock cannot be believed; nil where it can.
    package func clockDoubt(in index: IndexReader) throws -> String? {
        if let doubt = try doubt(in: index) { return Self.sentence(doubt.event, at: doubt.time) }
        guard let newest = try newestTime(in: index) else { return nil }
        let behind = newest.timeIntervalSince(now)
        if behind > configuration.retention.clockBehind {
            return
                "the clock says \(Timestamp.minute(now)), \(Self.days(newest, now)) before the newest time on "
                + "record (\(Timestamp.minute(newest)))"
        }
        return try self.doubt(head(in: index), at: clockReading).map { Self.sentence($0, at: now) }
    }

    /// The newest time on record since a clock was last accepted.
    package func newestTime(in index: IndexReader) throws -> Date? { try head(in: index).newestTime }

    private static func sentence(_ doubt: Event.ClockDoubted, at time: Date) -> String {
        switch doubt.cause {
        case .ahead:
            "the clock said \(Timestamp.day(time)), \(days(time, doubt.other)) after the newest time on record "
                + "(\(Timestamp.minute(doubt.other)))"
        case .stepped:
            "the clock said \(Timestamp.minute(time)), where the machine had measured only until "
                + "\(Timestamp.minute(doubt.other)): it was set \(days(time, doubt.other)) ahead"
        case .unmeasured:
            "the clock said \(Timestamp.minute(time)), and went on by \(days(time, doubt.other)) while no machine "
                + "measured it and no other clock vouched for it"
        case .fork:
            "what was said of the clock in the ledger that was published, until \(Timestamp.minute(doubt.other)), was "
                + "lost with a fork"
        case .witness:
            "the clock said \(Timestamp.minute(time)) where the vendor's said \(Timestamp.minute(doubt.other))"
        }
    }

    /// The doubt that nobody has accepted yet.
    private func doubt(in index: IndexReader) throws -> (time: Date, event: Event.ClockDoubted)? {
        try recorder.rulesBook(in: index).doubt
    }

    private static func days(_ later: Date, _ earlier: Date) -> String {
        let seconds = later.timeIntervalSince(earlier)
        let days = Int((seconds / 86_400).rounded())
        if days >= 2 { return "\(days) days" }
        let minutes = Int((seconds / 60).rounded())
        return minutes >= 120 ? "\(minutes / 60) hours" : "\(minutes) minutes"
    }
}
