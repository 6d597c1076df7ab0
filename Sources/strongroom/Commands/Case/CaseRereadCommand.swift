import Archive
import ArgumentParser
import Base
import Presentation
internal import Vault

struct CaseRereadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reread",
        abstract: "Read an answer once more that was archived as it came, because it could not be read.",
        discussion: """
            What is in it is archived as another verification of the case; the answer itself stays. With --lenient, \
            Base64 may have line breaks, no padding, the URL alphabet or a data: prefix, and half a surrogate pair \
            becomes U+FFFD. Who did so, and why, stands on the ledger.
            """)

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String

    @Option(help: ArgumentHelp("Which verification, where several could be meant.", valueName: "number"))
    var verification: Int?

    @Flag(help: "Read also Base64 and JSON that are not quite what the standards say.")
    var lenient = false

    @Option(help: ArgumentHelp("Why; it stands on the ledger.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let (id, reason) = (try CaseID(caseID), try Reason(reason))
            try common.withArchive { archive in
                let report = try archive.intake.readAgain(
                    id, number: verification, isLenient: lenient, for: reason)
                BatchReport("reading", total: 1, json: common.json, isBatch: false).take(report)
                if report.state == .incomplete { throw Exit.partly }
            }
        }
    }
}
