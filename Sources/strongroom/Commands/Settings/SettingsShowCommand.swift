import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct SettingsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what the file says and does not count yet.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let loosened = try common.withArchive(toLook: true) { $0.people.loosenedSettings }
            if common.json { return try Terminal.document(loosened) }
            if loosened.isEmpty { return Terminal.say("strongroom.yaml says nothing that does not count already") }
            for setting in loosened {
                Terminal.print("\(setting.name): the file says \(setting.file); \(setting.counts) counts")
            }
            Terminal.print("have it count with: strongroom settings apply --reason …")
        }
    }
}
