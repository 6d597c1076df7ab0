import Archive
import Base
import Foundation
internal import Vault

/// A time that a person gave, of the past or the future.
enum Moment {
    /// Reads a time, or a day, which begins at midnight UTC.
    static func parse(_ text: String, option: String) throws -> Date {
        guard let time = Timestamp.parseDayOrTime(text) else {
            throw ArchiveError(
                .badParticular, "\(option) is not a time", remedy: "write it like 2026-11-22 or 2026-11-22T08:02:00Z")
        }
        return time
    }
}
