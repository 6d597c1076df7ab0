public import Base
public import Foundation

/// A length of time in calendar units, such as five years: an ISO 8601 duration of years, months, weeks and
/// days. See <doc:Policies>.
public struct RetentionPeriod: Hashable, Sendable {
    /// Years count as twelve.
    public let months: Int
    /// Weeks count as seven.
    public let days: Int

    /// The longest that a policy may ask for: 1,000 years.
    private static let mostMonths = 12_000
    private static let mostDays = 366_000

    /// Why a text is not a period.
    public enum Problem: Error, Equatable, Sendable, CustomStringConvertible {
        case notPeriod, hasTime, negative, zero, tooLong, fraction

        public var description: String {
            switch self {
            case .notPeriod: "it is not a duration such as P5Y, P1Y6M or P90D"
            case .hasTime: "times of day are not part of a retention period; write days, such as P90D"
            case .negative: "a period cannot be negative"
            case .zero: "a period of nothing keeps nothing; leave it out"
            case .tooLong: "it is longer than 1,000 years"
            case .fraction: "it has a fraction; write whole units, such as P1Y6M"
            }
        }
    }

    /// Reads a duration such as `P5Y`, `P1Y6M`, `P2W` or `P90D`.
    public init(reading text: String) throws(Problem) {
        guard !text.contains("-"), !text.contains("+") else { throw .negative }
        guard !text.contains("."), !text.contains(",") else { throw .fraction }
        guard text.first != "P" || !text.contains("T") else { throw .hasTime }
        guard let numbers = Self.numbers(text) else { throw .notPeriod }
        months = numbers[0] * 12 + numbers[1]
        days = numbers[2] * 7 + numbers[3]
        guard months + days > 0 else { throw .zero }
        guard months <= Self.mostMonths, days <= Self.mostDays else { throw .tooLong }
    }

    /// The years, months, weeks and days of `P…`, each at most once, in this order and of at most six digits; one of
    /// them at least. By hand: every opening of an archive reads some, and a regular expression takes longer to build
    /// than all of them to read.
    private static func numbers(_ text: String) -> [Int]? {
        var (numbers, next, number, digits) = ([0, 0, 0, 0], 0, 0, 0)
        let bytes = text.utf8
        guard bytes.first == UInt8(ascii: "P"), bytes.count > 1 else { return nil }
        for byte in bytes.dropFirst() {
            if case UInt8(ascii: "0")...UInt8(ascii: "9") = byte {
                digits += 1
                guard digits <= 6 else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
                continue
            }
            guard digits > 0, let unit = "YMWD".utf8.map({ $0 })[next...].firstIndex(of: byte) else { return nil }
            numbers[unit] = number
            (next, number, digits) = (unit + 1, 0, 0)
        }
        return digits == 0 ? numbers : nil
    }

    /// Reads a duration; nil for what ``init(reading:)`` refuses.
    public init?(_ text: String) {
        do throws(Problem) { self = try Self(reading: text) } catch { return nil }
    }

    /// In its shortest form: `P1Y6M`, not `P18M`.
    public var text: String {
        let parts = [(months / 12, "Y"), (months % 12, "M"), (days, "D")].filter { $0.0 > 0 }
        return "P" + parts.map { "\($0.0)\($0.1)" }.joined()
    }

    /// In words: `1 year and 6 months`.
    public var words: String {
        let parts = [(months / 12, "year"), (months % 12, "month"), (days, "day")].filter { $0.0 > 0 }
        return parts.map { "\($0.0) \($0.1)\($0.0 == 1 ? "" : "s")" }.joined(separator: " and ")
    }

    /// The time this long after another, by the calendar of a time zone. See <doc:Decisions>.
    public func after(_ time: Date, in zone: TimeZone) -> Date {
        // Asking a time zone costs more than all the rest, and most policies are in UTC.
        let isUTC = zone == .gmt
        let offset = isUTC ? 0 : zone.secondsFromGMT(for: time)
        let local = (time.timeIntervalSince1970 + TimeInterval(offset))
        let day = Int((local / 86_400).rounded(.down))
        let wanted = TimeInterval(moved(day)) * 86_400 + (local - TimeInterval(day) * 86_400)
        return isUTC ? Date(timeIntervalSince1970: wanted) : CivilDate.time(wanted, in: zone)
    }

    /// The beginning of the day this long after another, or its end: the beginning of the next.
    public func after(_ day: CalendarDay, in zone: TimeZone, atItsEnd: Bool) -> Date {
        CivilDate.start(of: moved(day.number) + (atItsEnd ? 1 : 0), in: zone)
    }

    /// A day, in days since 1970-01-01, this much later: months first, by which a day that the month does not have
    /// becomes its last, then days.
    private func moved(_ day: Int) -> Int {
        var (year, month, dayOfMonth) = CivilDate.date(day)
        let monthsSinceZero = year * 12 + month - 1 + months
        (year, month) = (monthsSinceZero / 12, monthsSinceZero % 12 + 1)
        dayOfMonth = min(dayOfMonth, CivilDate.daysIn(month, of: year))
        return CivilDate.days(year, month, dayOfMonth) + days
    }
}
