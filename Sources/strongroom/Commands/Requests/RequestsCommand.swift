import Archive
import ArgumentParser
import Foundation
import Presentation

struct RequestsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "What waits for a second person.",
        subcommands: [RequestsListCommand.self, RequestsShowCommand.self], defaultSubcommand: RequestsListCommand.self)
}
