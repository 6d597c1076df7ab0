import Archive
import ArgumentParser
import Base
import Foundation
import Presentation

struct HoldShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one hold: what it takes in, and since when.")

    @OptionGroup var matter: MatterOption

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let hold = try common.withArchive(toLook: true) { try $0.holds.show(matter) }
            if common.json { return try Terminal.document(hold) }
            for line in HoldText.lines(hold) { Terminal.print(line) }
        }
    }
}
