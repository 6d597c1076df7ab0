import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct HoldPlaceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "place", abstract: "Hold from now on, in one transaction.",
        discussion: """
            It takes effect when the command returns. It says what is held now, what is held when it comes, what was \
            destroyed before, and what the expression could not judge. Preserving never needs a second person.
            """)

    @OptionGroup var matter: MatterOption

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("When somebody looks again; nothing ends by itself.", valueName: "date"))
    var reviewBy: String

    @OptionGroup var scope: HoldScopeOptions

    @Flag(help: "Who may not know sees \"kept by law\", and no more.")
    var confidential = false

    @Flag(help: "Say what it would hold, and change nothing.")
    var preview = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !scope.isEmpty else {
            throw ValidationError("Say what is held: --case, --cases FILE, --subject, --where, or --everything.")
        }
    }

    func run() throws {
        try reportingErrors {
            let (matter, reason) = (try Matter(matter.matter), try Reason(reason))
            let reviewBy = try Moment(reviewBy, option: "--review-by")
            try common.withArchive { archive in
                let order = HoldOrder(
                    matter: matter, reason: reason, reviewBy: reviewBy.until(scope.zone.zone(of: archive)),
                    scope: try scope.scope(for: archive), isConfidential: confidential)
                let answer = try archive.holds.place(order, preview: preview)
                try HoldText.say(answer, json: common.json)
                if !preview { try HoldText.finish(archive, json: common.json) }
                if !answer.isMarked { throw Exit.partly }
            }
        }
    }
}
