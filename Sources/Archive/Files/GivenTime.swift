public import Base
internal import Foundation
public import Vault

/// Days and times as people give them, in options and in tables: read in one place, refused in one way.
public enum GivenTime {
    /// Reads a day or a time.
    ///
    /// - Parameter name: of the option or column.
    /// - Throws: `badTime`.
    public static func read(_ text: String, name: String) throws(ArchiveError) -> DayOrTime {
        if let given = DayOrTime(text) { return given }
        // What lacks nothing but its zone: where it was read in another one, it would be hours off.
        guard !text.isEmpty, DayOrTime(text + "Z") == nil else {
            throw text.isEmpty
                ? ArchiveError(.badTime, "\(name) is empty", remedy: "write it like \(DayOrTime.examples)")
                : ArchiveError(
                    .badTime, "\(name) has no time zone: '\(PlainText.excerpt(text))'",
                    remedy: "add Z for UTC, or what the clock is ahead of it, such as +08:00")
        }
        if text.wholeMatch(of: /[0-9]{4}-[0-9]{2}-[0-9]{2}/) != nil, Timestamp.parse(text + "T00:00Z") == nil {
            throw ArchiveError(
                .badTime, "\(name): no calendar has the day \(text)", remedy: "see which of its parts is wrong")
        }
        guard Timestamp.parse(text + "T00:00Z") == nil else {
            throw ArchiveError(
                .badTime, "\(name) (\(text)) lies before 1970: programs write such a day where they know none",
                remedy: "find out the true one, or leave it out")
        }
        throw ArchiveError(
            // What it is instead stays unsaid: columns that were exchanged bring names and tokens here.
            .badTime, "\(name) is neither a day nor a time",
            remedy: "write it like \(DayOrTime.examples)")
    }

    /// Reads a day or a time that cannot lie in the future, and not before anybody was verified.
    ///
    /// - Parameter zone: in which a day is a day.
    static func past(
        _ text: String, name: String, in zone: TimeZone, now: Date
    ) throws(ArchiveError) -> DayOrTime {
        let given = try read(text, name: name)
        guard given.start(in: zone) <= now.addingTimeInterval(tolerance) else {
            throw ArchiveError(
                .badTime, "\(name) (\(given.words)) lies in the future",
                remedy: "check the time and its zone; it is now \(Timestamp.format(now))")
        }
        guard given.end(in: zone) > serviceBegan else {
            throw ArchiveError(
                .badTime,
                "\(name) (\(given.words)) lies before the vendor's service existed (\(Timestamp.day(serviceBegan)))",
                remedy: "programs write such a date where they know none: find out the true one, or leave it out")
        }
        return given
    }

    /// A point in time of the past; a day is refused, because hours count from it.
    static func pastTime(_ text: String, name: String, now: Date) throws(ArchiveError) -> Date {
        guard case .time(let time) = try past(text, name: name, in: .gmt, now: now) else {
            throw ArchiveError(
                .badTime, "\(name) (\(text)) is a day, and the vendor's 72 hours count from the minute",
                remedy: "give its time, too, such as \(text)T08:02Z; where nobody knows it, leave it out")
        }
        return time
    }

    /// The moments at which it can have been: of a day all.
    static func span(_ given: DayOrTime, in zone: TimeZone) -> ClosedRange<Date> {
        let start = given.start(in: zone)
        guard case .day = given else { return start...start }
        return start...given.end(in: zone).addingTimeInterval(-0.001)
    }

    /// Refuses what has not happened yet, and what is no time of an event, but the zero of some calendar.
    ///
    /// - Parameter zones: a day is past where it has begun in one of them.
    static func checkHasHappened(_ given: DayOrTime, in zones: [TimeZone], now: Date) throws(ArchiveError) {
        guard zones.contains(where: { given.start(in: $0) <= now.addingTimeInterval(tolerance) }) else {
            throw ArchiveError(
                .badTime, "the event (\(given.words)) lies in the future", remedy: "record it when it has happened")
        }
        let isZero =
            switch given {
            case .day(let day): zeros.contains(day.text)
            case .time(let time):
                zeros.contains(Timestamp.day(time)) && Timestamp.format(time).hasSuffix("T00:00:00Z")
            }
        guard isZero else { return }
        throw ArchiveError(
            .badTime, "the time of the event (\(given.words)) is what programs write where they know no date",
            remedy: "find out the true one")
    }

    /// Seconds by which the clock that wrote a time may be ahead of this one.
    private static let tolerance: TimeInterval = 300

    /// The version of the vendor's API that results are asked of, `2018-03-01`: nobody was verified through it before.
    private static let serviceBegan = Timestamp.parse("2018-03-01T00:00:00Z")!

    /// Days that programs and spreadsheets write where they know none: the zero of their calendars.
    private static let zeros: Set<String> = [
        "0001-01-01", "1601-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01", "9999-12-31",
    ]
}
