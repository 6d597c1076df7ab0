import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct SettingsApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Have what the file says count.")

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let entry = try common.withArchive { archive in
                try PermittedText.settle(try archive.people.applySettings(reason: reason), json: common.json)
            }
            if common.json { return try Terminal.document(EntryDocument(entry: entry)) }
            Terminal.print("the file counts now, ledger entry \(entry)")
        }
    }
}
