internal import Base
public import Foundation
public import Vault
internal import Vendor

/// A table of verifications: the first line names the columns as the options are named, each further line is one
/// verification. A line that cannot be used takes nothing from the others: the vendor's hours do not wait.
public struct RegistrationTable: Sendable {
    public struct Row: Sendable {
        public let line: Int
        public let registration: Registration
        public let file: String?
    }

    /// What a table is for, which says which columns it must have.
    public enum Use: Sendable { case pull, `import` }

    public let rows: [Row]
    /// Lines that cannot be used, in their order.
    public let problems: [TableProblem]
    /// What stands between its columns, where that is no comma: `semicolons` or `tabs`.
    public let unusualSeparator: String?

    private static let optional = [
        "jurisdiction", "subject", "purpose", "consent", "age", "token-issued-at", "captured-at", "region",
    ]

    /// - Parameters:
    ///   - name: the table's file, for messages.
    ///   - shared: what options say for all rows; a row's own value goes before it.
    /// - Throws: where the table as a whole cannot be used.
    public init(
        _ text: some Collection<UInt8>, name: String, use: Use, shared: Registration.Input, purposes: [String],
        now: Date
    ) throws(ArchiveError) {
        let required = use == .pull ? ["case", Self.token] : ["case", "file"]
        var table = try Table(
            text, name: name, known: required + Self.optional + (use == .import ? [Self.token] : []),
            required: required, secret: Self.token, example: Self.example(use))
        var rows: [Row] = []
        var tokenLines: [SDKToken: [Int]] = [:]
        for record in table.rows {
            do throws(ArchiveError) {
                let row = try Self.row(record, use: use, shared: shared, purposes: purposes, now: now)
                if let token = row.registration.token { tokenLines[token, default: []].append(record.line) }
                rows.append(row)
            } catch {
                table.note(record.line, record.fields["case"], error)
            }
        }
        // Nobody knows which of the lines is right: the media of one person would come into the case of another.
        var doubtful: Set<Int> = []
        for row in rows {
            guard let token = row.registration.token, let lines = tokenLines[token], lines.count > 1 else { continue }
            doubtful.insert(row.line)
            let other = lines.first { $0 != row.line } ?? row.line
            table.note(
                row.line, row.registration.caseID.text,
                ArchiveError(
                    .tokenTwice, "the SDK token of line \(other) stands here, too",
                    remedy: "a token is one verification: see which of the lines is right, and take the other out"))
        }
        self.rows = rows.filter { !doubtful.contains($0.line) }
        problems = table.problems.sorted { $0.line < $1.line }
        unusualSeparator = table.unusualSeparator
    }

    private static let token = "sdk-token"

    private static func row(
        _ record: Table.Row, use: Use, shared: Registration.Input, purposes: [String], now: Date
    ) throws(ArchiveError) -> Row {
        func field(_ column: String) -> String? { record.fields[column] }
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
