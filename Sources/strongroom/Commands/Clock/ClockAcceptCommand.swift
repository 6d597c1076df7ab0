import Archive
import ArgumentParser
import Presentation
internal import Vault

struct ClockAcceptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept", abstract: "Say that the clock is right, on the record: destruction goes on.")

    @Argument(help: ArgumentHelp("What day it is, such as 2026-11-22.", valueName: "day"))
    var day: String

    @Option(parsing: .unconditional, help: ArgumentHelp("Why the clock is right.", valueName: "text"))
    var reason: String

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let time = try Moment(day, option: "the day")
            let reason = try Reason(reason)
            let status = try common.withArchive { archive in
                try PermittedText.settle(
                    try archive.destruction.acceptClock(time.from(zone.zone(of: archive)), reason: reason),
                    json: common.json)
            }
            if common.json { return try Terminal.document(status) }
            Terminal.print("the clock is accepted: it is \(Figure.time(status.now))")
        }
    }
}
