import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct CaseConfirmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Say that what was due when it was imported may be destroyed.",
        discussion: """
            A date that was typed wrong can make media due the moment it comes in. Such media waits, whatever the \
            rules say, until somebody who has looked at its dates says that they are right: with this, or with import \
            --confirm. Where they are wrong, strongroom case correct puts them right.
            """)

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String

    @Option(parsing: .unconditional, help: ArgumentHelp("How it is known; it stands on the ledger.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let (id, reason) = (try CaseID(caseID), try Reason(reason))
            let done = try common.withArchive { try $0.intake.confirmDue(of: id, for: reason) }
            if common.json { return try Terminal.document(done) }
            Terminal.print(
                "confirmed: \(Figure.count(done.objects, "object")) of case \(Terminal.visible(id.text)) · ledger "
                    + "entry "
                    + "\(done.entry)")
            if done.due > 0 {
                Terminal.say(
                    "  \(Figure.count(done.due, "object")) \(done.due == 1 ? "is" : "are") due: the next purge "
                        + "destroys "
                        + (done.due == 1 ? "it" : "them"))
            }
        }
    }
}
