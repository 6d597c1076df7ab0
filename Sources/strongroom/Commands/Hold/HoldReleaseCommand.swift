import Archive
import ArgumentParser
import Base
import Foundation
internal import Vault

struct HoldReleaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Lift a hold: it cools, and only then binds nothing.",
        discussion: """
            Needs a second person where there are two (exit code 2, and a request). Everything counts as held while it \
            cools: 30 days unless configured.
            """)

    @OptionGroup var matter: MatterOption

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let (matter, reason) = (try Matter(matter.matter), try Reason(reason))
            try common.withArchive { archive in
                let done = try PermittedText.settle(
                    try archive.holds.release(matter, reason: reason), json: common.json)
                try HoldText.say(done, json: common.json)
            }
        }
    }
}
