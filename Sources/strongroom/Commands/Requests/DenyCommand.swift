import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct DenyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Refuse what another person asked for, with a token of your own.")

    @Argument(help: ArgumentHelp("The number of the request.", valueName: "n"))
    var number: UInt64

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let report = try common.withArchive { try $0.people.deny(number, reason: reason) }
            if common.json { return try Terminal.document(report) }
            Terminal.print(
                "denied by \(Terminal.visible(report.actor)) (token): request \(report.request), "
                    + "\(report.verb), is over"
            )
        }
    }
}
