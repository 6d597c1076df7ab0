import Archive
import Foundation

/// A time that a person gave, of the past or the future.
enum Moment {
    /// Reads a time, or a day, which begins at midnight UTC.
    static func parse(_ text: String, option: String) throws -> Date {
        let whole = text.wholeMatch(of: /\d{4}-\d\d-\d\d/) == nil ? text : "\(text)T00:00:00Z"
        guard let time = Timestamp.parse(whole) else {
            throw ArchiveError(
                .badParticular, "\(option) is not a time", hint: "write it like 2026-11-22 or 2026-11-22T08:02:00Z")
        }
        return time
    }
}
