import Foundation

/// What of an object's bounds decides its status: a few times, from which the status at any time follows. See
/// <doc:Decisions>.
struct Bounds {
    var isCovered = false
    var hasOpenLower = false
    var lastLower: Date?
    var goneBy: Date?
    /// When every open lower bound is past its backstop, and every other has ended; nil where one has none.
    var review: Date?
    var isErasureRequested = false
    var holds: [HoldFact] = []
    var margins = RetentionMargins()

    func status(at time: Date) -> Decision.Status {
        if !holds.isEmpty, holds.contains(where: { $0.binds(at: time) }) { return .held }
        if !isCovered, !isErasureRequested { return .uncovered }
        if hasOpenLower {
            if let goneBy, goneBy <= time || lastLower.map({ goneBy < $0 }) ?? false { return .conflict }
            if let review, review <= time { return .backstopReview }
            return isErasureRequested ? .erasurePending : .waitingForEvent
        }
        if let lastLower, lastLower > time {
            if let goneBy, goneBy < lastLower { return .conflict }
            return isErasureRequested ? .erasurePending : .kept
        }
        if let goneBy, goneBy.addingTimeInterval(margins.grace) <= time { return .overdue }
        if isErasureRequested { return .due }
        guard let goneBy else { return .unbounded }
        return goneBy.addingTimeInterval(-margins.lead) <= time ? .due : .kept
    }

    /// Every time at which the status can change, in their order.
    private func turns(after time: Date) -> [Date] {
        var turns: [Date] = []
        turns.reserveCapacity(6)
        func add(_ turn: Date?) { if let turn, turn > time { turns.append(turn) } }
        add(lastLower)
        add(review)
        if let goneBy {
            add(goneBy)
            add(goneBy.addingTimeInterval(-margins.lead))
            add(goneBy.addingTimeInterval(margins.grace))
        }
        for hold in holds {
            add(hold.placed)
            add(hold.end)
        }
        turns.sort()
        return turns
    }

    /// The next change of a status by itself, and when the object becomes due by itself.
    func course(from now: Date, status: Decision.Status) -> (next: Decision.Change?, dueAt: Date?) {
        var next: Decision.Change?
        var dueAt = status.isDue ? now : nil
        for turn in turns(after: now) {
            if next != nil, dueAt != nil { break }
            let then = self.status(at: turn)
            if next == nil, then != status { next = Decision.Change(at: turn, status: then) }
            if dueAt == nil, then.isDue { dueAt = turn }
        }
        return (next, dueAt)
    }
}
