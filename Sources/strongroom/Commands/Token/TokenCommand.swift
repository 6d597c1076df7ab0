import Archive
import ArgumentParser
import Base
import Foundation
import Presentation

struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Personal tokens: by which people are known.",
        discussion: """
            A token is printed once, and kept as a keyed hash. Its holder puts it into STRONGROOM_TOKEN, or into a \
            file of \
            mode 0600 for --token-file; never on a command line, which every user of the host can read. Once two \
            people hold \
            tokens that approve (approver, legal, privacy), what lifts a guard needs two persons.
            """,
        subcommands: [
            TokenCreateCommand.self, TokenListCommand.self, TokenRevokeCommand.self, TokenSinglePersonCommand.self,
        ])
}
