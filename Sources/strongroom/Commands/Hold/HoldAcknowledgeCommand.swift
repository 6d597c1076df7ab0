import Archive
import ArgumentParser
import Base
import Foundation
import Presentation

struct HoldAcknowledgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge", abstract: "Put it on the record that the notice of a hold was read.")

    @OptionGroup var matter: MatterOption

    @Option(name: .customLong("by"), help: ArgumentHelp("Who has read it, where it is not you.", valueName: "name"))
    var reader: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let entry = try common.withArchive { try $0.holds.acknowledge(matter, reader: reader) }
            if common.json { return try Terminal.document(EntryDocument(entry: entry)) }
            Terminal.print("acknowledged, ledger entry \(entry)")
        }
    }
}
