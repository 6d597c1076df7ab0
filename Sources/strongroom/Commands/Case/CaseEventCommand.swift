import Archive
import ArgumentParser
internal import Base
import Foundation
import Presentation
internal import Vault

struct CaseEventCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event",
        abstract: "Record something that retention counts from, such as the end of a relationship.",
        discussion: """
            For a case (strongroom case event K-1 relationship-ended --at 2026-09-30), for every case of a person \
            (--subject REF relationship-ended), or from a table with the columns case or subject, event, at. Nothing \
            is \
            ever overwritten: --correct and --withdraw name the entry of an earlier record, which stays on the ledger.
            """)

    @Argument(
        help: ArgumentHelp("The case ID and the event; with --subject, the event alone.", valueName: "id-and-event"))
    var words: [String] = []

    @Option(
        help: ArgumentHelp(
            "When it happened; now by default. A day is a day in the time zone of the policy, and counts whole.",
            valueName: "time"))
    var at: String?

    @Option(help: ArgumentHelp("The entry of an earlier record whose time was wrong.", valueName: "entry"))
    var correct: UInt64?

    @Option(help: ArgumentHelp("The entry of an earlier record of what never happened.", valueName: "entry"))
    var withdraw: UInt64?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Every case of this person, by your reference.", valueName: "ref"))
    var subject: String?

    @Option(help: ArgumentHelp("A table (CSV); - is standard input.", valueName: "file"), completion: .file())
    var from: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if from != nil {
            guard words.isEmpty, subject == nil, at == nil, correct == nil, withdraw == nil else {
                throw ValidationError("With --from, everything stands in the table.")
            }
            return
        }
        guard words.count == (subject == nil ? 2 : 1) else {
            throw ValidationError("Give a case ID and an event, or --subject and an event.")
        }
        if correct != nil, withdraw != nil { throw ValidationError("Give either --correct or --withdraw.") }
    }

    func run() throws {
        try reportingErrors {
            if let from { return try record(table: from) }
            let change: CaseEventInput.Change =
                withdraw.map { .withdraws($0) } ?? correct.map { .corrects($0) } ?? .happened
            let input = try CaseEventInput(
                event: words.last ?? "", at: at, change: change, now: Date())
            try common.withArchive { archive in
                if let subject {
                    let recorded = try archive.policies.recordEvent(input, ofSubject: subject)
                    if common.json { return try Terminal.document(recorded) }
                    for event in recorded { Terminal.print(text(event)) }
                } else {
                    let recorded = try archive.policies.recordEvent(input, of: try CaseID(words[0]))
                    if common.json { return try Terminal.document(recorded) }
                    Terminal.print(text(recorded))
                }
            }
        }
    }

    private func record(table: String) throws {
        let bytes =
            table == "-"
            ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: table)
        guard let bytes else { throw ArchiveError(.badTable, "\(table) cannot be read", remedy: "check the path") }
        let read = try CaseEventTable(bytes, name: table == "-" ? "standard input" : table, now: Date())
        let rows = read.rows
        var (recorded, known, failed, due) = (0, 0, read.problems.count, [String: Int]())
        try read.problems.say(json: common.json, separator: read.unusualSeparator)
        try common.withArchive { archive in
            for row in rows {
                do {
                    let events =
                        try row.subject.map { try archive.policies.recordEvent(row.input, ofSubject: $0) }
                        ?? [try archive.policies.recordEvent(row.input, of: try CaseID(row.caseID ?? ""))]
                    recorded += events.filter { !$0.wasKnown }.count
                    known += events.filter(\.wasKnown).count
                    for event in events { due[event.caseID] = event.due }
                    if common.json { for event in events { try Terminal.document(event, pretty: false) } }
                } catch let error as ArchiveError where !error.concernsAll {
                    failed += 1
                    guard common.json else {
                        Terminal.complain(error, prefix: "line \(row.line): ")
                        continue
                    }
                    try Terminal.document(
                        ReportLine(refused: try? CaseID(row.caseID ?? ""), line: row.line, problem: error),
                        pretty: false)
                }
            }
        }
        if !common.json {
            let lines = Figure.count(rows.count + read.problems.count, "line")
            let objects = due.values.reduce(0, +)
            Terminal.print(
                "\(lines) · \(recorded) recorded · \(known) known already · \(failed) failed"
                    + (objects > 0
                        ? " · \(Figure.count(objects, "object")) of these cases \(objects == 1 ? "is" : "are") due"
                        : ""))
        }
        if failed > 0 { throw recorded + known > 0 ? Exit.partly : Exit.failed }
    }

    private func text(_ event: RecordedEvent) -> String {
        let at = event.at.map { ", \(Figure.time($0))" } ?? " withdrawn"
        return
            "\(Terminal.visible(event.caseID)): \(event.event)\(at) · "
            + "\(event.wasKnown ? "on record already, entry" : "ledger entry") \(event.entry)"
            + (event.due > 0
                ? " · \(Figure.count(event.due, "object")) of the case \(event.due == 1 ? "is" : "are") due" : "")
    }
}
