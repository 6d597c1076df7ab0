import Archive
import ArgumentParser
import Foundation
import Presentation

struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Guards that strongroom.yaml would loosen.",
        discussion: """
            What tightens a guard takes effect at once. What loosens one waits, where two persons are needed, and \
            until then \
            the stricter value counts.
            """,
        subcommands: [SettingsShowCommand.self, SettingsApplyCommand.self], defaultSubcommand: SettingsShowCommand.self)
}
