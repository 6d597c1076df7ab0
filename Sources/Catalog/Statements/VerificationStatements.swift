public import Base
public import Foundation
internal import Ledger
internal import Sealing

extension IndexReader {
    private static let selection = """
        SELECT verification.uid, number, origin, vendor, api, state, region, token_tag, token_tag_key, sealed_token,
            token_issued_at, token_issue_assumed, deadline, captured_from, captured_until, verification.registered_at,
            attempts, last_asked_at, last_problem, odd_since, asked_again_at, goes_on, ended_at, outcome,
            result_code, details, answer_tag, answer_tag_key, cases.uid AS case_uid
        FROM verification JOIN cases ON cases.id = case_id
        """

    public func verification(_ uid: VerificationUID) throws -> VerificationRecord? {
        try row("\(Self.selection) WHERE verification.uid = ?", [uid]).map(verification)
    }

    /// In the order of their numbers.
    public func verifications(of caseUID: CaseUID) throws -> [VerificationRecord] {
        try rows("\(Self.selection) WHERE cases.uid = ? ORDER BY number", [caseUID]).map(verification)
    }

    /// How many wait whose deadline lies before a time.
    public func awaitingCount(before deadline: Date) throws -> Int {
        try count("SELECT count(*) FROM verification WHERE state = 'awaiting' AND deadline < ?", [deadline])
    }

    /// All that wait for the vendor, the earliest deadline first.
    public func awaiting() throws -> [VerificationRecord] {
        try rows("\(Self.selection) WHERE state = 'awaiting' ORDER BY deadline, verification.id").map(verification)
    }

    /// Why verifications that wait have no result yet, and how many have each reason.
    public func problems() throws -> [String: Int] {
        try rows(
            """
            SELECT last_problem, count(*) AS number FROM verification
            WHERE state = 'awaiting' AND last_problem IS NOT NULL GROUP BY last_problem
            """
        ).reduce(into: [:]) { $0[try $1["last_problem"]] = try $1["number"] }
    }

    /// What ended without media, or unreadable, has its token still, and was issued or registered after a time.
    public func odd(since time: Date) throws -> [VerificationRecord] {
        try rows(
            """
            \(Self.selection) WHERE sealed_token IS NOT NULL AND state IN ('incomplete', 'unreadable')
                AND (verification.registered_at > ? OR token_issued_at > ?)
            ORDER BY deadline, verification.id
            """, [time, time]
        ).map(verification)
    }

    /// Whether something that ended, and was registered and issued before a time, has its token still.
    public func hasTokensLeft(issuedBefore time: Date) throws -> Bool {
        try row(
            """
            SELECT 1 AS one FROM verification WHERE sealed_token IS NOT NULL AND state <> 'awaiting'
                AND registered_at < ? AND coalesce(token_issued_at, 0) < ? LIMIT 1
            """, [time, time]) != nil
    }

    fileprivate func changing(_ record: VerificationRecord) -> [any Bindable] {
        [
            record.tokenIssuedAt, record.tokenIssueIsAssumed, record.deadline,
            record.state.rawValue, record.tokenTag?.bytes,
            record.tokenTag?.keyNumber, record.sealedToken,
            record.capturedFrom, record.capturedUntil, record.attempts,
            record.lastAskedAt, record.lastProblem, record.oddSince, record.askedAgainAt, record.goesOn,
            record.endedAt, record.outcome?.verdict.rawValue,
            record.outcome?.code,
            record.sealedDetails, record.answerTag?.bytes,
            record.answerTag?.keyNumber,
        ]
    }

    private func verification(_ row: Row) throws -> VerificationRecord {
        VerificationRecord(
            uid: try row.uid("uid"), caseUID: try row.uid("case_uid"), number: try row.number("number", from: 1),
            origin: try row.value("origin"), vendor: try row["vendor"], api: try row["api"],
            state: try row.value("state"), region: try row["region"],
            tokenTag: try row.tag("token_tag"), sealedToken: try row.bytes("sealed_token"),
            tokenIssuedAt: try row.date("token_issued_at"), tokenIssueIsAssumed: try row["token_issue_assumed"],
            deadline: try row.date("deadline"), capturedFrom: try row.date("captured_from"),
            capturedUntil: try row.date("captured_until"),
            registeredAt: try row.required(try row.date("registered_at"), "registered_at"),
            attempts: try row.number("attempts"), lastAskedAt: try row.date("last_asked_at"),
            lastProblem: try row["last_problem"], oddSince: try row.date("odd_since"),
            askedAgainAt: try row.date("asked_again_at"), goesOn: try row["goes_on"], endedAt: try row.date("ended_at"),
            outcome: try row.outcome("outcome", code: "result_code"),
            sealedDetails: try row.bytes("details"), answerTag: try row.tag("answer_tag"))
    }
}

extension IndexWriter {
    public func insert(_ record: VerificationRecord) throws {
        try insert(
            "verification",
            """
            INSERT INTO verification (case_id, uid, number, origin, vendor, api, region, registered_at, token_issued_at,
                token_issue_assumed, deadline, state, token_tag, token_tag_key, sealed_token, captured_from,
                captured_until, attempts, last_asked_at, last_problem, odd_since, asked_again_at, goes_on, ended_at,
                outcome, result_code, details, answer_tag, answer_tag_key)
            VALUES ((SELECT id FROM cases WHERE uid = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
                ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                record.caseUID, record.uid, record.number, record.origin.rawValue, record.vendor, record.api,
                record.region, record.registeredAt,
            ] + changing(record))
        changeTag(.token, of: record.caseUID, from: nil, to: record.tokenTag)
        if try !hasAnswer(record) { changeTag(.answer, of: record.caseUID, from: nil, to: record.answerTag) }
    }

    /// Whether another verification of the case has brought the same answer, or something of it was destroyed: the tag
    /// is kept once for each case.
    private func hasAnswer(_ record: VerificationRecord) throws -> Bool {
        guard let tag = record.answerTag else { return false }
        let others = try verifications(of: record.caseUID).contains { $0.answerTag == tag && $0.uid != record.uid }
        return try others || destroyedTags(tag, purpose: .answer).contains { $0.caseUID == record.caseUID }
    }

    /// Counts an asking that did not end a verification: how many there were, when the last was, and its problem.
    public func countAsking(_ record: VerificationRecord) throws {
        try note(
            "UPDATE verification SET attempts = ?, last_asked_at = ?, last_problem = ?, odd_since = ? WHERE uid = ?",
            [record.attempts, record.lastAskedAt, record.lastProblem, record.oddSince, record.uid])
    }

    /// Notes that the vendor was asked again about one that ended, and had nothing better.
    public func noteAskedAgain(_ uid: VerificationUID, at time: Date) throws {
        try note("UPDATE verification SET asked_again_at = ? WHERE uid = ?", [time, uid])
    }

    /// Deletes the sealed tokens of what ended, and was registered and issued before a time.
    ///
    /// - Returns: how many.
    public func deleteTokensLeft(issuedBefore time: Date) throws -> Int {
        try note(
            """
            UPDATE verification SET sealed_token = NULL WHERE sealed_token IS NOT NULL AND state <> 'awaiting'
                AND registered_at < ? AND coalesce(token_issued_at, 0) < ?
            """, [time, time])
    }

    /// Changes all of a verification but its names, its origin and when it was registered.
    public func update(_ record: VerificationRecord) throws {
        let tags = try row(
            "SELECT token_tag, token_tag_key, answer_tag, answer_tag_key FROM verification WHERE uid = ?", [record.uid])
        changeTag(.token, of: record.caseUID, from: try tags?.tag("token_tag"), to: record.tokenTag)
        let answer = try tags?.tag("answer_tag")
        if try answer == record.answerTag || !hasAnswer(record) {
            changeTag(.answer, of: record.caseUID, from: answer, to: record.answerTag)
        }
        try run(
            """
            UPDATE verification SET token_issued_at = ?, token_issue_assumed = ?, deadline = ?, state = ?,
                token_tag = ?, token_tag_key = ?, sealed_token = ?,
                captured_from = ?, captured_until = ?, attempts = ?, last_asked_at = ?, last_problem = ?,
                odd_since = ?, asked_again_at = ?, goes_on = ?, ended_at = ?, outcome = ?, result_code = ?,
                details = ?, answer_tag = ?, answer_tag_key = ?
            WHERE uid = ?
            """, changing(record) + [record.uid])
    }
}
