import Archive
import ArgumentParser
import Foundation

struct HoldList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the holds.")

    @Flag(help: "Also those that have ended.")
    var all = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let holds = try common.withArchive(toLook: true) { try $0.holds(all: all) }
            if common.json { return try Terminal.document(holds) }
            if holds.isEmpty { return Terminal.say("no holds") }
            let width = min(40, holds.map { Figure.columns(Terminal.visible($0.matter)) }.max() ?? 0)
            for hold in holds {
                Terminal.print(
                    "\(Figure.padded(Terminal.visible(hold.matter), width))  \(Figure.padded(hold.state, 8))  since \(Figure.time(hold.placedAt)), \(Terminal.visible(hold.placedBy))\(HoldText.known(hold.placedByKnown))  \(HoldText.review(hold))"
                )
                for revision in hold.revisions where revision.state != "ended" || hold.state == "ended" {
                    for part in Figure.wrapped(HoldText.what(revision), 96) { Terminal.print("    \(part)") }
                }
            }
        }
    }
}

struct HoldShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one hold: what it takes in, and since when.")

    @OptionGroup var matter: MatterOption

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let hold = try common.withArchive(toLook: true) { try $0.hold(matter) }
            if common.json { return try Terminal.document(hold) }
            for line in HoldText.lines(hold) { Terminal.print(line) }
        }
    }
}

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

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if csv, common.json { throw ValidationError("Give either --csv or --json.") }
    }

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let time = try asOf.map { try Moment.parse($0, option: "--as-of") }
            let report = try common.withArchive(toLook: true) { try $0.reportHold(matter, asOf: time) }
            if common.json { return try Terminal.document(report) }
            if csv {
                Terminal.print("matter,case,caseUID,object,media,archivedAt,since")
                for object in report.objects {
                    Terminal.print(
                        [
                            report.hold.matter, object.caseID ?? "", object.caseUID, object.object, object.media,
                            Timestamp.format(object.archivedAt), Timestamp.format(object.since),
                        ].map(HoldText.quoted).joined(separator: ","))
                }
                return
            }
            for line in HoldText.lines(report.hold) { Terminal.print(line) }
            Terminal.print(
                "as of     \(Figure.time(report.asOf)): \(Figure.count(report.objects.count, "object")) of \(Figure.count(Set(report.objects.map(\.caseUID)).count, "case")) covered"
            )
            for line in report.record {
                Terminal.print(
                    "\(Figure.padded(Figure.count(Int(line.entry)), 8))  \(Figure.time(line.at))  \(Terminal.visible(line.actor))\(HoldText.known(line.known)) \(line.says)"
                        + (line.reason.map { ": \(Terminal.visible($0))" } ?? ""))
            }
        }
    }
}

struct HoldNoticeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notice", abstract: "Write the letter to those who hold copies of what is held.",
        discussion: "It names the bags and items that were given out, to whom and when.")

    @OptionGroup var matter: MatterOption

    @Option(
        help: ArgumentHelp("A new file to write it to; standard output by default.", valueName: "file"),
        completion: .file())
    var out: String?

    @OptionGroup var common: CommonOptions

    private struct Letter: Encodable {
        let matter: String
        let copies: Int
        let text: String
    }

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let notice = try common.withArchive { try $0.noticeOfHold(matter) }
            if let out {
                guard !FileManager.default.fileExists(atPath: out) else {
                    throw ArchiveError(.outputExists, "\(out) exists already", hint: "name another file")
                }
                do {
                    try Data(notice.text.utf8).write(to: URL(fileURLWithPath: out), options: .withoutOverwriting)
                } catch {
                    throw ArchiveError(.storage, "\(out) cannot be written", hint: "check the path")
                }
                return Terminal.print(
                    "notice written to \(out) · \(Figure.count(notice.copies, "copy", "copies")) named")
            }
            if common.json {
                return try Terminal.document(Letter(matter: notice.matter, copies: notice.copies, text: notice.text))
            }
            for line in notice.text.split(separator: "\n", omittingEmptySubsequences: false) {
                Terminal.print(Terminal.visible(String(line)))
            }
        }
    }
}

struct HoldAcknowledge: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acknowledge", abstract: "Put it on the record that the notice of a hold was read.")

    @OptionGroup var matter: MatterOption

    @Option(name: .customLong("by"), help: ArgumentHelp("Who has read it, where it is not you.", valueName: "name"))
    var reader: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let entry = try common.withArchive { try $0.acknowledgeHold(matter, reader: reader) }
            if common.json { return try Terminal.document(["entry": entry]) }
            Terminal.print("acknowledged, ledger entry \(entry)")
        }
    }
}
