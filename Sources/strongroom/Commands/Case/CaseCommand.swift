import ArgumentParser
import Base

struct CaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "case",
        abstract: "Look at cases, and record what happens to them.",
        subcommands: [
            CaseListCommand.self, CaseShowCommand.self, CaseEventCommand.self, CaseCorrectCommand.self,
            CaseConfirmCommand.self,
            CaseReopenCommand.self, CaseRereadCommand.self,
        ])
}
