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
        guard date >= serviceBegan else {
            throw ArchiveError(
                .badParticular,
                "\(name) (\(format(date))) lies before the vendor's service existed (\(day(serviceBegan)))",
                remedy: "programs write such a date where they know none: find out the true one, or leave it out")
        }
        return date
    }

    /// The version of the vendor's API that results are asked of, `2018-03-01`: nobody was verified through it before.
    private static let serviceBegan = parse("2018-03-01T00:00:00Z")!

    /// Days that programs and spreadsheets write where they know none: the zero of their calendars.
    private static let zeros: Set<String> = [
        "0001-01-01", "1601-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01", "9999-12-31",
    ]

    /// Refuses what is no time of an event, but the zero of some calendar.
    static func checkIsNoZero(_ time: Date, name: String) throws(ArchiveError) {
        let text = format(time)
        guard zeros.contains(String(text.prefix(10))), text.hasSuffix("T00:00:00Z") else { return }
        throw ArchiveError(
            .badEvent, "\(name) (\(text.prefix(10))) is what programs write where they know no date",
            remedy: "find out the true one; where it really was that day, give its time, too")
    }
}
