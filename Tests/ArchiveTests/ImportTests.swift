import Base
import Foundation
import Synchronization
import Testing

@testable import Archive
@testable import Vault

struct ImportTests {
    let test: TestArchive
    let archive: Session

    init() throws {
        test = try TestArchive()
        archive = try test.open()
    }

    @Test func theSameAnswerAgainChangesNothing() throws {
        let answer = TestAnswer().text
        #expect(try archive.intake.import(try test.item("K-1", answer: answer)).state == .archived)
        #expect(try archive.intake.import(try test.item("K-1", answer: answer)).state == .unchanged)
        #expect(try archive.intake.import(try test.item("K-1", answer: " " + answer + "\n")).state == .unchanged)
        #expect(try archive.overview.status().objects == 3)
        #expect(try archive.intake.import(try test.item("K-1", answer: TestAnswer().text)).number == 2)
        #expect(test.stagedNames.isEmpty)
    }

    @Test func aReplayInAnotherCaseIsShown() throws {
        let answer = TestAnswer()
        _ = try archive.intake.import(try test.item("K-1", answer: answer.text))
        _ = try archive.intake.import(try test.item("K-2", answer: answer.text))
        _ = try archive.intake.import(try test.item("K-3", answer: TestAnswer().text))
        let status = try archive.overview.status()
        #expect(status.duplicates.contents == 2 && status.duplicates.cases == 2)
        #expect(status.duplicates.examples.allSatisfy { $0.cases == ["K-1", "K-2"] })
        let objects = try archive.retrieval.caseDetails(try CaseID("K-2")).verifications[0].objects
        #expect(objects.map(\.alsoIn) == [["K-1"], [], ["K-1"]])
    }

    @Test(arguments: [
        "", "<html></html>", "{}", #"{"Response":{"Result":"-999"}}"#,
        #"{"Response":{"Error":{"Code":"InternalError","Message":""}}}"#,
        #"{"Response":{"Result":"0","BestFrame":"/9j/4AAQSkZJRg.....s97n//2Q=="}}"#,
        #"{"Response":{"Result":"0","Video":"https://cos/x.mp4"}}"#, #"{"Response":{"Result":"0","Video":"AAAA"#,
        #"{"Response":{"Result":"0","Video":"AAAA"}} x"#,
    ])
    func aBadAnswerChangesNothing(text: String) throws {
        #expect(throws: ArchiveError.self) { try archive.intake.import(try test.item("K-1", answer: text)) }
        #expect(try archive.overview.status().cases == 0)
        #expect(test.stagedNames.isEmpty)
        #expect(try archive.audit.verify(VerifyOptions()).blobs == 0)
    }

    @Test func aTimeIsRequired() throws {
        let registration = try test.registration("K-1")
        #expect(throws: ArchiveError.self) { try ImportItem(registration: registration, file: "x") }
    }

    @Test func aBatchGoesOnAfterAFailure() throws {
        let items = try (0..<20).map {
            try test.item("K-\($0)", answer: $0 % 5 == 3 ? "broken" : TestAnswer(videoLength: 2000).text)
        }
        let states = Mutex<[VerificationReport.State]>([])
        archive.intake.import(items) { report in states.withLock { $0.append(report.state) } }
        let all = states.withLock { $0 }
        #expect(all.filter { $0 == .archived }.count == 16 && all.filter { $0 == .failed }.count == 4)
        #expect(try archive.overview.status().cases == 16)
        #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty)
    }

    @Test func emptyMediaIsNoMediaAndTypesAreSniffed() throws {
        let text =
            #"{"Response":{"Result":"0","BestFrame":"AAAAGGZ0eXBtcDQy","Video":"/9j/4AAQ","#
            + #""ActionVideo":null,"RequestId":"r"}}"#
        _ = try archive.intake.import(try test.item("K-1", answer: text))
        let objects = try archive.retrieval.caseDetails(try CaseID("K-1")).verifications[0].objects
        #expect(objects.map(\.kind) == ["best-frame", "result", "video"])
        #expect(objects.map(\.mediaType) == ["video/mp4", "application/json", "image/jpeg"])
        #expect(
            objects.map(\.contradictsKind) == [true, false, true], "a film in place of a picture, and the other way")
    }
}
