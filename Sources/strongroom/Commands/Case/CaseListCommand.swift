import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct CaseListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List cases in the order of their registration.",
        discussion: """
            With --json, a line for each case. A page goes on after the caseUID that is given to --after; cases \
            that are registered in between come at the end and move nothing.
            """)

    @Option(help: ArgumentHelp("Only cases of this jurisdiction.", valueName: "code"))
    var jurisdiction: String?

    @Option(help: ArgumentHelp("Only cases with this purpose.", valueName: "code"))
    var purpose: String?

    @Option(help: ArgumentHelp("Only cases of this person, by your reference.", valueName: "ref"))
    var subject: String?

    @Option(
        help: ArgumentHelp(
            "Only cases with a verification that is awaiting, archived, incomplete, unreadable, expired or rejected.",
            valueName: "state"))
    var state: String?

    @Option(help: ArgumentHelp("Only cases registered at this time or later.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only cases registered before this time.", valueName: "time"))
    var before: String?

    @Option(help: ArgumentHelp("Go on after this case.", valueName: "case-uid"))
    var after: String?

    @Option(help: "How many cases at most.")
    var limit = 100

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 100000.") }
    }

    func run() throws {
        try reportingErrors {
            var query = CaseQuery()
            query.jurisdiction = try jurisdiction.map { try Jurisdiction($0) }
            query.purpose = purpose
            query.subject = subject
            query.state = state
            let since = try since.map { try Moment($0, option: "--since") }
            let before = try before.map { try Moment($0, option: "--before") }
            query.after = after
            query.limit = limit
            let cases = try common.withArchive { archive in
                let zone = zone.zone(of: archive)
                query.registeredFrom = since?.from(zone)
                query.registeredBefore = before?.before(zone)
                return try archive.retrieval.cases(query)
            }
            if common.json {
                for found in cases { try Terminal.document(found, pretty: false) }
                return
            }
            let width = min(40, cases.map { Figure.columns(Terminal.visible($0.caseID)) }.max() ?? 0)
            for found in cases {
                let places =
                    found.jurisdictions.isEmpty ? "—" : Terminal.visible(found.jurisdictions.joined(separator: " "))
                Terminal.print(
                    "\(Figure.padded(Terminal.visible(found.caseID), width))  \(Figure.time(found.registeredAt))  "
                        + "\(Figure.padded(places, 8))  \(Terminal.visible(found.states.joined(separator: ", ")))")
            }
            if cases.count == limit, let last = cases.last {
                Terminal.say("more may follow: strongroom case list --after \(last.caseUID)")
            } else if cases.isEmpty {
                Terminal.say("no cases")
            }
        }
    }
}
