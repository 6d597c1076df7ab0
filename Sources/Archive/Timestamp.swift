public import Foundation

/// Times as they are read and written: RFC 3339, in UTC when written.
public enum Timestamp {
    /// Reads `2026-11-22T08:02:00Z`, with a fraction of a second or an offset such as `+08:00`. Days and hours
    /// that no calendar has are refused.
    public static func parse(_ text: String) -> Date? {
        let form = /(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d{1,9})?([Zz]|([+-])(\d\d):(\d\d))/
        guard text.utf8.count <= 40, let match = text.wholeMatch(of: form), let year = Int(match.1),
            let month = Int(match.2),
            let day = Int(match.3), let hour = Int(match.4), let minute = Int(match.5), let second = Int(match.6),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var utc = Calendar(identifier: .gregorian)
        utc.timeZone = .gmt
        let parts = DateComponents(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard parts.isValidDate(in: utc), let local = utc.date(from: parts) else { return nil }
        var offset = 0
        if let sign = match.9, let hours = match.10.flatMap({ Int($0) }), let minutes = match.11.flatMap({ Int($0) }) {
            guard hours < 24, minutes < 60 else { return nil }
            offset = (hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
        }
        let fraction = match.7.flatMap { Double("0" + $0) } ?? 0
        return local.addingTimeInterval(fraction - Double(offset))
    }

    /// Reads a time that was given as `name`, which cannot lie in the future.
    static func parse(_ text: String, name: String, now: Date) throws(ArchiveError) -> Date {
        guard let date = parse(text) else {
            throw ArchiveError(
                .badParticular, "\(name) is not a time",
                hint: "write it like 2026-11-22T08:02:00Z or 2026-11-22T16:02:00+08:00")
        }
        guard date <= now.addingTimeInterval(300) else {
            throw ArchiveError(
                .badParticular, "\(name) (\(format(date))) lies in the future",
                hint: "check the time and its zone; it is now \(format(now))")
        }
        return date
    }

    /// To the second, or to the millisecond where there is one.
    public static func format(_ date: Date) -> String {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        let hasFraction = milliseconds.truncatingRemainder(dividingBy: 1000) != 0
        return Date(timeIntervalSince1970: milliseconds / 1000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction))
    }

    /// For sentences: `2026-11-22 08:02 UTC`.
    public static func minute(_ date: Date) -> String {
        let text = format(date)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }

    /// For sentences: `2026-11-22`.
    public static func day(_ date: Date) -> String { String(format(date).prefix(10)) }

    /// Reads a time of the past or the future, or a day, which begins at midnight UTC.
    public static func parseDayOrTime(_ text: String) -> Date? {
        parse(text.wholeMatch(of: /\d{4}-\d\d-\d\d/) == nil ? text : "\(text)T00:00:00Z")
    }
}
