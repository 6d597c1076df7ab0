public import Foundation

/// When something happened, as a person says it: a day, of which nobody said the time, or a point in time. A day is a
/// day in a time zone and counts whole.
///
/// This is the one syntax of times wherever people give one: `2026-11-22`, `2026-11-22T08:02Z`, with seconds and a
/// fraction of them where they are known, and `+08:00` or `+0800` instead of `Z`.
public enum DayOrTime: Hashable, Sendable {
    case day(CalendarDay)
    /// To the millisecond.
    case time(Date)

    /// Examples of the syntax, for messages.
    public static let examples = "2026-11-22, 2026-11-22T08:02Z or 2026-11-22T16:02:30+08:00"

    /// Reads what a person wrote; nil for what is neither.
    public init?(_ text: String) {
        if let day = CalendarDay(text) {
            self = .day(day)
        } else if let time = Timestamp.parse(text) {
            self = .time(Date(milliseconds: time.milliseconds))
        } else {
            return nil
        }
    }

    /// Its first moment.
    public func start(in zone: TimeZone) -> Date {
        switch self {
        case .day(let day): day.start(in: zone)
        case .time(let time): time
        }
    }

    /// The first moment of the day after it; a time itself.
    public func end(in zone: TimeZone) -> Date {
        switch self {
        case .day(let day): day.end(in: zone)
        case .time(let time): time
        }
    }

    /// For sentences: `2026-11-22`, or `2026-11-22 08:02 UTC`.
    public var words: String {
        switch self {
        case .day(let day): day.text
        case .time(let time): Timestamp.minute(time)
        }
    }

    /// As ``init(_:)`` reads it, in UTC, and as entries hold it.
    public var text: String {
        switch self {
        case .day(let day): day.text
        case .time(let time): LedgerTime.text(time)
        }
    }
}

extension DayOrTime: Codable {
    /// Reads exactly what ``text`` writes.
    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        if let day = CalendarDay(text) {
            self = .day(day)
        } else if let time = LedgerTime.time(text) {
            self = .time(time)
        } else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "neither a day nor a time"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
