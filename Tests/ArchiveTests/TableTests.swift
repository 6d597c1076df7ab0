import Base
import Foundation
import Testing

@testable import Archive
@testable import Vault

struct TableTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func table(_ text: String, use: RegistrationTable.Use = .pull) throws(ArchiveError) -> RegistrationTable {
        try RegistrationTable(
            Array(text.utf8), name: "t.csv", use: use, shared: Registration.Input(timeZone: .gmt),
            purposes: ["onboarding"], now: now)
    }

    private func message(_ text: String, use: RegistrationTable.Use = .pull) -> String {
        do throws(ArchiveError) {
            return try table(text, use: use).problems.first?.error.message ?? "accepted"
        } catch {
            return error.message
        }
    }

    @Test func readsAllColumns() throws {
        let rows = try table(
            "\u{FEFF}case,sdk-token,jurisdiction,subject,token-issued-at\r\n\"K,1\",tok1,HK US-IL,\"a "
                + "\"\"b\"\"\",2026-11-20T00:00:00Z\r\n\r\n客户,tok2,SG;MY,,\n"
        ).rows
        #expect(rows.map(\.line) == [2, 4])
        #expect(rows[0].registration.caseID.text == "K,1" && rows[0].registration.subject == "a \"b\"")
        #expect(rows[0].registration.jurisdictions.map(\.code) == ["HK", "US-IL"])
        #expect(
            rows[1].registration.jurisdictions.map(\.code) == ["MY", "SG"] && rows[1].registration.tokenIssuedAt == nil)
        #expect(
            try table("case,file,captured-at\nK,f.json,2026-11-20T00:00:00Z", use: .import).rows[0].file == "f.json")
    }

    @Test func namesTheLineOfEveryDefect() {
        #expect(message("") == "t.csv is empty")
        #expect(message("case,jurisdiction\nK,HK\n") == "t.csv, line 1: the column sdk-token is missing")
        #expect(message("K-1,tok\nK-2,tok2\n") == "t.csv, line 1: no column is named")
        #expect(message("case,sdk-token,colour\n") == "t.csv, line 1: the name of column 3 is not known")
        #expect(message("case,case,sdk-token\n") == "t.csv, line 1: the column case is there twice")
        #expect(message("case,sdk-token\nK,a\nL\n") == "t.csv, line 3: 1 fields where the first line names 2 columns")
        #expect(
            message("case,sdk-token,token-issued-at\nK,a,\nL,b,20.11.2026\n")
                == "t.csv, line 3: token-issued-at is neither a day nor a time")
        #expect(
            message("case,sdk-token\nK,a\nL,b\nM,a\n") == "t.csv, line 2: the SDK token of line 4 stands here, too")
        #expect(message("case,sdk-token\n,a\n") == "t.csv, line 2: the case ID is empty")
        #expect(message("case,sdk-token\nK,\n").hasPrefix("t.csv, line 2: the SDK token is empty"))
        #expect(message("case,sdk-token\n\"K,a\n").hasPrefix("t.csv, line 2, column 1: a quoted field"))
        #expect(message("case,sdk-token\nK,x\"a\n").hasPrefix("t.csv, line 2, column 2: a quote stands inside"))
        #expect(message("case,sdk-token\n\"K\"x,a\n").hasPrefix("t.csv, line 2, column 1: text stands behind"))
        #expect(message("case,sdk-token,purpose\nK,a,fun\n") == "t.csv, line 2: the purpose is not a configured one")
        #expect(
            message("case,file\nK,a.json\n", use: .import)
                == "t.csv, line 2: neither captured-at nor token-issued-at is given")
        #expect(
            message("case,file,captured-at\nK,,2026-11-20T00:00:00Z\n", use: .import)
                == "t.csv, line 2: no file is named")
    }

    /// Every line's problem is told, and takes nothing from the others.
    @Test func goodLinesAreTakenBesideBadOnes() throws {
        let read = try table(
            "case,sdk-token,token-issued-at\nK-1,a,\n,b,\nK-3,c,yesterday\nK-4,d,1970-01-01T00:00:00Z\nK-5\nK-6,e,\n")
        #expect(read.rows.map(\.registration.caseID.text) == ["K-1", "K-6"])
        #expect(read.problems.map(\.line) == [3, 4, 5, 6])
        #expect(read.problems.map(\.caseID?.text) == [nil, "K-3", "K-4", nil])
        #expect(read.problems[2].error.message.contains("before the vendor's service existed"))
    }

    /// As spreadsheets of other countries write it.
    @Test(arguments: [";", "\t"]) func otherSeparators(separator: String) throws {
        // A tab is no part of a name.
        let inside = separator == ";" ? "a;b, c" : "b, c"
        let text =
            ["case", "sdk-token", "subject"].joined(separator: separator) + "\r\n"
            + ["K-1", "tok", "\"\(inside)\""].joined(separator: separator) + "\r\n"
        let rows = try table(text).rows
        #expect(rows.map(\.registration.subject) == [inside])
        let events = try CaseEventTable(
            Array(["case", "event", "at"].joined(separator: separator).utf8) + [0x0A]
                + Array(["K-1", "relationship-ended", "2026-05-01"].joined(separator: separator).utf8),
            name: "t.csv", now: now)
        #expect(events.rows.map(\.caseID) == ["K-1"])
    }

    @Test func aHeaderAnywhereElseIsNamed() throws {
        let twice = try table("case,sdk-token\nK-1,a\ncase,sdk-token\nK-2,b\n")
        #expect(twice.rows.map(\.registration.caseID.text) == ["K-1", "K-2"])
        #expect(twice.problems.map(\.error.message) == ["t.csv, line 3: the names of the columns stand here again"])
        // The column of tokens is read as a secret there, too.
        let turned = try table("sdk-token,case\na,K-1\nsdk-token,case\nb,K-2\n")
        #expect(turned.problems.map(\.line) == [3])
        let late = refusal { _ = try table("Report of Monday\ncase,sdk-token\nK-1,a\n") }
        let remedy = String(describing: late?.remedy)
        #expect(remedy.contains("stand in line 3") || remedy.contains("stand in line 2"), "\(remedy)")
        for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] as [[UInt8]] {
            let refused = refusal {
                _ = try RegistrationTable(
                    mark + Array("c\0a\0".utf8), name: "t.csv", use: .pull, shared: Registration.Input(timeZone: .gmt),
                    purposes: [],
                    now: now)
            }
            #expect(refused?.message == "t.csv is UTF-16")
        }
    }

    @Test func anEmptyCellIsNotNow() throws {
        let table = try CaseEventTable(
            Array("case,event,at\nK,relationship-ended,\nL,relationship-ended,2026-05-01\n".utf8), name: "t.csv",
            now: now)
        #expect(table.rows.map(\.caseID) == ["L"])
        #expect(table.problems.map(\.error.message) == ["t.csv, line 2: at is empty"])
        for zero in ["1970-01-01", "1900-01-01T00:00:00Z", "1899-12-30", "1904-01-01", "9999-12-31"] {
            let refused = refusal {
                _ = try CaseEventInput(event: "relationship-ended", at: zero, change: .happened, now: now)
            }
            #expect([.badEvent, .badTime].contains(refused?.code), "\(zero)")
        }
    }

    @Test func textThatIsNotUTF8IsRefused() {
        #expect(throws: CSVReader.Problem(reason: .notUTF8, line: 2)) {
            try CSVReader.records(in: Array("a\n".utf8) + [0xFF])
        }
    }

    @Test func quotedFieldsMayHoldAnything() throws {
        let records = try CSVReader.records(in: Array("\"a\n\"\"b\"\"\",\"\"\nc,d\n".utf8))
        #expect(records == [.init(line: 1, fields: ["a\n\"b\"", ""]), .init(line: 3, fields: ["c", "d"])])
    }

    /// The column of tokens is read apart, wherever it stands and however it is quoted.
    @Test func secretsAreNoStrings() throws {
        let text = "\u{FEFF}case, sdk-token ,x\r\nK-1,abc,1\r\nK-2,\"a\"\"b,c\",2\n,,\n"
        let records = try CSVReader.records(in: Array(text.utf8), secret: "sdk-token")
        #expect(
            records.map(\.fields) == [
                ["case", " sdk-token ", "x"], ["K-1", "", "1"], ["K-2", "", "2"], ["", "", ""],
            ])
        #expect(records.map(\.secret) == [nil, SecretText("abc".utf8), SecretText("a\"b,c".utf8), SecretText([])])
        #expect(
            try CSVReader.records(in: Array("a,b\n1,2\n".utf8), secret: "sdk-token").allSatisfy { $0.secret == nil })
    }
}
