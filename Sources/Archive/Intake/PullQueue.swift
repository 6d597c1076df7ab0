internal import Base
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
        /// This run was told of a success without media, or of what cannot be read.
        var wasOdd = false
        /// It was refused before, and is asked when the others have been.
        var isLast = false
    }

    enum Step {
        case ask(Entry)
        case wait(until: Date)
        /// Others are being asked and may come back.
        case idle
        case done
    }

    private var entries: [Entry] = []
    /// Those that are asked once more when the others have been.
    private var last: [Entry] = []
    private var asking = 0
    /// Of these, those that are not the last.
    private var askingFirst = 0

    /// So many others are asked at most before one of the last has its turn.
    private static let mostBefore = 100
    private var asked = 0

    /// - Parameter isLast: those that stand in nobody's way.
    init(_ verifications: [VerificationRecord], isLast: (VerificationRecord) -> Bool = { _ in false }) {
        for verification in verifications {
            if isLast(verification) {
                last.append(Entry(verification: verification, isLast: true))
            } else {
                entries.append(Entry(verification: verification))
            }
        }
    }

    /// The next step for a worker that is free: what has waited longest for its turn, the earliest deadline
    /// first among those that were never asked; one that is the last when nobody else can be asked.
    mutating func next(now: Date) -> Step {
        let first = entries.indices.min { entries[$0].notBefore < entries[$1].notBefore }
        if let first, entries[first].notBefore <= now, last.isEmpty || asked < Self.mostBefore {
            asking += 1
            askingFirst += 1
            asked += 1
            return .ask(entries.remove(at: first))
        }
        if !last.isEmpty, askingFirst == 0 || asked >= Self.mostBefore {
            asking += 1
            asked = 0
            return .ask(last.removeFirst())
        }
        if last.isEmpty, let first { return .wait(until: entries[first].notBefore) }
        return asking == 0 ? .done : .idle
    }

    /// Takes back one that is to be asked again.
    mutating func `return`(_ entry: Entry, notBefore: Date) {
        finish(entry)
        var entry = entry
        entry.isLast = false
        entry.rounds += 1
        entry.notBefore = notBefore
        entries.append(entry)
    }

    /// Takes back one that is to be asked once more when the others have been.
    mutating func returnAsLast(_ entry: Entry) {
        finish(entry)
        var entry = entry
        entry.isLast = true
        last.append(entry)
    }

    /// One that was being asked is over for this run.
    mutating func finish(_ entry: Entry) {
        asking -= 1
        askingFirst -= entry.isLast ? 0 : 1
    }

    /// Gives up what was not asked yet.
    mutating func drop() {
        entries.removeAll()
        last.removeAll()
    }

    /// Whether some are left, or being asked, beside these and one that is being asked.
    func hasOthers(than some: Set<VerificationUID>) -> Bool {
        asking > 1 || (entries + last).contains { !some.contains($0.verification.uid) }
    }

    var waiting: Int { entries.count + last.count }

    /// Seconds until the vendor is asked again about a verification that was asked `rounds` times: 2 at
    /// first, growing by half, 60 at most.
    static func pollDelay(rounds: Int) -> TimeInterval {
        min(60, 2 * pow(1.5, Double(min(rounds, 20))))
    }
}
