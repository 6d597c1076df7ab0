import Archive
import ArgumentParser
import Base
import Foundation
internal import Vault

/// In which time zone a day is a day.
struct ZoneOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "In which days are days, such as Asia/Hong_Kong; by default the configuration's, or UTC.", valueName: "zone"
        ))
    var timeZone: String?

    func validate() throws {
        if let timeZone, TimeZone(identifier: timeZone) == nil {
            throw ValidationError("'\(timeZone)' is not a time zone; give one like Asia/Hong_Kong.")
        }
    }

    func zone(of archive: Session) -> TimeZone {
        timeZone.flatMap { TimeZone(identifier: $0) } ?? archive.configuration.timeZone
    }
}

/// A day or a time that a person gave to an option, of the past or the future.
struct Moment {
    private let given: DayOrTime

    /// - Throws: what ends with exit code 64, wherever it is given.
    init(_ text: String, option: String) throws(ArchiveError) { given = try GivenTime.read(text, name: option) }

    /// From it on: a day from its beginning.
    func from(_ zone: TimeZone) -> Date { given.start(in: zone) }

    /// Before it: a day is not in it.
    func before(_ zone: TimeZone) -> Date { given.start(in: zone) }

    /// Up to it: of a day, up to its last millisecond.
    func until(_ zone: TimeZone) -> Date {
        if case .day = given { given.end(in: zone).addingTimeInterval(-0.001) } else { given.start(in: zone) }
    }
}
