internal import Base
public import Foundation
public import Vault
internal import Vendor

/// A table of verifications: the first line names the columns as the options are named, each further line
/// is one verification. It is checked whole before anything is registered.
public struct RegistrationTable: Sendable {
    public struct Row: Sendable {
        public let line: Int
        public let registration: Registration
        public let file: String?
    }

    /// What a table is for, which says which columns it must have.
    public enum Use: Sendable { case pull, `import` }

    public let rows: [Row]

    private static let optional = [
        "jurisdiction", "subject", "purpose", "consent", "age", "token-issued-at", "captured-at", "region",
    ]

    /// - Parameters:
    ///   - name: the table's file, for messages.
    ///   - shared: what options say for all rows; a row's own value goes before it.
    public init(
        _ text: some Collection<UInt8>, name: String, use: Use, shared: Registration.Input, purposes: [String],
        now: Date
    ) throws(ArchiveError) {
        let records: [CSVReader.Record]
        do {
            records = try CSVReader.records(in: text, secret: "sdk-token")
        } catch {
            throw ArchiveError(.badTable, "\(name), \(error)", remedy: "write the table by RFC 4180, as UTF-8")
        }
        guard let header = records.first else {
            throw ArchiveError(
                .badTable, "\(name) is empty", remedy: "its first line names the columns: \(Self.example(use))")
        }
        let columns = try Self.columns(header, name: name, use: use)
        var rows: [Row] = []
        var tokenLines: [SDKToken: Int] = [:]
        for record in records.dropFirst() {
            let place = "\(name), line \(record.line)"
            guard record.fields.count == header.fields.count else {
                throw ArchiveError(
                    .badTable,
                    "\(place): \(record.fields.count) fields where the first line names \(header.fields.count) columns",
                    remedy: "put a field that has a comma in double quotes")
            }
            do throws(ArchiveError) {
                let row = try Self.row(record, columns: columns, use: use, shared: shared, purposes: purposes, now: now)
                if let token = row.registration.token, let earlier = tokenLines.updateValue(record.line, forKey: token)
                {
                    throw ArchiveError(
                        .tokenTwice, "the SDK token of line \(earlier) stands here again",
                        remedy: "a token is one verification: take one of the lines out")
                }
                rows.append(row)
            } catch {
                throw ArchiveError(error.code, "\(place): \(error.message)", remedy: error.remedy)
            }
        }
        self.rows = rows
    }

    private static func columns(_ header: CSVReader.Record, name: String, use: Use) throws(ArchiveError) -> [String:
        Int]
    {
        let required = use == .pull ? ["case", "sdk-token"] : ["case", "file"]
        let known = required + optional + (use == .import ? ["sdk-token"] : [])
        var columns: [String: Int] = [:]
        for (index, field) in header.fields.enumerated() {
            let column = field.trimmingCharacters(in: .whitespaces)
            guard known.contains(column) else {
                throw ArchiveError(
                    .badTable, "\(name), line \(header.line): the name of column \(index + 1) is not known",
                    remedy: "the first line names the columns; known are \(known.joined(separator: ", "))")
            }
            guard columns.updateValue(index, forKey: column) == nil else {
                throw ArchiveError(
                    .badTable, "\(name), line \(header.line): the column \(column) is there twice",
                    remedy: "take one out"
                )
            }
        }
        for column in required where columns[column] == nil {
            throw ArchiveError(
                .badTable, "\(name), line \(header.line): the column \(column) is missing",
                remedy: "the first line names the columns, such as \(example(use))")
        }
        return columns
    }

    private static func row(
        _ record: CSVReader.Record, columns: [String: Int], use: Use, shared: Registration.Input, purposes: [String],
        now: Date
    ) throws(ArchiveError) -> Row {
        func field(_ column: String) -> String? {
            guard let index = columns[column], !record.fields[index].isEmpty else { return nil }
            return record.fields[index]
        }
        var input = shared
        input.caseID = field("case") ?? ""
        input.token = record.secret.flatMap { $0.count == 0 ? nil : $0 } ?? (use == .pull ? SecretText([]) : nil)
        if let codes = field("jurisdiction") {
            input.jurisdictions = codes.split { $0 == " " || $0 == ";" }.map(String.init)
        }
        input.subject = field("subject") ?? shared.subject
        input.purpose = field("purpose") ?? shared.purpose
        input.consent = field("consent") ?? shared.consent
        input.age = field("age") ?? shared.age
        input.tokenIssuedAt = field("token-issued-at") ?? shared.tokenIssuedAt
        input.capturedAt = field("captured-at") ?? shared.capturedAt
        input.region = field("region") ?? shared.region
        let registration = try Registration(input, purposes: purposes, now: now)
        guard use == .import else { return Row(line: record.line, registration: registration, file: nil) }
        guard let file = field("file"), file != "-" else {
            throw ArchiveError(
                .badTable, "no file is named", remedy: "each line of an import names the file of its answer")
        }
        // Checks that a time is given.
        _ = try ImportItem(registration: registration, file: file)
        return Row(line: record.line, registration: registration, file: file)
    }

    private static func example(_ use: Use) -> String {
        switch use {
        case .pull: "case,sdk-token,token-issued-at,jurisdiction"
        case .import: "case,file,captured-at,jurisdiction"
        }
    }
}
