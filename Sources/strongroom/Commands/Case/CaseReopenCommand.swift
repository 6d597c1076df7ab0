import Archive
import ArgumentParser
import Base
import Presentation
internal import Vault

struct CaseReopenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reopen",
        abstract: "Ask the vendor once more about a verification that has ended.",
        discussion: """
            For one that was refused, expired, came without media, with an answer that cannot be read, or with a \
            result that is wrong, while its SDK token is still kept: at least until its 72 hours and a day are over. \
            It goes on as another verification of the case, which strongroom pull asks about.
            """)

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String

    @Option(help: ArgumentHelp("Which verification, where several could be meant.", valueName: "number"))
    var verification: Int?

    @Option(help: ArgumentHelp("Why; it stands on the ledger.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    private struct Document: Encodable {
        let caseID: String
        let verification: Int
    }

    func run() throws {
        try reportingErrors {
            let (id, reason) = (try CaseID(caseID), try Reason(reason))
            let name = try common.withArchive { try $0.intake.reopen(id, number: verification, for: reason) }
            if common.json { return try Terminal.document(Document(caseID: id.text, verification: name.number)) }
            Terminal.print(
                "reopened: case \(Terminal.visible(id.text)) goes on as verification \(name.number)")
            Terminal.say("  strongroom pull asks the vendor")
        }
    }
}
