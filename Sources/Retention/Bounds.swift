import Foundation

/// What of an object's bounds decides its status: a few times, from which the status at any time follows. See
/// <doc:Decisions>.
struct Bounds {
    /// An upper bound, and what stands against it; without any upper bound, the lower ones alone.
    struct Track {
        var goneBy: Date?
        var hasOpenLower = false
        var lastLower: Date?
        /// When every open lower bound is past its backstop, and every other has ended; nil where one has none.
        var review: Date?

        /// When nothing keeps it any more and the upper bound is at hand; nil where that has no time yet.
        func dueSince(_ margins: RetentionMargins) -> Date? {
            guard !hasOpenLower, let goneBy else { return nil }
            return max(lastLower ?? .distantPast, goneBy.addingTimeInterval(-margins.lead))
        }
    }

    var isCovered = false
    /// The earliest upper bound first. Others come only where persons resolved conflicts, so that a lower bound
    /// yields to one of them and not to another.
    var tracks: [Track] = []
    var erasureRequested: Date?
    /// When persons decided to destroy after a backstop.
    var backstopApproved: Date?
    /// When it came, where a person alone says when it was captured: by what was due before that, it waits for a word.
    var unconfirmedSince: Date?
    var holds: [HoldFact] = []
    var margins = RetentionMargins()

    private var first: Track { tracks.first ?? Track() }

    func status(at time: Date) -> Decision.Status {
        if !holds.isEmpty, holds.contains(where: { $0.binds(at: time) }) { return .held }
        if !isCovered, erasureRequested == nil { return .uncovered }
        var (isDue, waits) = (false, false)
        for track in tracks {
            guard let since = track.dueSince(margins), since <= time, let goneBy = track.goneBy else { continue }
            if let unconfirmedSince, since <= unconfirmedSince {
                waits = true
                continue
            }
            if goneBy.addingTimeInterval(margins.grace) <= time { return .overdue }
            isDue = true
        }
        if isDue { return .due }
        if waits { return .unconfirmed }
        let track = first
        if track.hasOpenLower {
            if let goneBy = track.goneBy, goneBy <= time || track.lastLower.map({ goneBy < $0 }) ?? false {
                return .conflict
            }
            if let review = track.review, review <= time { return isApproved(at: time) ? .due : .backstopReview }
            return erasureRequested == nil ? .waitingForEvent : .erasurePending
        }
        if let lastLower = track.lastLower, lastLower > time {
            if let goneBy = track.goneBy, goneBy < lastLower { return .conflict }
            return erasureRequested == nil ? .kept : .erasurePending
        }
        if erasureRequested != nil { return .due }
        return track.goneBy == nil ? .unbounded : .kept
    }

    /// What makes it due where it is: an upper bound that is at hand, persons after a backstop, and otherwise the
    /// person's own request.
    func cause(at time: Date) -> Decision.Cause {
        if tracks.contains(where: { $0.dueSince(margins).map { $0 <= time } ?? false }) { return .upperBound }
        return first.hasOpenLower ? .backstop : .erasure
    }

    /// Whether persons let it go after its backstop.
    /// It is written down to the millisecond, which can lie a little after the moment that it was said in.
    private func isApproved(at time: Date) -> Bool {
        backstopApproved.map { $0 <= time.addingTimeInterval(0.001) } ?? false
    }

    /// The track by which it is due the longest, or else the first.
    func decidingTrack(at time: Date) -> Int {
        guard tracks.count > 1 else { return 0 }
        let due = tracks.indices.filter { tracks[$0].dueSince(margins).map { $0 <= time } ?? false }
        return due.min { tracks[$0].dueSince(margins)! < tracks[$1].dueSince(margins)! } ?? 0
    }

    /// Every time at which the status can change, in their order.
    private func changes(after time: Date) -> [Date] {
        var changes: [Date] = []
        changes.reserveCapacity(6)
        func add(_ change: Date?) { if let change, change > time { changes.append(change) } }
        for track in tracks {
            add(track.lastLower)
            add(track.review)
            add(track.dueSince(margins))
            if let goneBy = track.goneBy {
                add(goneBy)
                add(goneBy.addingTimeInterval(margins.grace))
            }
        }
        for hold in holds {
            add(hold.placed)
            add(hold.end)
        }
        changes.sort()
        return changes
    }

    /// The next change of a status by itself, and since when, or from when on, the object is due by itself.
    func course(from now: Date, status: Decision.Status) -> (next: Decision.Change?, dueAt: Date?) {
        var next: Decision.Change?
        var dueAt = status.isDue ? dueSince(at: now) : nil
        for change in changes(after: now) {
            if next != nil, dueAt != nil { break }
            let then = self.status(at: change)
            if next == nil, then != status { next = Decision.Change(at: change, status: then) }
            if dueAt == nil, then.isDue { dueAt = change }
        }
        return (next, dueAt)
    }

    /// Since when an object has been due that is.
    private func dueSince(at now: Date) -> Date {
        var since = tracks.compactMap { $0.dueSince(margins) }.min()
        if let erasureRequested, !first.hasOpenLower {
            let asked = max(erasureRequested, first.lastLower ?? erasureRequested)
            since = min(since ?? asked, asked)
        }
        if since == nil, let review = first.review, let backstopApproved { since = max(review, backstopApproved) }
        for hold in holds { if let end = hold.end, hold.placed <= now { since = max(since ?? end, end) } }
        return min(since ?? now, now)
    }
}
