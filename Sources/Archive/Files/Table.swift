internal import Base
internal import Foundation
public import Vault

/// A line of a table that cannot be used. The others can.
public struct TableProblem: Sendable {
    public let line: Int
    /// Where the line names one.
    public let caseID: CaseID?
    /// Its message names the table and the line.
    public let error: ArchiveError
}

/// A table as people type or export it: its first line names columns, each further line is a row.
struct Table {
    struct Row {
        let line: Int
        /// By their columns, without those that are empty.
        let fields: [String: String]
        /// The field of the column that is a secret.
        let secret: SecretText?
    }

    let columns: [String]
    /// What stands between its columns, where that is no comma: `semicolons` or `tabs`.
    let unusualSeparator: String?
    private(set) var rows: [Row] = []
    private(set) var problems: [TableProblem] = []
    private let name: String

    /// - Parameters:
    ///   - name: the table's file, for messages.
    ///   - known: the names of columns.
    ///   - required: of these, those that must be there.
    ///   - secret: a column whose fields are secrets.
    ///   - example: a first line that is right.
    init(
        _ text: some Collection<UInt8>, name: String, known: [String], required: [String], secret: String? = nil,
        example: String
    ) throws(ArchiveError) {
        self.name = name
        func refuse(_ message: String, _ remedy: Remedy) -> ArchiveError {
            ArchiveError(.badTable, "\(name)\(message)", remedy: remedy)
        }
        let front = Array(text.prefix(2))
        guard front != [0xFF, 0xFE], front != [0xFE, 0xFF], !front.contains(0) else {
            throw refuse(" is UTF-16", "save it as UTF-8: Excel calls that \"CSV UTF-8\"")
        }
        let records: [CSVReader.Record]
        do { records = try CSVReader.records(in: text, secret: secret) } catch {
            throw refuse(", \(error)", "write the table by RFC 4180, as UTF-8")
        }
        let separator = CSVReader.separator(of: text)
        unusualSeparator = separator == .commas ? nil : separator.rawValue
        guard let header = records.first else {
            throw refuse(" is empty", "its first line names the columns: \(example)")
        }
        func names(_ record: CSVReader.Record) -> [String] {
            record.fields.map { $0.trimmingCharacters(in: .whitespaces) }
        }
        columns = names(header)
        let place = ", line \(header.line)"
        if !columns.contains(where: known.contains) {
            // What stands there may be data, and is not repeated.
            let later = records.dropFirst().first { Set(required).isSubset(of: names($0)) }
            throw refuse(
                "\(place): no column is named",
                later.map { "the names of the columns stand in line \($0.line): take away what stands before it" }
                    ?? "the first line names the columns, such as \(example)")
        }
        for (index, column) in columns.enumerated() {
            guard known.contains(column) else {
                throw refuse(
                    "\(place): the name of column \(index + 1) is not known",
                    "the first line names the columns; known are \(known.joined(separator: ", "))")
            }
            guard columns.firstIndex(of: column) == index else {
                throw refuse("\(place): the column \(column) is there twice", "take one out")
            }
        }
        for column in required where !columns.contains(column) {
            throw refuse(
                "\(place): the column \(column) is missing", "the first line names the columns, such as \(example)")
        }
        for record in records.dropFirst() {
            if names(record) == columns || secret != nil && isHeader(names(record), secret: record.secret, secret!) {
                note(
                    record.line, nil,
                    ArchiveError(
                        .badTable, "the names of the columns stand here again",
                        remedy: "two tables were put together: take the line out"))
            } else if record.fields.count != columns.count {
                note(
                    record.line, nil,
                    ArchiveError(
                        .badTable,
                        "\(record.fields.count) fields where the first line names \(columns.count) columns",
                        remedy: "put a field that has the separator in it in double quotes"))
            } else {
                rows.append(
                    Row(
                        line: record.line,
                        fields: Dictionary(uniqueKeysWithValues: zip(columns, record.fields)).filter {
                            !$0.value.isEmpty
                        }, secret: record.secret))
            }
        }
    }

    /// The names again: the one of the secret column was read as a secret.
    private func isHeader(_ names: [String], secret: SecretText?, _ name: String) -> Bool {
        guard let place = columns.firstIndex(of: name), secret?.trimmed == SecretText(name.utf8) else { return false }
        var names = names
        guard names.indices.contains(place) else { return false }
        names[place] = name
        return names == columns
    }

    /// Notes that a line cannot be used.
    mutating func note(_ line: Int, _ caseID: String?, _ error: ArchiveError) {
        problems.append(
            TableProblem(
                line: line, caseID: caseID.flatMap { try? CaseID($0) },
                error: ArchiveError(error.code, "\(name), line \(line): \(error.message)", remedy: error.remedy)))
    }
}
