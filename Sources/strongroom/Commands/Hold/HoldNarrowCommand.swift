import Archive
import ArgumentParser
import Base
import Foundation
internal import Vault

struct HoldNarrowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "narrow", abstract: "Take cases, or a whole revision, out of a hold.",
        discussion: "Needs a second person where there are two, and cools like a release.")

    @OptionGroup var matter: MatterOption

    @Option(name: .customLong("case"), parsing: .upToNextOption, help: ArgumentHelp("Case IDs.", valueName: "id"))
    var cases: [String] = []

    @Option(
        name: .customLong("cases"), help: ArgumentHelp("A file with case IDs.", valueName: "file"), completion: .file())
    var caseFiles: [String] = []

    @Option(help: ArgumentHelp("A revision that is taken back; hold show lists them.", valueName: "n"))
    var revision: Int?

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (cases.isEmpty && caseFiles.isEmpty) != (revision == nil) else {
            throw ValidationError("Give --case or --cases, or --revision.")
        }
    }

    func run() throws {
        try reportingErrors {
            let (matter, reason) = (try Matter(matter.matter), try Reason(reason))
            let named = try cases.map { try CaseID($0) } + (try caseFiles.flatMap { try CaseListFile(path: $0).cases })
            try common.withArchive { archive in
                let done = try PermittedText.settle(
                    try archive.holds.narrow(matter, cases: named, revision: revision, reason: reason),
                    json: common.json)
                try HoldText.say(done, json: common.json)
            }
        }
    }
}
