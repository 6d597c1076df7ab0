internal import Catalog
import Foundation
internal import Vault

/// What waits to be asked about, each with the time before which it is not asked. Pure: times go in.
struct PullQueue {
    struct Entry {
        let verification: VerificationRecord
        /// Asked so far in this run.
        var rounds = 0
        var notBefore = Date.distantPast
    }

    enum Step {
        case ask(Entry)
        case wait(until: Date)
        /// Others are being asked and may come back.
        case idle
        case done
    }

    private var entries: [Entry]
    private var asking = 0

    init(_ verifications: [VerificationRecord]) {
        entries = verifications.map { Entry(verification: $0) }
    }

    /// The next step for a worker that is free: what has waited longest for its turn, the earliest deadline
    /// first among those that were never asked.
    mutating func next(now: Date) -> Step {
        guard let index = entries.indices.min(by: { entries[$0].notBefore < entries[$1].notBefore }) else {
            return asking == 0 ? .done : .idle
        }
        guard entries[index].notBefore <= now else { return .wait(until: entries[index].notBefore) }
        asking += 1
        return .ask(entries.remove(at: index))
    }

    /// Takes back one that is to be asked again.
    mutating func `return`(_ entry: Entry, notBefore: Date) {
        var entry = entry
        entry.rounds += 1
        entry.notBefore = notBefore
        entries.append(entry)
        asking -= 1
    }

    /// One that was being asked is over for this run.
    mutating func finish() { asking -= 1 }

    /// Gives up what was not asked yet.
    mutating func drop() { entries.removeAll() }

    var waiting: Int { entries.count }

    /// Seconds until the vendor is asked again about a verification that was asked `rounds` times: 2 at
    /// first, growing by half, 60 at most.
    static func pollDelay(rounds: Int) -> TimeInterval {
        min(60, 2 * pow(1.5, Double(min(rounds, 20))))
    }
}
