internal import Base
internal import Foundation
public import Vault

/// A file with case IDs: one a line, or a table (CSV) with a column `case`.
public struct CaseListFile: Sendable {
    /// Bytes.
    static let longest = 256 << 20

    /// In the order of the file, each once.
    public let cases: [CaseID]
    /// Lines that name a case again.
    public let repeated: Int

    public init(path: String) throws {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try InputFile.contents(path, limit: Self.longest)
        } catch {
            throw ArchiveError(.badTable, error.description, remedy: "check the path")
        }
        try self.init(bytes, name: path)
    }

    init(_ bytes: [UInt8], name: String) throws {
        var records: [CSVReader.Record]
        do {
            records = try CSVReader.records(in: bytes)
        } catch {
            throw ArchiveError(
                .badTable, "\(name), \(error)", remedy: "give a case ID a line, or a table with a column case")
        }
        records.removeAll { $0.fields.allSatisfy { $0.allSatisfy(\.isWhitespace) } }
        guard let first = records.first else {
            throw ArchiveError(.badTable, "\(name) names no case", remedy: "give a case ID a line")
        }
        var column = 0
        if let place = first.fields.firstIndex(where: {
            $0.trimmingCharacters(in: .whitespaces).lowercased() == "case"
        }) {
            column = place
            records.removeFirst()
        } else if let wide = records.first(where: { $0.fields.count > 1 }) {
            throw ArchiveError(
                .badTable, "\(name), line \(wide.line): there are \(wide.fields.count) columns, and none is named case",
                remedy: "give a case ID a line, in quotes where it has a comma, or a first line that names the columns")
        }
        guard !records.isEmpty else {
            throw ArchiveError(.badTable, "\(name) names no case", remedy: "there is nothing below its first line")
        }
        var problems: [String] = []
        var (cases, seen, repeated): ([CaseID], Set<CaseID>, Int) = ([], [], 0)
        for record in records {
            do {
                guard record.fields.count > column else { throw ArchiveError(.badCaseID, "there is no case ID") }
                let caseID = try CaseID(record.fields[column].trimmingCharacters(in: .whitespaces))
                if seen.insert(caseID).inserted { cases.append(caseID) } else { repeated += 1 }
            } catch {
                problems.append("line \(record.line): \(ArchiveError(error).message)")
            }
        }
        guard problems.isEmpty else {
            let more = problems.count > 5 ? "; and \(problems.count - 5) more" : ""
            throw ArchiveError(
                .badTable, "\(name), \(problems.prefix(5).joined(separator: "; "))\(more)",
                remedy: "mend the file: nothing was held")
        }
        self.cases = cases
        self.repeated = repeated
    }
}
