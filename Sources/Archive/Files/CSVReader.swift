internal import Base
internal import Foundation
internal import Vault

/// Reads separated values by RFC 4180, strictly: every record knows its line, and what other readers guess at is an
/// error. The separator is a comma, a semicolon or a tab: the one that the first line has most of.
struct CSVReader {
    struct Record: Equatable {
        /// The line that it begins on, counted from 1.
        let line: Int
        let fields: [String]
        /// The field of the column that is a secret, which is empty among the others.
        var secret: SecretText?
    }

    struct Problem: Error, Equatable {
        enum Reason: Equatable { case quoteInField, textAfterQuote, openQuote, notUTF8 }

        let reason: Reason
        let line: Int
        /// Counted from 1.
        var column = 1
    }

    /// All records of a text; lines end with LF or CRLF, empty ones are skipped, and a byte order mark at
    /// the beginning is no part of the text.
    ///
    /// - Parameter secret: the name of a column, as the first record names it, whose fields are secrets.
    static func records(
        in text: some Collection<UInt8>, secret: String? = nil
    ) throws(Problem) -> [Record] {
        var reader = CSVReader()
        reader.separator = separator(of: text).byte
        reader.secretName = secret
        // Grown, it would leave its beginning elsewhere.
        reader.field.reserveCapacity(4096)
        defer { reader.field.zero() }
        for byte in text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text.dropFirst(0) {
            try reader.take(byte)
        }
        try reader.finish()
        return reader.records
    }

    enum Separator: String, CaseIterable {
        // Of as many, the first.
        case commas, semicolons, tabs

        var byte: UInt8 {
            switch self {
            case .commas: UInt8(ascii: ",")
            case .semicolons: UInt8(ascii: ";")
            case .tabs: UInt8(ascii: "\t")
            }
        }
    }

    /// What the first line has most of, outside of quotes.
    static func separator(of text: some Collection<UInt8>) -> Separator {
        var counts = Dictionary(uniqueKeysWithValues: Separator.allCases.map { ($0.byte, 0) })
        var isQuoted = false
        for byte in text {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == 0x0A, !isQuoted, counts.values.contains(where: { $0 > 0 }) { break }
            if !isQuoted { counts[byte]? += 1 }
        }
        return Separator.allCases.reduce(.commas) { counts[$1.byte]! > counts[$0.byte]! ? $1 : $0 }
    }

    private enum State { case start, plain, quoted, quoteInQuoted }

    private var separator = UInt8(ascii: ",")
    private var state = State.start
    private var line = 1
    private var recordLine = 1
    private var field: [UInt8] = []
    private var fields: [String] = []
    private var records: [Record] = []
    private var pendingReturn = false
    private var secretName: String?
    private var secretColumn: Int?
    private var secret: SecretText?

    private mutating func take(_ byte: UInt8) throws(Problem) {
        if pendingReturn {
            pendingReturn = false
            // A carriage return that no line feed follows is part of the field.
            if byte != 0x0A { field.append(0x0D) }
        }
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
        case (.quoted, _):
            field.append(byte)
            if byte == 0x0A { line += 1 }
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            field.append(byte)
            state = .quoted
        case (.start, UInt8(ascii: "\"")): state = .quoted
        case (.plain, UInt8(ascii: "\"")): throw problem(.quoteInField, line: line)
        case (_, separator): try endField()
        case (_, 0x0D): pendingReturn = true
        case (_, 0x0A):
            try endRecord()
            line += 1
            recordLine = line
        case (.quoteInQuoted, _): throw problem(.textAfterQuote, line: line)
        default:
            field.append(byte)
            state = .plain
        }
    }

    private func problem(_ reason: Problem.Reason, line: Int) -> Problem {
        Problem(reason: reason, line: line, column: fields.count + 1)
    }

    private mutating func finish() throws(Problem) {
        if state == .quoted { throw problem(.openQuote, line: recordLine) }
        try endRecord()
    }

    private mutating func endField() throws(Problem) {
        if fields.count == secretColumn {
            secret = SecretText(field)
            fields.append("")
            field.zero()
        } else {
            guard let text = String(validating: field, as: UTF8.self) else {
                throw problem(.notUTF8, line: line)
            }
            fields.append(text)
        }
        field.removeAll(keepingCapacity: true)
        state = .start
    }

    private mutating func endRecord() throws(Problem) {
        let isEmptyLine = fields.isEmpty && field.isEmpty && state == .start
        defer {
            fields.removeAll()
            secret = nil
        }
        guard !isEmptyLine else { return }
        try endField()
        records.append(Record(line: recordLine, fields: fields, secret: secret))
        if records.count == 1, let secretName {
            secretColumn = fields.firstIndex { $0.trimmingCharacters(in: .whitespaces) == secretName }
        }
    }
}

extension CSVReader.Problem: CustomStringConvertible {
    var description: String {
        let what =
            switch reason {
            case .quoteInField: "a quote stands inside a field that does not begin with one"
            case .textAfterQuote: "text stands behind a closing quote"
            case .openQuote: "a quoted field that begins here never ends"
            case .notUTF8: "the text is not UTF-8"
            }
        return "line \(line), column \(column): \(what)"
    }
}
