internal import Base
package import Catalog
internal import Evidence
package import Foundation
internal import Ledger

extension Session {
    /// Puts it on the ledger where the clock is too far ahead of the newest time on record.
    package func noteTime(_ transaction: Transaction) throws {
        guard let newest = transaction.head.newestTime,
            transaction.now.timeIntervalSince(newest) > configuration.retention.clockAhead,
            try doubt(in: transaction.index) == nil
        else { return }
        let doubt = Event.ClockDoubted(cause: .ahead, other: newest)
        try transaction.add(.clockDoubted(doubt))
        transaction.clockDoubt = Self.sentence(doubt, at: transaction.now)
    }

    /// Puts it on the ledger where the vendor's clock says something else.
    ///
    /// - Parameter skew: seconds by which the vendor's clock is ahead.
    package func noteWitness(skew: TimeInterval) throws {
        guard abs(skew) > configuration.retention.clockBehind else { return }
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
        if -behind > configuration.retention.clockAhead {
            return
                "the clock says \(Timestamp.day(now)), \(Self.days(now, newest)) after the newest time on record "
                + "(\(Timestamp.minute(newest)))"
        }
        return nil
    }

    /// The newest time on record since a clock was last accepted.
    package func newestTime(in index: IndexReader) throws -> Date? { try head(in: index).newestTime }

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
