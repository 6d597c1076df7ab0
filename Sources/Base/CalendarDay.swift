public import Foundation

/// A day of the Gregorian calendar, from the year 1970 to 9999: `2026-11-22`. A time zone says when it begins.
public struct CalendarDay: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int

    private static let last = 2_932_896

    /// The day that a time lies in, by the calendar of a time zone.
    public init(of time: Date, in zone: TimeZone = .gmt) {
        let offset = zone == .gmt ? 0 : zone.secondsFromGMT(for: time)
        let days = ((time.timeIntervalSince1970 + TimeInterval(offset)) / 86_400).rounded(.down)
        number = Int(min(max(days, 0), Double(Self.last)))
    }

    /// A day by its number; nil outside of the years.
    public init?(number: Int) {
        guard (0...Self.last).contains(number) else { return nil }
        self.number = number
    }

    /// Reads exactly what ``text`` writes.
    public init?(_ text: String) {
        guard let time = LedgerTime.time(text + "T00:00:00.000Z") else { return nil }
        self.init(of: time)
    }

    /// When it begins by the clocks of a time zone; where they skip midnight, as much later as they skip.
    public func start(in zone: TimeZone = .gmt) -> Date { CivilDate.start(of: number, in: zone) }

    /// When the next day begins: the first moment that is no longer in it.
    public func end(in zone: TimeZone = .gmt) -> Date { CivilDate.start(of: number + 1, in: zone) }

    public var text: String { String(LedgerTime.text(start()).prefix(10)) }
    public var description: String { text }

    public static func < (a: CalendarDay, b: CalendarDay) -> Bool { a.number < b.number }

    public init(from decoder: any Decoder) throws {
        guard let day = Self(try decoder.singleValueContainer().decode(String.self)) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a day"))
        }
        self = day
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Days of the Gregorian calendar, counted from 1970-01-01, by the C library's arithmetic for UTC.
package enum CivilDate {
    package static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        var parts = tm()
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        return timegm(&parts) / 86_400
    }

    package static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        var seconds = time_t(days) * 86_400
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return (Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday))
    }

    package static func daysIn(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func start(of day: Int, in zone: TimeZone) -> Date {
        let midnight = TimeInterval(day) * 86_400
        return zone == .gmt ? Date(timeIntervalSince1970: midnight) : time(midnight, in: zone)
    }

    /// The moment at which clocks of a zone show a local time, given in seconds since its 1970-01-01. Where they
    /// skip it, as much later as they skip; where they show it twice, the first time.
    package static func time(_ local: TimeInterval, in zone: TimeZone) -> Date {
        func shown(_ offset: Int) -> Date? {
            let time = Date(timeIntervalSince1970: local - TimeInterval(offset))
            return zone.secondsFromGMT(for: time) == offset ? time : nil
        }
        // The offsets of a day before and a day after are those on both sides of any change in between.
        let before = zone.secondsFromGMT(for: Date(timeIntervalSince1970: local - 86_400))
        let after = zone.secondsFromGMT(for: Date(timeIntervalSince1970: local + 86_400))
        let found = [shown(before), shown(after)].compactMap { $0 }.min()
        return found ?? Date(timeIntervalSince1970: local - TimeInterval(before))
    }
}
