import Archive
import ArgumentParser
import Base
import Foundation
import Presentation

struct HoldReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Report who ordered what, when it took effect, what it covers, and when it ended.",
        discussion: "From the ledger alone. With --csv, a line for each object that is covered.")

    @OptionGroup var matter: MatterOption

    @Option(help: ArgumentHelp("As of another time.", valueName: "time"))
    var asOf: String?

    @Flag(help: "Print a table (CSV) of the objects.")
    var csv = false

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if csv, common.json { throw ValidationError("Give either --csv or --json.") }
    }

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let time = try asOf.map { try Moment($0, option: "--as-of") }
            let report = try common.withArchive(toLook: true) { archive in
                try archive.holds.report(matter, asOf: time?.until(zone.zone(of: archive)))
            }
            if common.json { return try Terminal.document(report) }
            if csv {
                Terminal.print("matter,case,caseUID,object,media,archivedAt,since,until")
                for object in report.objects {
                    Terminal.print(
                        [
                            report.hold.matter, object.caseID ?? "", object.caseUID, object.object, object.media,
                            Timestamp.exact(object.archivedAt), Timestamp.exact(object.since),
                            object.until.map(Timestamp.exact) ?? "",
                        ].map(HoldText.quoted).joined(separator: ","))
                }
                return
            }
            for line in HoldText.lines(report.hold) { Terminal.print(line) }
            Terminal.print(
                "as of     \(Figure.time(report.asOf)): \(Figure.count(report.objects.count, "object")) of "
                    + "\(Figure.count(Set(report.objects.map(\.caseUID)).count, "case")) covered"
            )
            for line in report.record {
                Terminal.print(
                    "\(Figure.padded(Figure.count(Int(line.entry)), 8))  \(Figure.time(line.at))  "
                        + "\(Terminal.visible(line.actor))\(HoldText.known(line.known)) \(line.says)"
                        + (line.reason.map { ": \(Terminal.visible($0))" } ?? ""))
            }
        }
    }
}
