public import Foundation

/// Times as they are read and written: RFC 3339, in UTC when written.
public enum Timestamp {
    /// Reads `2026-11-22T08:02Z`, with seconds, with a fraction of them, or with an offset such as `+08:00` or `+0800`;
    /// a blank may stand for the `T`. Days and hours that no calendar has are refused, and so is a time without a zone.
    public static func parse(_ text: String) -> Date? {
        // By hand: a table of a million lines has millions of them.
        var rest = Array(text.utf8)[...]
        guard rest.count <= 40 else { return nil }
        func take(_ bytes: StaticString) -> Bool {
            guard let next = rest.first, (0..<bytes.utf8CodeUnitCount).contains(where: { bytes.utf8Start[$0] == next })
            else { return false }
            rest.removeFirst()
            return true
        }
        func number(_ digits: Int) -> Int? {
            guard rest.count >= digits else { return nil }
            var number = 0
            for byte in rest.prefix(digits) {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                number = number * 10 + Int(byte - UInt8(ascii: "0"))
            }
            rest.removeFirst(digits)
            return number
        }
        guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2), take("Tt "),
            let hour = number(2), take(":"), let minute = number(2), year >= 1, (1...12).contains(month), day >= 1,
            day <= CivilDate.daysIn(month, of: year),
            hour < 24, minute < 60
        else { return nil }
        var second = 0
        let hasSeconds = take(":")
        if hasSeconds {
            guard let value = number(2), value < 60 else { return nil }
            second = value
        }
        var fraction = 0.0
        if rest.first == UInt8(ascii: "."), hasSeconds {
            rest.removeFirst()
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
            guard (1...9).contains(digits), let value = number(digits) else { return nil }
            fraction = Double(value) / pow(10, Double(digits))
        }
        var offset = 0
        if !take("Zz") {
            let isWest = rest.first == UInt8(ascii: "-")
            guard take("+-"), let hours = number(2), take(":") || !rest.isEmpty, let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isWest ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (Int32(year) - 1900, Int32(month) - 1, Int32(day))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (Int32(hour), Int32(minute), Int32(second))
        let time = timegm(&parts) - offset
        guard (earliest...latest).contains(Int64(time)) else { return nil }
        return Date(timeIntervalSince1970: Double(time) + fraction)
    }

    /// Seconds: the years 1 to 9999.
    private static let earliest: Int64 = -62_135_596_800
    private static let latest: Int64 = 253_402_300_799

    /// To the second, or to the millisecond where there is one; for sentences.
    public static func format(_ date: Date) -> String {
        // In whole milliseconds: cut from a fraction of seconds, the last digit would often be one too low.
        let whole = (date.timeIntervalSince1970 * 1000).rounded()
        let milliseconds = Int64(min(max(whole, Double(earliest) * 1000), Double(latest) * 1000 + 999))
        let text = LedgerTime.text(milliseconds: milliseconds)
        return milliseconds % 1000 == 0 ? text.dropLast(5) + "Z" : text
    }

    /// To the millisecond, as every document has it: `2026-11-22T08:02:00.000Z`.
    public static func exact(_ date: Date) -> String {
        let text = format(date)
        return text.utf8.count == 20 ? text.dropLast() + ".000Z" : text
    }

    /// For sentences: `2026-11-22 08:02 UTC`.
    public static func minute(_ date: Date) -> String {
        let text = format(date)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    /// For sentences: `2026-11-22`.
    public static func day(_ date: Date) -> String { String(format(date).prefix(10)) }
}
