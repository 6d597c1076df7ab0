import Archive
import ArgumentParser
internal import Base
import Foundation
import Presentation
internal import Vault

struct CaseCorrectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "correct",
        abstract: "Put right what was said wrong of a case when it was registered.",
        discussion: """
            The time of capture or of the token's issue, or the jurisdictions. What was said before stays on the \
            ledger. Nothing is put right against evidence, such as a token that is said to be older than the \
            vendor's answer allows, and nothing while something of the case is held. An event is put right with \
            strongroom case event --correct.
            """)

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String

    @Option(help: ArgumentHelp("Which verification, where the case has several.", valueName: "number"))
    var verification: Int?

    @Option(help: ArgumentHelp("When the person stood before the camera.", valueName: "time"))
    var capturedAt: String?

    @Option(help: ArgumentHelp("When the vendor issued the token.", valueName: "time"))
    var tokenIssuedAt: String?

    @Option(
        help: ArgumentHelp(
            "A country, such as SG or EU; all that apply, in place of those on record. May be repeated.",
            valueName: "code"))
    var jurisdiction: [String] = []

    @Option(help: ArgumentHelp("Why; it stands on the ledger.", valueName: "text"))
    var reason: String

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let (id, reason) = (try CaseID(caseID), try Reason(reason))
            let done = try common.withArchive { archive in
                let correction = try CaseCorrection(
                    jurisdictions: jurisdiction.isEmpty ? nil : jurisdiction, verification: verification,
                    tokenIssuedAt: tokenIssuedAt, capturedAt: capturedAt, timeZone: zone.zone(of: archive), now: Date())
                return try archive.intake.correct(correction, of: id, for: reason)
            }
            if common.json { return try Terminal.document(done) }
            Terminal.print(
                "corrected: case \(Terminal.visible(done.caseID)) · ledger entry \(done.entry)"
                    + (done.due > 0
                        ? " · \(Figure.count(done.due, "object")) of the case \(done.due == 1 ? "is" : "are") due" : "")
            )
        }
    }
}
