import Archive
import ArgumentParser
import Foundation
import Presentation

struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "What strongroom.yaml says, and what counts.",
        discussion: """
            What tightens a guard takes effect at once. What loosens one, or changes anything else, waits until \
            it is applied, and where two persons are needed until another has allowed it. Until then what is on \
            record counts.
            """,
        subcommands: [SettingsShowCommand.self, SettingsApplyCommand.self], defaultSubcommand: SettingsShowCommand.self)
}
