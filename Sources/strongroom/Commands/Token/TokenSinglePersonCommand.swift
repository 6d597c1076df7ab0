import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct TokenSinglePersonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "single-person", abstract: "Ask for the end of the rule that two persons are needed.")

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let request = try common.withArchive { try $0.people.endTwoPersonRules(reason: reason) }
            _ = try PermittedText.settle(Permitted<Int>.requested(request), json: common.json)
        }
    }
}
