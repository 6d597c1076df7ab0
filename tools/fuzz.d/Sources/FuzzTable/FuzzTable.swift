import Foundation
import Vault

@testable import Archive

/// Tables: what the reader accepts, written again by the rules, reads the same; lines never run backwards;
/// and a whole table is either read or refused with a sentence.
func fuzzTable(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = [UInt8](UnsafeBufferPointer(start: bytes, count: count))
    if let records = try? CSVReader.records(in: text) {
        // By scalars: a quote with a combining mark behind it is one character.
        let again = records.map { record in
            record.fields.map { field in
                "\"" + field.unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
            }.joined(separator: ",") + "\n"
        }.joined()
        guard let reread = try? CSVReader.records(in: Array(again.utf8)) else {
            preconditionFailure("wrote what it does not read")
        }
        precondition(reread.map(\.fields) == records.map(\.fields))
        precondition(zip(records, records.dropFirst()).allSatisfy { $0.line < $1.line })
    }
    for use in [RegistrationTable.Use.pull, .import] {
        do throws(ArchiveError) {
            let table = try RegistrationTable(
                text, name: "fuzz", use: use, shared: Registration.Input(timeZone: .gmt), purposes: ["onboarding"],
                now: Date(timeIntervalSince1970: 1_800_000_000))
            for row in table.rows { precondition(!row.registration.caseID.text.isEmpty) }
        } catch {
            precondition(!error.message.isEmpty)
        }
    }
    return 0
}
