public import Foundation

/// Times as they are read and written: RFC 3339, in UTC when written.
public enum Timestamp {
    /// Reads `2026-11-22T08:02:00Z`, with a fraction of a second or an offset such as `+08:00`.
    public static func parse(_ text: String) -> Date? {
        for includesFraction in [false, true] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: includesFraction)
            if text.contains("T"), let date = try? style.parse(text) { return date }
        }
        return nil
    }

    /// Reads a time that was given as `name`, which cannot lie in the future.
    static func parse(_ text: String, name: String, now: Date) throws(ArchiveError) -> Date {
        guard let date = parse(text) else {
            throw ArchiveError(
                .badParticular, "\(name): '\(PlainText.excerpt(text))' is not a time",
                hint: "write it like 2026-11-22T08:02:00Z or 2026-11-22T16:02:00+08:00")
        }
        guard date <= now.addingTimeInterval(300) else {
            throw ArchiveError(
                .badParticular, "\(name): \(format(date)) lies in the future",
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
}
