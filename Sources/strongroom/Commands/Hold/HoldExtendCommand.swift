import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct HoldExtendCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extend", abstract: "Add to a matter that is held, or move its review.",
        discussion: "Each extension is a revision of its own. hold show lists them.")

    @OptionGroup var matter: MatterOption

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("Another day of review.", valueName: "date"))
    var reviewBy: String?

    @OptionGroup var scope: HoldScopeOptions

    @Flag(help: "Say what it would hold, and change nothing.")
    var preview = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !scope.isEmpty || reviewBy != nil else {
            throw ValidationError(
                "Say what is added: --case, --cases FILE, --subject, --where, --everything, or --review-by.")
        }
    }

    func run() throws {
        try reportingErrors {
            let (matter, reason) = (try Matter(matter.matter), try Reason(reason))
            let reviewBy = try reviewBy.map { try Moment($0, option: "--review-by") }
            try common.withArchive { archive in
                let order = HoldOrder(
                    matter: matter, reason: reason, reviewBy: reviewBy?.until(scope.zone.zone(of: archive)),
                    scope: try scope.scope(for: archive))
                let answer = try archive.holds.extend(order, preview: preview)
                try HoldText.say(answer, json: common.json)
                if !preview { try HoldText.finish(archive, json: common.json) }
                if !answer.isMarked { throw Exit.partly }
            }
        }
    }
}
