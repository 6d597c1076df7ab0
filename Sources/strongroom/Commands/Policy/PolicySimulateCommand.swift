import Archive
import ArgumentParser
import Foundation
import Presentation

struct PolicySimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Show what a policy would change in this archive. Changes nothing.")

    @Argument(help: ArgumentHelp("The policy or terms file.", valueName: "file"), completion: .file())
    var file: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let file = try PolicyFile(path: file)
            try common.withArchive { archive in
                let bar = ProgressBar("deciding", total: 2, isShown: !common.json)
                let impact = try archive.policies.simulate(file) { bar.advance(to: $0, of: $1) }
                bar.clear()
                if common.json { return try Terminal.document(impact) }
                for line in ImpactText.lines(impact) { Terminal.print(line) }
                Terminal.print("digest \(impact.digest.prefix(16))")
            }
        }
    }
}
