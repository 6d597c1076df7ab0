public import Base
internal import Catalog
public import Foundation
internal import Ledger
public import Vault

/// What is known of the archive's clock.
public struct ClockStatus: Encodable, Sendable {
    public let now: Date
    /// The newest time on record, since the clock was last accepted.
    @OrNull public var newest: Date?
    /// Why nothing is destroyed.
    @OrNull public var doubt: String?
}

extension Destruction {
    public func clockStatus() throws -> ClockStatus {
        try session.attempt(.status) {
            try session.catalog.read {
                ClockStatus(
                    now: session.now, newest: try session.newestTime(in: $0), doubt: try session.clockDoubt(in: $0))
            }
        }
    }

    /// Says that the clock is right, on the record; destruction goes on.
    ///
    /// - Parameter time: what the person says the time is; it must be within a day of the clock's.
    public func acceptClock(_ time: Date, reason: Reason) throws -> Permitted<ClockStatus> {
        let done = try session.attempt(.clock, verb: GuardedVerb.clockAccept.rawValue) {
            try session.record { _ in }
            return try session.guarded { transaction in
                guard try session.clockDoubt(in: transaction.index) != nil else {
                    throw ArchiveError(.clockFine, "the clock is not in doubt", remedy: "nothing was to be accepted")
                }
                guard abs(time.timeIntervalSince(transaction.now)) <= 86_400 else {
                    throw ArchiveError(
                        .clockDoubted,
                        "the clock says \(Timestamp.minute(transaction.now)), and not \(Timestamp.minute(time))",
                        remedy: "give the day that it is; if the clock is wrong, set it right instead")
                }
                var effect = Effect(.clockAccept, reason: reason.text)
                effect.time = time
                let newest = transaction.head.newestTime.map(Timestamp.minute) ?? "nothing"
                effect.says = [
                    "the clock is right on \(Timestamp.day(time)), where the newest time on record is \(newest); "
                        + "destruction goes on"
                ]
                return effect
            } carryOut: { effect, request, transaction in
                try acceptClock(effect, request: request, transaction)
            }
        }
        switch done {
        case .done: return .done(try clockStatus())
        case .requested(let request): return .requested(request)
        }
    }

    func acceptClock(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> UInt64 {
        let newest = transaction.head.newestTime ?? transaction.now
        return try transaction.add(
            .clockAccepted(
                .init(
                    newest: newest, reason: try transaction.commit(effect.reason, as: "reasonCommitment"),
                    request: request)))
    }
}
