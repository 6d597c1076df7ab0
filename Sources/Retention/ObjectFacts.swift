public import Base
public import Foundation

/// What is known of an object when something is decided about it.
public struct ObjectFacts: Sendable {
    public var media: String
    /// Nil where the verification ended without one.
    public var outcome: Outcome?
    public var jurisdictions: [String]
    public var purpose: String?
    /// When the person stood before the camera.
    public var captured: ClosedRange<Date>
    public var archived: Date
    public var events: [EventRecord]
    public var holds: [HoldFact]
    public var erasureRequested: Date?
    /// When persons decided that it is destroyed although an event that its keeping counts from never came.
    public var backstopApproved: Date?
    /// A person alone says when it was captured, and nobody has said that this is right: where it was due before it
    /// came, it waits.
    public var isUnconfirmed: Bool

    public init(
        media: String, outcome: Outcome?, jurisdictions: [String], purpose: String?, captured: ClosedRange<Date>,
        archived: Date, events: [EventRecord] = [], holds: [HoldFact] = [], erasureRequested: Date? = nil,
        backstopApproved: Date? = nil, isUnconfirmed: Bool = false
    ) {
        self.media = media
        self.outcome = outcome
        self.jurisdictions = jurisdictions
        self.purpose = purpose
        self.captured = captured
        self.archived = archived
        self.events = events
        self.holds = holds
        self.erasureRequested = erasureRequested
        self.backstopApproved = backstopApproved
        self.isUnconfirmed = isUnconfirmed
    }
}

/// A record of an event, as the ledger has it.
public struct EventRecord: Equatable, Sendable {
    public enum Effect: Equatable, Sendable {
        case happened(DayOrTime)
        /// Another time takes the place of an earlier record's.
        case corrects(UInt64, DayOrTime)
        /// The earlier record never happened.
        case withdraws(UInt64)
    }

    /// Its number on the ledger.
    public let entry: UInt64
    public let name: String
    public let effect: Effect

    public init(entry: UInt64, name: String, effect: Effect) {
        self.entry = entry
        self.name = name
        self.effect = effect
    }
}

extension EventRecord {
    /// The records of an event that count, with their present times, in the order of the ledger. See
    /// <doc:Decisions>.
    public static func standing(_ name: String, in records: [EventRecord]) -> [(entry: UInt64, time: DayOrTime)] {
        var times: [(entry: UInt64, time: DayOrTime)] = []
        for record in records.filter({ $0.name == name }).sorted(by: { $0.entry < $1.entry }) {
            switch record.effect {
            case .happened(let time): times.append((record.entry, time))
            case .corrects(let entry, let time):
                if let index = times.firstIndex(where: { $0.entry == entry }) { times[index].time = time }
            case .withdraws(let entry): times.removeAll { $0.entry == entry }
            }
        }
        return times
    }

    /// Whether an event is about what was captured from a time on: it did not happen before. Of a day, the whole
    /// counts.
    public static func isAbout(_ time: DayOrTime, captured start: Date, in zone: TimeZone) -> Bool {
        switch time {
        case .time(let time): time >= start
        case .day(let day): day.end(in: zone) > start
        }
    }

    /// The record of an event that decides about what was captured from a time on; nil where it did not happen.
    ///
    /// - Parameter byTheirStart: of several, the latest is the one that begins last: so an upper bound counts. A day
    /// and   a time within it are the same event, perhaps, and the time is known better.
    public static func decisive(
        _ name: String, mode: Policy.EventMode, in records: [EventRecord], captured start: Date, in zone: TimeZone,
        byTheirStart: Bool = false
    ) -> (entry: UInt64, time: DayOrTime)? {
        let standing = standing(name, in: records).filter { isAbout($0.time, captured: start, in: zone) }
        guard mode == .latest else { return standing.first }
        return byTheirStart
            ? standing.max { $0.time.start(in: zone) < $1.time.start(in: zone) }
            : standing.max { $0.time.end(in: zone) < $1.time.end(in: zone) }
    }
}

/// A hold that binds an object.
public struct HoldFact: Hashable, Sendable {
    /// What names the hold where a decision is shown.
    public let matter: String
    public let placed: Date
    /// When it was released; nil while it stands.
    public let released: Date?
    /// Seconds; after its release it binds as long as this.
    public let cooling: TimeInterval

    public init(matter: String, placed: Date, released: Date?, cooling: TimeInterval) {
        self.matter = matter
        self.placed = placed
        self.released = released
        self.cooling = cooling
    }

    var end: Date? { released.map { $0.addingTimeInterval(cooling) } }

    /// What is placed in this moment binds in it: it is written down to the millisecond, which can lie a little after.
    func binds(at now: Date) -> Bool { placed <= now.addingTimeInterval(0.001) && (end.map { now < $0 } ?? true) }
}
