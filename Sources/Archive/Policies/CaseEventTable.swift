internal import Base
public import Foundation
public import Vault

/// A table of events: the first line names the columns `case` or `subject`, `event` and `at`, each further line is
/// one event. It is checked whole before anything is recorded.
public struct CaseEventTable: Sendable {
    public struct Row: Sendable {
        public let line: Int
        /// One of these.
        public let caseID: String?
        public let subject: String?
        public let input: CaseEventInput
    }

    public let rows: [Row]

    /// - Parameter name: the table's file, for messages.
    public init(_ text: some Collection<UInt8>, name: String, now: Date) throws(ArchiveError) {
        let records: [CSVReader.Record]
        do {
            records = try CSVReader.records(in: text)
        } catch {
            throw ArchiveError(.badTable, "\(name), \(error)", remedy: "write the table by RFC 4180, as UTF-8")
        }
        let known = ["case", "subject", "event", "at"]
        let header = records.first?.fields.map { $0.trimmingCharacters(in: .whitespaces) } ?? []
        guard header.contains("event"), header.contains("case") != header.contains("subject"),
            header.allSatisfy(known.contains), Set(header).count == header.count
        else {
            throw ArchiveError(
                .badTable, "\(name), line 1: the columns are not those of a table of events",
                remedy: "the first line names them: case,event,at or subject,event,at")
        }
        var rows: [Row] = []
        for record in records.dropFirst() {
            let place = "\(name), line \(record.line)"
            guard record.fields.count == header.count else {
                throw ArchiveError(
                    .badTable,
                    "\(place): \(record.fields.count) fields where the first line names \(header.count) columns",
                    remedy: "put a field that has a comma in double quotes")
            }
            let fields = Dictionary(uniqueKeysWithValues: zip(header, record.fields)).filter { !$0.value.isEmpty }
            do throws(ArchiveError) {
                let input = try CaseEventInput(
                    event: fields["event"] ?? "", at: fields["at"], change: .happened, now: now)
                if let caseID = fields["case"] { _ = try CaseID(caseID) }
                guard fields["case"] != nil || fields["subject"] != nil else {
                    throw ArchiveError(.badTable, "no case and no subject is named", remedy: "name one on each line")
                }
                rows.append(
                    Row(line: record.line, caseID: fields["case"], subject: fields["subject"], input: input))
            } catch {
                throw ArchiveError(error.code, "\(place): \(error.message)", remedy: error.remedy)
            }
        }
        self.rows = rows
    }
}
