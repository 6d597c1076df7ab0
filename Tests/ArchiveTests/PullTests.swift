import Base
@_spi(Writing) import Catalog
import FaceID
import Foundation
import Testing
import Vendor

@testable import Archive
@testable import Vault

struct PullTests {
    let test: TestArchive
    let archive: Session

    init() throws {
        test = try TestArchive()
        archive = try test.open()
    }

    @Test func aResultIsArchivedByteForByte() throws {
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        try test.register(in: archive)
        #expect(try test.pull(archive).map(\.state) == [.archived])
        #expect(try test.contents("best-frame", of: "K-1", in: archive) == answer.bestFrame)
        #expect(try test.contents("video", of: "K-1", in: archive) == answer.video)
        #expect(
            try test.contents("video", of: "K-1", in: archive, range: "65530-65545")
                == Array(answer.video[65_530...65_545]))
        let details = try test.verification(in: archive)
        #expect(details.objects.map(\.kind) == ["best-frame", "result", "video"])
        #expect(details.objects.map(\.mediaType) == ["image/jpeg", "application/json", "video/mp4"])
        #expect(details.resultCode == "0" && details.description == "Success" && details.requestID != nil)
        #expect(details.capturedFrom == details.tokenIssuedAt && details.capturedUntil == details.archivedAt)
        #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty)
        #expect(try test.pull(archive).isEmpty, "nothing waits any more")
    }

    @Test func aFailedVerificationIsArchivedToo() throws {
        test.transport.answer { _, _ in
            (200, #"{"Response":{"Result":"1004","Description":"Face detection failed","RequestId":"r"}}"#)
        }
        try test.register(in: archive)
        #expect(try test.pull(archive).map(\.state) == [.archived])
        #expect(try test.verification(in: archive).objects.map(\.kind) == ["result"])
        #expect(try test.verification(in: archive).resultCode == "1004")
    }

    @Test func whatIsNotFinishedWaitsUntilTheHoursAreOver() throws {
        test.transport.answer { _, _ in (200, TestAnswer.notFinished) }
        try test.register(issued: 71, in: archive)
        #expect(try test.pull(archive).map(\.state) == [.awaiting])
        #expect(try test.verification(in: archive).attempts == 1)
        test.time.advance(73 * 3600)
        #expect(try test.pull(archive).map(\.state) == [.awaiting], "one clock alone ends nothing")
        test.transport.setDate(test.time.now)
        #expect(try test.pull(archive).map(\.state) == [.expired])
        let details = try test.verification(in: archive)
        #expect(details.objects.map(\.kind) == ["result"] && details.archivedAt == nil && details.endedAt != nil)
        #expect(String(decoding: try test.contents("result", of: "K-1", in: archive), as: UTF8.self).contains("-999"))
    }

    @Test func waitingEndsWithTheResultOrTheDeadline() throws {
        let answer = TestAnswer()
        let test = test
        test.transport.answer { token, asked in
            test.transport.setDate(test.time.now)
            return token == "late" && asked >= 5 ? (200, answer.text) : (200, TestAnswer.notFinished)
        }
        try test.register("K-late", token: "late", issued: 1, in: archive)
        try test.register("K-never", token: "never", issued: 1, in: archive)
        test.time.advance(70 * 3600)
        let begin = test.time.now
        let reports = try test.pull(archive) { $0.waits = true }
        #expect(reports.map(\.state).sorted { $0.rawValue < $1.rawValue } == [.archived, .expired])
        let elapsed = test.time.now.timeIntervalSince(begin)
        #expect(elapsed >= 2 * 3600)
    }

    @Test func aResultAfterTheDeadlineIsNotThrownAway() throws {
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        try test.register(issued: 80, in: archive)
        #expect(try test.pull(archive).map(\.state) == [.archived])
        // Its time of issue was wrong: it was captured at any time until now, and the entry says so.
        let details = try test.verification(in: archive)
        // It was captured within the hours before: the vendor keeps a result no longer.
        let earliest = try #require(details.archivedAt).addingTimeInterval(-72 * 3600)
        #expect(details.capturedFrom.map { abs($0.timeIntervalSince(earliest)) < 0.01 } == true)
        #expect(details.capturedUntil == details.archivedAt)
        var query = LedgerQuery()
        query.kind = "verification ended"
        #expect(try archive.audit.entries(query).first?.sentence.hasSuffix("that time was wrong") == true)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// A clock that is days ahead on a machine without network must not throw tokens away.
    @Test func noAnswerNeverEndsIt() throws {
        try test.register(issued: 73, in: archive)
        test.time.advance(30 * 24 * 3600)
        #expect(try test.pull(archive).map(\.state) == [.failed])
        #expect(
            try test.verification(in: archive).state == "awaiting"
                && test.verification(in: archive).problem == "network")
        #expect(try archive.overview.status().deadlines.over == 1)
    }

    @Test func theVendorsClockDecidesWhenTheHoursAreOver() throws {
        test.transport.answer { _, _ in (200, TestAnswer.notFinished) }
        try test.register(issued: 1, in: archive)
        test.transport.setDate(test.time.now)
        test.time.advance(100 * 3600)
        #expect(try test.pull(archive).map(\.state) == [.awaiting], "this machine's clock is ahead")
        test.transport.setDate(test.time.now)
        #expect(try test.pull(archive).map(\.state) == [.expired])
    }

    /// A single answer that is not finished, with a wrong `Date` or a mistyped time of issue, throws nothing away.
    @Test(arguments: ["wrong date", "mistyped issue", "wrong clock here"])
    func aTokenThatLivesIsAskedAgain(fault: String) throws {
        let answer = TestAnswer()
        test.transport.answer { _, asked in asked == 0 ? (200, TestAnswer.notFinished) : (200, answer.text) }
        test.transport.setDate(test.time.now)
        switch fault {
        case "wrong date":
            test.transport.setDate(test.time.now.addingTimeInterval(400 * 86_400))
            try test.register(issued: 1, in: archive)
        case "mistyped issue": try test.register(issued: 31 * 24, in: archive)
        default:
            try test.register(issued: 1, in: archive)
            test.time.advance(400 * 86_400)
        }
        #expect(try test.pull(archive).map(\.state) == [.awaiting])
        #expect(try test.pull(archive).map(\.state) == [.archived])
    }

    @Test func badTokensDoNotStandInTheWayOfGoodOnes() throws {
        let answer = TestAnswer()
        test.transport.answer { token, _ in
            token.hasPrefix("bad") ? (200, TestAnswer.error("FailedOperation.Whatever")) : (200, answer.text)
        }
        for number in 0..<30 { try test.register("B-\(number)", token: "bad\(number)", issued: 70, in: archive) }
        try test.register("K-good", token: "good", issued: 1, in: archive)
        #expect(try test.pull(archive).contains { $0.state == .archived })
    }

    @Test func timesCompleteWhatWaitsAndNeverReplaceWhatIsKnown() throws {
        _ = try archive.intake.register(try test.registration("K-1", token: "tok"))
        let issued = Timestamp.format(test.time.now.addingTimeInterval(-7200))
        let captured = Timestamp.format(test.time.now.addingTimeInterval(-3600))
        _ = try archive.intake.register(try test.registration("K-1", token: "tok") { $0.tokenIssuedAt = issued })
        #expect(try test.verification(in: archive).tokenIssuedAt.map(Timestamp.format) == issued)
        #expect(try !test.verification(in: archive).tokenIssueAssumed)
        _ = try archive.intake.import(
            try test.item("K-1", answer: TestAnswer().text, token: "tok") { $0.capturedAt = captured })
        #expect(try test.verification(in: archive).capturedFrom.map(Timestamp.format) == captured)
        for change in [{ $0.tokenIssuedAt = captured }, { $0.capturedAt = issued }]
            as [(inout Registration.Input) -> Void]
        {
            #expect(throws: ArchiveError.self) {
                try archive.intake.register(try test.registration("K-1", token: "tok", change))
            }
        }
    }

    @Test(arguments: ["RequestLimitExceeded", "InternalError", "ServiceUnavailable"])
    func passingErrorsAreTriedAgain(code: String) throws {
        let answer = TestAnswer()
        test.transport.answer { _, asked in asked < 3 ? (200, TestAnswer.error(code)) : (200, answer.text) }
        try test.register(in: archive)
        #expect(try test.pull(archive).map(\.state) == [.archived])
        #expect(test.transport.requests.count == 4)
        #expect(test.stagedNames.isEmpty)
    }

    @Test func configurationErrorsStopThePullAndLoseNothing() throws {
        test.transport.answer { _, _ in (200, TestAnswer.error("AuthFailure.SignatureFailure")) }
        for number in 0..<40 { try test.register("K-\(number)", token: "t\(number)", in: archive) }
        let summary = try archive.intake.pull(
            PullOptions(credentials: try Credentials(secretID: "id", secretKey: SecretText("key".utf8)))
        ) {
            _ in
        }
        #expect(summary.stopped?.code == .vendor)
        #expect(test.transport.requests.count <= 16)
        #expect(try archive.intake.waitingCount() == 40)
    }

    @Test func anOutageStopsThePullAfterAWhile() throws {
        for number in 0..<60 { try test.register("K-\(number)", token: "t\(number)", in: archive) }
        let summary = try archive.intake.pull(
            PullOptions(credentials: try Credentials(secretID: "id", secretKey: SecretText("key".utf8)))
        ) {
            _ in
        }
        #expect(summary.stopped != nil && summary.notAsked > 0)
        #expect(try archive.intake.waitingCount() == 60)
    }

    @Test func theClockIsCorrectedByTheAnswersDate() throws {
        let answer = TestAnswer()
        let ahead = test.time.now.addingTimeInterval(600)
        test.transport.setDate(ahead)
        test.transport.answer { _, asked in
            asked == 0 ? (200, TestAnswer.error("AuthFailure.SignatureExpire")) : (200, answer.text)
        }
        try test.register(in: archive)
        let summary = try archive.intake.pull(
            PullOptions(credentials: try Credentials(secretID: "id", secretKey: SecretText("key".utf8)))
        ) {
            _ in
        }
        #expect(summary.counts == [.archived: 1] && summary.clockSkew == 600)
        let times = test.transport.requests.compactMap {
            $0.headers.first { $0.name == "X-TC-Timestamp" }.flatMap { Int64($0.value) }
        }
        #expect(times.count == 2 && times[1] - times[0] >= 599)
    }

    @Test func brokenAnswersChangeNothing() throws {
        for (number, body) in [
            "<html>", "", "{", #"{"Response":{"Result":"0","Video":"AA*A"}}"#,
            #"{"Response":{"Result":"0","Video":"https://x/y.mp4"}}"#,
        ].enumerated() {
            test.transport.answer { _, _ in (200, body) }
            try test.register("K-\(number)", token: "t\(number)", in: archive)
            #expect(try test.pull(archive) { $0.only = nil }.contains { $0.state == .failed })
            #expect(try test.verification("K-\(number)", in: archive).objects.isEmpty)
        }
        #expect(try archive.overview.status().objects == 0 && test.stagedNames.isEmpty)
    }

    @Test func twoPullsOfTheSameEndItOnce() throws {
        let answer = TestAnswer()
        let other = try test.open()
        test.transport.answer { _, _ in (200, answer.text) }
        try test.register(in: archive)
        let name = try archive.intake.register(try test.registration("K-1", token: "tok"))
        // The second has read its list before the first has ended.
        let waiting = try archive.catalog.read { try #require(try $0.verification(name.uid)) }
        #expect(try test.pull(archive).map(\.state) == [.archived])
        let client = FaceIDClient(
            transport: test.transport, credentials: try Credentials(secretID: "a", secretKey: SecretText("b".utf8)),
            endpoint: TencentFaceID().standardSettings.endpoint,
            pace: RequestPace(rate: 1000, clock: test.time.clock), clock: test.time.clock, answerCap: 1 << 20)
        #expect(try other.intake.ask(waiting, client: client, region: nil).report.state == .unchanged)
        let result = try archive.audit.verify(VerifyOptions())
        #expect(result.findings.isEmpty && result.blobs == 3 && test.stagedNames.isEmpty)
    }

    @Test func anAwaitedTokenIsEndedByAnImport() throws {
        try test.register(in: archive)
        let answer = TestAnswer()
        let report = try archive.intake.import(try test.item("K-1", answer: answer.text, token: "tok"))
        #expect(report.state == .archived && report.number == 1)
        #expect(try archive.intake.waitingCount() == 0)
        #expect(throws: ArchiveError.self) {
            try archive.intake.import(try test.item("K-1", answer: TestAnswer().text, token: "tok"))
        }
        #expect(throws: ArchiveError.self) {
            try archive.intake.import(try test.item("K-2", answer: TestAnswer().text, token: "tok"))
        }
        #expect(try archive.overview.status().cases == 1)
    }

    @Test func requestsCarryWhatTheVendorAsksFor() throws {
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        try test.register(in: archive)
        _ = try test.pull(archive) {
            $0.credentials = try Credentials(
                secretID: "AKID", secretKey: SecretText("key".utf8), token: SecretText("session".utf8))
        }
        let request = try #require(test.transport.requests.first)
        let headers = Dictionary(
            uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) }
                + request.secretHeaders.map { ($0.name, $0.value.withBytes { String(decoding: $0, as: UTF8.self) }) })
        #expect(headers["X-TC-Action"] == "GetFaceIdResultIntl" && headers["X-TC-Version"] == "2018-03-01")
        #expect(headers["X-TC-Token"] == "session" && headers["X-TC-Region"] == "ap-singapore")
        #expect(headers["Authorization"]?.hasPrefix("TC3-HMAC-SHA256 Credential=AKID/") == true)
        #expect(test.transport.requests[0].url == "https://faceid.intl.tencentcloudapi.com/")
    }
}
