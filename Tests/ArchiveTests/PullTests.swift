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

    private func register(_ caseID: String = "K-1", token: String = "tok", issued hours: Double? = 1) throws {
        let issued = hours.map { Timestamp.format(test.time.now.addingTimeInterval(-$0 * 3600)) }
        _ = try archive.intake.register(try test.registration(caseID, token: token) { $0.tokenIssuedAt = issued })
    }

    private func verification(_ caseID: String = "K-1") throws -> VerificationDetails {
        try archive.retrieval.caseDetails(try CaseID(caseID)).verifications[0]
    }

    @Test func aResultIsArchivedByteForByte() throws {
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        try register()
        #expect(try test.pull(archive).map(\.state) == [.archived])
        #expect(try test.contents("best-frame", of: "K-1", in: archive) == answer.bestFrame)
        #expect(try test.contents("video", of: "K-1", in: archive) == answer.video)
        #expect(
            try test.contents("video", of: "K-1", in: archive, range: "65530-65545")
                == Array(answer.video[65_530...65_545]))
        let details = try verification()
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
        try register()
        #expect(try test.pull(archive).map(\.state) == [.archived])
        #expect(try verification().objects.map(\.kind) == ["result"])
        #expect(try verification().resultCode == "1004")
    }

    @Test func whatIsNotFinishedWaitsUntilTheHoursAreOver() throws {
        test.transport.answer { _, _ in (200, TestAnswer.notFinished) }
        try register(issued: 71)
        #expect(try test.pull(archive).map(\.state) == [.awaiting])
        #expect(try verification().attempts == 1)
        test.time.advance(73 * 3600)
        #expect(try test.pull(archive).map(\.state) == [.awaiting], "one clock alone ends nothing")
        test.transport.setDate(test.time.now)
        #expect(try test.pull(archive).map(\.state) == [.expired])
        let details = try verification()
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
        try register("K-late", token: "late", issued: 1)
        try register("K-never", token: "never", issued: 1)
        test.time.advance(70 * 3600)
        let begin = test.time.now
        let reports = try test.pull(archive) { $0.waits = true }
        #expect(reports.map(\.state).sorted { $0.rawValue < $1.rawValue } == [.archived, .expired])
        let elapsed = test.time.now.timeIntervalSince(begin)
        #expect(elapsed >= 2 * 3600)
    }

    /// The vendor's word ends it when it comes again, ten minutes later, from a vendor that answers for others.
    @Test func theVendorsWordEndsIt() throws {
        test.transport.answer { token, _ in
            (200, token == "good" ? TestAnswer.notFinished : TestAnswer.error("InvalidParameterValue.BizToken\(token)"))
        }
        try register("K-e", token: "Expired")
        try register("K-i", token: "Illegal")
        #expect(try test.pull(archive).map(\.state) == [.refused, .refused])
        test.time.advance(700)
        #expect(try test.pull(archive).map(\.state) == [.refused, .refused], "it answers for nobody")
        try register("K-g", token: "good")
        test.time.advance(-650)
        #expect(try Set(test.pull(archive).map(\.state)) == [.refused, .awaiting], "ten minutes are not over")
        test.time.advance(650)
        let last = try test.pull(archive)
        #expect(Set(last.map(\.state)) == [.awaiting, .expired, .rejected], "\(last)")
        #expect(try verification("K-e").state == "expired" && verification("K-i").state == "rejected")
        for id in ["K-e", "K-i"] {
            #expect(
                String(decoding: try test.contents("result", of: id, in: archive), as: UTF8.self).contains("BizToken"))
        }
        var query = LedgerQuery()
        query.kind = "vendor refused"
        #expect(try archive.audit.entries(query).count == 2)
        #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Another word than the last one is a first one.
    @Test func anotherRefusalIsTheFirstOfItsKind() throws {
        test.transport.answer { token, asked in
            (
                200,
                token == "good"
                    ? TestAnswer.notFinished
                    : TestAnswer.error(["OperationDenied", "InvalidParameter", "InvalidParameter"][min(asked, 2)])
            )
        }
        try register("K-i", token: "bad")
        try register("K-g", token: "good")
        for expected in [VerificationReport.State.refused, .refused, .rejected] {
            #expect(try test.pull(archive).contains { $0.state == expected })
            test.time.advance(700)
        }
        #expect(try verification("K-i").state == "rejected")
    }

    /// The same wrong answer for everybody for an hour, by whoever stands in between, throws nothing away.
    @Test(arguments: [
        "InvalidParameterValue.BizTokenExpired", "InvalidParameterValue.BizTokenIllegal", "OperationDenied",
        "UnauthorizedOperation", "AuthFailure.SecretIdNotFound", "not finished", "html", "403",
    ])
    func aLyingEdgeEndsNothing(lie: String) throws {
        let answer = TestAnswer()
        let end = test.time.now.addingTimeInterval(3600)
        let test = test
        test.transport.answer { _, _ in
            if test.time.now >= end { return (200, answer.text) }
            return switch lie {
            case "html": (200, "<html>")
            case "403": (403, "")
            case "not finished": (200, TestAnswer.notFinished)
            default: (200, TestAnswer.error(lie))
            }
        }
        // Mistyped: by its time of issue it is over.
        for number in 0..<12 { try register("K-\(number)", token: "t\(number)", issued: number == 0 ? 90 : 1) }
        for _ in 0..<5 {
            // The edge's clock is wrong, too.
            test.transport.setDate(test.time.now.addingTimeInterval(400 * 86_400))
            let summary = try archive.intake.pull(
                PullOptions(credentials: Credentials(secretID: "id", secretKey: "key"))
            ) { _ in }
            #expect(summary.counts[.expired] == nil && summary.counts[.rejected] == nil, "\(summary)")
            if !["not finished", "html"].contains(lie) { #expect(summary.stopped != nil, "\(summary)") }
            test.time.advance(700)
        }
        test.time.advance(3600)
        #expect(try test.pull(archive).map(\.state) == Array(repeating: .archived, count: 12))
    }

    /// Tokens that are none stand in the way of nobody, however many they are, and end.
    @Test func manyWrongTokensDoNotStandInTheWay() throws {
        let answer = TestAnswer()
        test.transport.answer { token, _ in
            token.hasPrefix("bad")
                ? (200, TestAnswer.error("InvalidParameterValue.BizTokenIllegal")) : (200, answer.text)
        }
        for number in 0..<9 { try register("B-\(number)", token: "bad\(number)", issued: 70) }
        for number in 0..<3 { try register("K-\(number)", token: "good\(number)", issued: 1) }
        var states: [VerificationReport.State] = []
        for _ in 0..<4 {
            states += try test.pull(archive).map(\.state)
            test.time.advance(700)
        }
        #expect(states.filter { $0 == .archived }.count == 3)
        try register("K-4", token: "good4", issued: 1)
        #expect(try test.pull(archive).filter { $0.state == .rejected }.count == 9)
    }

    /// What may not be asked about one token may be asked about others.
    @Test func oneThatMayNotBeAskedAboutDoesNotStopTheOthers() throws {
        let answer = TestAnswer()
        test.transport.answer { token, _ in
            token == "bad" ? (200, TestAnswer.error("UnauthorizedOperation.CamNoAuth")) : (200, answer.text)
        }
        try register("K-b", token: "bad", issued: 70)
        for number in 0..<3 { try register("K-\(number)", token: "t\(number)") }
        let states = try test.pull(archive).map(\.state)
        #expect(states.filter { $0 == .archived }.count == 3 && states.filter { $0 == .failed }.count == 1)
        #expect(try verification("K-b").state == "awaiting")
    }

    /// Who waits hears the end of it.
    @Test func waitingEndsWhatIsRefused() throws {
        let test = test
        let done = test.time.now.addingTimeInterval(1200)
        let answer = TestAnswer()
        test.transport.answer { token, _ in
            token == "bad"
                ? (200, TestAnswer.error("InvalidParameterValue.BizTokenIllegal"))
                : (200, test.time.now < done ? TestAnswer.notFinished : answer.text)
        }
        try register("K-b", token: "bad")
        try register("K-g", token: "good")
        #expect(try Set(test.pull(archive) { $0.waits = true }.map(\.state)) == [.rejected, .archived])
        #expect(test.time.now.timeIntervalSince(done) < 100)
    }

    /// A way that breaks while somebody waits ends nothing: what was answered before it says nothing about it.
    @Test(arguments: [1, 2, 4])
    func aWayThatBreaksWhileOneWaitsEndsNothing(tokens: Int) throws {
        let (test, answer) = (test, TestAnswer())
        let (breaks, mends) = (test.time.now.addingTimeInterval(900), test.time.now.addingTimeInterval(9000))
        test.transport.answer { _, _ in
            if test.time.now >= mends { return (200, answer.text) }
            return (
                200,
                test.time.now < breaks
                    ? TestAnswer.notFinished : TestAnswer.error("InvalidParameterValue.BizTokenExpired")
            )
        }
        for number in 0..<tokens { try register("K-\(number)", token: "t\(number)") }
        let states = try test.pull(archive) { $0.waits = true }.map(\.state)
        #expect(states == Array(repeating: .archived, count: tokens))
    }

    /// An answer in between, also that it is not finished, says that the token lives.
    @Test func aTokenThatAnsweredInBetweenIsRefusedForTheFirstTimeAgain() throws {
        test.transport.answer { token, asked in
            (
                200,
                token == "good" || asked == 1
                    ? TestAnswer.notFinished : TestAnswer.error("InvalidParameterValue.BizTokenIllegal")
            )
        }
        try register("K-b", token: "bad")
        try register("K-g", token: "good")
        for expected in [VerificationReport.State.refused, .awaiting, .refused, .rejected] {
            let reports = try test.pull(archive).filter { $0.caseID?.text == "K-b" }
            #expect(reports.map(\.state) == [expected])
            test.time.advance(700)
        }
    }

    /// After the last of its hours by both clocks, one word is enough.
    @Test func whatIsOverByBothClocksEndsAtOnce() throws {
        test.transport.answer { _, _ in (200, TestAnswer.error("InvalidParameterValue.BizTokenExpired")) }
        try register(issued: 1)
        test.time.advance(73 * 3600)
        test.transport.setDate(test.time.now)
        #expect(try test.pull(archive).map(\.state) == [.expired])
    }

    @Test func aResultAfterTheDeadlineIsNotThrownAway() throws {
        let answer = TestAnswer()
        test.transport.answer { _, _ in (200, answer.text) }
        try register(issued: 80)
        #expect(try test.pull(archive).map(\.state) == [.archived])
        // Its time of issue was wrong: it was captured at any time until now, and the entry says so.
        let details = try verification()
        #expect(details.capturedFrom == details.tokenIssuedAt && details.capturedUntil == details.archivedAt)
        var query = LedgerQuery()
        query.kind = "verification ended"
        #expect(try archive.audit.entries(query).first?.sentence.hasSuffix("that time was wrong") == true)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// A clock that is days ahead on a machine without network must not throw tokens away.
    @Test func noAnswerNeverEndsIt() throws {
        try register(issued: 73)
        test.time.advance(30 * 24 * 3600)
        #expect(try test.pull(archive).map(\.state) == [.failed])
        #expect(try verification().state == "awaiting" && verification().problem == "network")
        #expect(try archive.overview.status().deadlines.over == 1)
    }

    @Test func theVendorsClockDecidesWhenTheHoursAreOver() throws {
        test.transport.answer { _, _ in (200, TestAnswer.notFinished) }
        try register(issued: 1)
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
            try register(issued: 1)
        case "mistyped issue": try register(issued: 31 * 24)
        default:
            try register(issued: 1)
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
        for number in 0..<30 { try register("B-\(number)", token: "bad\(number)", issued: 70) }
        try register("K-good", token: "good", issued: 1)
        #expect(try test.pull(archive).contains { $0.state == .archived })
    }

    @Test func timesCompleteWhatWaitsAndNeverReplaceWhatIsKnown() throws {
        _ = try archive.intake.register(try test.registration("K-1", token: "tok"))
        let issued = Timestamp.format(test.time.now.addingTimeInterval(-7200))
        let captured = Timestamp.format(test.time.now.addingTimeInterval(-3600))
        _ = try archive.intake.register(try test.registration("K-1", token: "tok") { $0.tokenIssuedAt = issued })
        #expect(try verification().tokenIssuedAt.map(Timestamp.format) == issued)
        #expect(try !verification().tokenIssueAssumed)
        _ = try archive.intake.import(
            try test.item("K-1", answer: TestAnswer().text, token: "tok") { $0.capturedAt = captured })
        #expect(try verification().capturedFrom.map(Timestamp.format) == captured)
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
        try register()
        #expect(try test.pull(archive).map(\.state) == [.archived])
        #expect(test.transport.requests.count == 4)
        #expect(test.stagedNames.isEmpty)
    }

    @Test func configurationErrorsStopThePullAndLoseNothing() throws {
        test.transport.answer { _, _ in (200, TestAnswer.error("AuthFailure.SignatureFailure")) }
        for number in 0..<40 { try register("K-\(number)", token: "t\(number)") }
        let summary = try archive.intake.pull(PullOptions(credentials: Credentials(secretID: "id", secretKey: "key"))) {
            _ in
        }
        #expect(summary.stopped?.code == .vendor)
        #expect(test.transport.requests.count <= 16)
        #expect(try archive.intake.waitingCount() == 40)
    }

    @Test func anOutageStopsThePullAfterAWhile() throws {
        for number in 0..<60 { try register("K-\(number)", token: "t\(number)") }
        let summary = try archive.intake.pull(PullOptions(credentials: Credentials(secretID: "id", secretKey: "key"))) {
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
        try register()
        let summary = try archive.intake.pull(PullOptions(credentials: Credentials(secretID: "id", secretKey: "key"))) {
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
            try register("K-\(number)", token: "t\(number)")
            #expect(try test.pull(archive) { $0.only = nil }.contains { $0.state == .failed })
            #expect(try verification("K-\(number)").objects.isEmpty)
        }
        #expect(try archive.overview.status().objects == 0 && test.stagedNames.isEmpty)
    }

    @Test func twoPullsOfTheSameEndItOnce() throws {
        let answer = TestAnswer()
        let other = try test.open()
        test.transport.answer { _, _ in (200, answer.text) }
        try register()
        let name = try archive.intake.register(try test.registration("K-1", token: "tok"))
        // The second has read its list before the first has ended.
        let waiting = try archive.catalog.read { try #require(try $0.verification(name.uid)) }
        #expect(try test.pull(archive).map(\.state) == [.archived])
        let client = FaceIDClient(
            transport: test.transport, credentials: Credentials(secretID: "a", secretKey: "b"),
            endpoint: TencentFaceID().standardSettings.endpoint,
            pace: RequestPace(rate: 1000, clock: test.time.clock), clock: test.time.clock, answerCap: 1 << 20)
        #expect(try other.intake.ask(waiting, client: client, region: nil).report.state == .unchanged)
        let result = try archive.audit.verify(VerifyOptions())
        #expect(result.findings.isEmpty && result.blobs == 3 && test.stagedNames.isEmpty)
    }

    @Test func anAwaitedTokenIsEndedByAnImport() throws {
        try register()
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
        try register()
        _ = try test.pull(archive) {
            $0.credentials = Credentials(secretID: "AKID", secretKey: "key", token: "session")
        }
        let headers = Dictionary(
            uniqueKeysWithValues: try #require(test.transport.requests.first).headers.map { ($0.name, $0.value) })
        #expect(headers["X-TC-Action"] == "GetFaceIdResultIntl" && headers["X-TC-Version"] == "2018-03-01")
        #expect(headers["X-TC-Token"] == "session" && headers["X-TC-Region"] == "ap-singapore")
        #expect(headers["Authorization"]?.hasPrefix("TC3-HMAC-SHA256 Credential=AKID/") == true)
        #expect(test.transport.requests[0].url == "https://faceid.intl.tencentcloudapi.com/")
    }
}
