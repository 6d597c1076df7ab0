import Base
import Foundation
import Testing

@testable import Archive
@testable import Vault

struct RegistrationTests {
    let test: TestArchive
    let archive: Session

    init() throws {
        test = try TestArchive()
        archive = try test.open()
    }

    private func code(_ body: () throws -> Void) -> ArchiveError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? ArchiveError)?.code
        }
    }

    @Test(arguments: [
        "K-1", "a/b/../../c", "..", "\"quoted\" 'single'", "100%", "客户-壹", "näme", "😀",
        String(repeating: "x", count: 200), "-rf", "a b",
    ])
    func harmlessCaseIDsAreWelcome(text: String) throws {
        _ = try archive.intake.import(try test.item(text, answer: TestAnswer().text))
        #expect(
            try archive.retrieval.caseDetails(try CaseID(text)).caseID == text.precomposedStringWithCanonicalMapping)
        #expect(try archive.retrieval.cases(CaseQuery()).map(\.caseID) == [text.precomposedStringWithCanonicalMapping])
    }

    @Test(arguments: [
        "", " \u{3000}", "K\n1", "K\u{0}1", "K\u{7F}", "K\u{85}1", "K\u{2028}1", "K\u{202E}1", "K\u{200D}J", "K\u{AD}1",
        "\u{FEFF}K-1", String(repeating: "x", count: 201), String(repeating: "壹", count: 67),
    ])
    func harmfulCaseIDsAreRefused(text: String) { #expect(code { _ = try CaseID(text) } == .badCaseID) }

    @Test func bothNormalizationFormsNameTheSameCase() throws {
        _ = try archive.intake.import(try test.item("Cafe\u{301}", answer: TestAnswer().text))
        #expect(try archive.retrieval.caseDetails(try CaseID("Caf\u{E9}")).verifications.count == 1)
        #expect(try archive.retrieval.caseDetails(try CaseID(" Caf\u{E9}\u{A0}")).verifications.count == 1)
    }

    /// Subjects, consents and purposes are names like case IDs.
    @Test func whatIsComparedHasOneForm() throws {
        _ = try archive.intake.register(
            try test.registration("K-1", token: "t1") {
                $0.subject = "Zoe\u{308} "; $0.consent = "C-e\u{301}"; $0.purpose = "onboarding "
            })
        // The same in another form is no other particular.
        _ = try archive.intake.register(
            try test.registration("K-1", token: "t2") {
                $0.subject = "Zo\u{EB}"; $0.consent = "C-\u{E9}"; $0.purpose = "onboarding"
            })
        var query = CaseQuery()
        query.subject = "\u{3000}Zo\u{EB}"
        query.purpose = " onboarding"
        #expect(try archive.retrieval.cases(query).map(\.caseID) == ["K-1"])
        #expect(
            code { _ = try test.registration("K-2", token: "t3") { $0.subject = "a\u{200B}b" } } == .badParticular)
        #expect(
            code { _ = try test.registration("K-2", token: "t3") { $0.consent = "a\u{2066}b" } } == .badParticular)
        #expect(throws: ArchiveError.self) { try Actor(claimed: "a\u{200F}b") }
        #expect(try Actor(claimed: " Ane\u{301} ").name == "An\u{E9}")
    }

    @Test func aTokenIsOneVerificationForEver() throws {
        let first = try archive.intake.register(try test.registration("K-1", token: "tok"))
        let again = try archive.intake.register(try test.registration("K-1", token: "tok"))
        #expect(first == again)
        #expect(code { _ = try archive.intake.register(try test.registration("K-2", token: "tok")) } == .tokenElsewhere)
        #expect(
            code { _ = try archive.retrieval.caseDetails(try CaseID("K-2")) } == .unknownCase,
            "the refused case was not made")
        #expect(try archive.intake.register(try test.registration("K-1", token: "tok2")).number == 2)
    }

    @Test func otherParticularsAreRefusedAndMissingOnesCompleted() throws {
        _ = try archive.intake.register(
            try test.registration("K-1", token: "t1") {
                $0.subject = "S"; $0.jurisdictions = ["US-IL", "HK", "HK"]
            })
        _ = try archive.intake.register(
            try test.registration("K-1", token: "t2") {
                $0.consent = "C"; $0.purpose = "onboarding"; $0.jurisdictions = ["HK", "US-IL"]
            })
        let changes: [(inout Registration.Input) -> Void] = [
            { $0.subject = "T" }, { $0.consent = "D" }, { $0.purpose = "periodic-review" },
            { $0.jurisdictions = ["HK"] },
        ]
        for change in changes {
            #expect(
                code { _ = try archive.intake.register(try test.registration("K-1", token: "t3", change)) }
                    == .otherParticulars)
        }
        let details = try archive.retrieval.caseDetails(try CaseID("K-1"))
        #expect(details.subject == "S" && details.consent == "C" && details.purpose == "onboarding")
        #expect(details.jurisdictions == ["HK", "US-IL"])
        #expect(details.verifications.count == 2)
    }

    @Test func particularsAreCheckedBeforeAnything() {
        let changes: [(inout Registration.Input) -> Void] = [
            { $0.jurisdictions = ["hk"] }, { $0.jurisdictions = ["HKG"] }, { $0.purpose = "whatever" },
            { $0.subject = "" },
            { $0.consent = "a\u{1B}[31m" }, { $0.tokenIssuedAt = "yesterday" },
            { $0.tokenIssuedAt = "2026-02-30T00:00:00Z" },
            { $0.tokenIssuedAt = "2226-01-01T00:00:00Z" }, { $0.token = SecretText("a b".utf8) },
            { $0.region = "Singapore!" },
            {
                $0.tokenIssuedAt = "2026-11-20T10:00:00Z"; $0.capturedAt = "2026-11-20T09:00:00Z"
            },
        ]
        for change in changes {
            #expect(
                [.badParticular, .badTime, .badConfiguration].contains(
                    code { _ = try test.registration("K-1", token: "t", change) }))
        }
    }

    @Test func timesAreReadStrictly() {
        let good = [
            ("2026-11-22T08:02:00Z", 1_795_334_520.0), ("2026-11-22T16:02:00+08:00", 1_795_334_520),
            ("2026-11-21T22:32:00.5-09:30", 1_795_334_520.5), ("2024-02-29T00:00:00Z", 1_709_164_800),
        ]
        for (text, seconds) in good { #expect(Timestamp.parse(text)?.timeIntervalSince1970 == seconds, "\(text)") }
        for bad in [
            "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-01T24:00:00Z",
            "2026-01-01T00:60:00Z", "2026-01-01T00:00:00", "2026-01-01", "1795334520",
            "2026-01-01T00:00:00+24:00", "", "2026-01-01T00:00:00Zx",
        ] {
            #expect(Timestamp.parse(bad) == nil, "\(bad)")
        }
        #expect(Timestamp.format(Date(timeIntervalSince1970: 1_795_334_520)) == "2026-11-22T08:02:00Z")
        #expect(Timestamp.format(Date(timeIntervalSince1970: 1_795_334_520.25)) == "2026-11-22T08:02:00.250Z")
    }

    @Test func theIndexNamesNobody() throws {
        let planted = [
            "CASE-planted", "SUBJECT-planted", "CONSENT-planted", "TOKEN-planted", "REQUEST-planted", "EXTRA-planted",
        ]
        _ = try archive.intake.register(
            try test.registration(planted[0], token: planted[3]) {
                $0.subject = planted[1]; $0.consent = planted[2]
            })
        let answer = TestAnswer(requestID: planted[4]).text.replacingOccurrences(
            of: #""Extra":null"#, with: #""Extra":"\#(planted[5])""#)
        _ = try archive.intake.import(try test.item(planted[0], answer: answer) { $0.subject = planted[1] })
        let files = try #require(FileManager.default.enumerator(atPath: test.path))
        var looked = 0
        for case let name as String in files {
            guard let content = FileManager.default.contents(atPath: test.path + "/" + name) else { continue }
            looked += 1
            for text in planted { #expect(content.range(of: Data(text.utf8)) == nil, "\(text) in \(name)") }
        }
        #expect(looked > 4)
    }
}
