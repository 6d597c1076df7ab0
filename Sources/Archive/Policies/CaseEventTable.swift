internal import Base
public import Foundation
public import Vault

/// A table of events: the first line names the columns `case` or `subject`, `event` and `at`, each further line is
/// one event. A line that cannot be used takes nothing from the others.
public struct CaseEventTable: Sendable {
    public struct Row: Sendable {
        public let line: Int
        /// One of these.
        public let caseID: String?
        public let subject: String?
        public let input: CaseEventInput
    }

    public let rows: [Row]
    /// Lines that cannot be used, in their order.
    public let problems: [TableProblem]
    /// What stands between its columns, where that is no comma: `semicolons` or `tabs`.
    public let unusualSeparator: String?

    /// - Parameter name: the table's file, for messages.
    /// - Throws: where the table as a whole cannot be used.
    public init(_ text: some Collection<UInt8>, name: String, now: Date) throws(ArchiveError) {
        var table = try Table(
            text, name: name, known: ["case", "subject", "event", "at"], required: ["event"],
            example: "case,event,at or subject,event,at")
        guard table.columns.contains("case") != table.columns.contains("subject") else {
            throw ArchiveError(
                .badTable, "\(name), line 1: the columns are not those of a table of events",
                remedy: "the first line names them: case,event,at or subject,event,at")
        }
        var rows: [Row] = []
        for record in table.rows {
            let fields = record.fields
            do throws(ArchiveError) {
                // An empty cell is a time that somebody does not know, and never now.
                guard !table.columns.contains("at") || fields["at"] != nil else {
                    throw ArchiveError(
                        .badTime, "at is empty", remedy: "say when it happened; a table without the column means now")
                }
                let input = try CaseEventInput(
                    event: fields["event"] ?? "", at: fields["at"], change: .happened, now: now)
                if let caseID = fields["case"] { _ = try CaseID(caseID) }
                guard fields["case"] != nil || fields["subject"] != nil else {
                    throw ArchiveError(.badTable, "no case and no subject is named", remedy: "name one on each line")
                }
                rows.append(
                    Row(line: record.line, caseID: fields["case"], subject: fields["subject"], input: input))
            } catch {
                table.note(record.line, fields["case"], error)
            }
        }
        self.rows = rows
        problems = table.problems.sorted { $0.line < $1.line }
        unusualSeparator = table.unusualSeparator
    }
}
