internal import Base
internal import Foundation
internal import Vault

extension Timestamp {
    /// Reads a time that was given as `name`, which cannot lie in the future.
    static func parse(_ text: String, name: String, now: Date) throws(ArchiveError) -> Date {
        guard let date = parse(text) else {
            throw ArchiveError(
                .badParticular, "\(name) is not a time",
                remedy: "write it like 2026-11-22T08:02:00Z or 2026-11-22T16:02:00+08:00")
        }
        guard date <= now.addingTimeInterval(300) else {
            throw ArchiveError(
                .badParticular, "\(name) (\(format(date))) lies in the future",
                remedy: "check the time and its zone; it is now \(format(now))")
        }
        return date
    }
}
