import Archive
import ArgumentParser
import Presentation
internal import Vault

struct PurgeBackstopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backstop",
        abstract: "Let media of a case go whose event never came and whose backstop has passed.",
        discussion:
            "Needs a second person where there are two. The next purge destroys it, unless the event comes before.")

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String

    @Option(help: ArgumentHelp("One kind of media.", valueName: "kind"))
    var media: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let (caseID, reason) = (try CaseID(caseID), try Reason(reason))
            let entry = try common.withArchive { archive in
                try PermittedText.settle(
                    try archive.destruction.approveBackstop(of: caseID, media: media, reason: reason), json: common.json
                )
            }
            if common.json { return try Terminal.document(EntryDocument(entry: entry)) }
            Terminal.print("due now, ledger entry \(entry): strongroom purge run destroys it")
        }
    }
}
