import Archive
import ArgumentParser
import Presentation

struct ClockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "The archive's clock, on which every destruction depends.", subcommands: [ClockAcceptCommand.self])
}
