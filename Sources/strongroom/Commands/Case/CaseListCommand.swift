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

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only cases that passed, failed, or got this code of the vendor.", valueName: "result"))
    var result: String?

    @Option(
        help: ArgumentHelp("Only cases whose person can have stood before the camera then or later.", valueName: "time")
    )
    var capturedFrom: String?

    @Option(
        help: ArgumentHelp("Only cases whose person can have stood before the camera before then.", valueName: "time"))
    var capturedBefore: String?

    @Option(
        help: ArgumentHelp(
            "Only cases of which something is held, due, overdue, kept, in conflict and so on.", valueName: "standing"))
    var standing: String?

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
            query.result = result
            query.standing = standing
            let capturedFrom = try capturedFrom.map { try Moment($0, option: "--captured-from") }
            let capturedBefore = try capturedBefore.map { try Moment($0, option: "--captured-before") }
            let since = try since.map { try Moment($0, option: "--since") }
            let before = try before.map { try Moment($0, option: "--before") }
            query.after = after
            query.limit = limit
            let cases = try common.withArchive { archive in
                let zone = zone.zone(of: archive)
                query.registeredFrom = since?.from(zone)
                query.capturedFrom = capturedFrom?.from(zone)
                query.capturedBefore = capturedBefore?.before(zone)
                query.registeredBefore = before?.before(zone)
                return try archive.retrieval.cases(query)
            }
            if common.json {
                for found in cases { try Terminal.document(found, pretty: false) }
                return
            }
            let width = min(40, cases.map { Figure.columns(Terminal.visible($0.caseID)) }.max() ?? 0)
            // A header is for people: who counts lines gets no other line.
            if !cases.isEmpty, isatty(STDOUT_FILENO) == 1 {
                Terminal.print(
                    "\(Figure.padded("case", width))  registered            jurisdiction  result  state, what is "
                        + "decided"
                )
            }
            for found in cases {
                let results = found.results.map { $0 ?? "—" }.joined(separator: " ")
                let decided = found.standings.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
                let places =
                    found.jurisdictions.isEmpty ? "—" : Terminal.visible(found.jurisdictions.joined(separator: " "))
                Terminal.print(
                    "\(Figure.padded(Terminal.visible(found.caseID), width))  \(Figure.time(found.registeredAt))  "
                        + "\(Figure.padded(places, 12))  \(Figure.padded(results, 6))  "
                        + Terminal.visible(found.states.joined(separator: ", "))
                        + (decided.isEmpty ? "" : ": \(decided.joined(separator: ", "))"))
            }
            if cases.count == limit, let last = cases.last {
                Terminal.say("more may follow: strongroom case list --after \(last.caseUID)")
            } else if cases.isEmpty {
                Terminal.say("no cases")
            }
        }
    }
}
