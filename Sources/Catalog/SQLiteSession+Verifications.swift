import Base
import Foundation
internal import GRDB
internal import Ledger
import Sealing

extension SQLiteSession {
    private static let selection =
        "SELECT verification.*, cases.uid AS case_uid FROM verification JOIN cases ON cases.id = case_id"

    func verification(_ uid: VerificationUID) throws -> VerificationRecord? {
        try row("\(Self.selection) WHERE verification.uid = ?", [Data(uid.bytes)]).map(verification)
    }

    func verification(tokenTag tag: Tag) throws -> VerificationRecord? {
        try row(
            "\(Self.selection) WHERE token_tag = ? AND token_tag_key = ?", [Data(tag.bytes), Int64(tag.keyNumber)]
        ).map(verification)
    }

    func verification(answerTag tag: Tag, in caseUID: CaseUID) throws -> VerificationRecord? {
        try row(
            "\(Self.selection) WHERE cases.uid = ? AND answer_tag = ? AND answer_tag_key = ? ORDER BY number",
            [Data(caseUID.bytes), Data(tag.bytes), Int64(tag.keyNumber)]
        ).map(verification)
    }

    func verifications(of caseUID: CaseUID) throws -> [VerificationRecord] {
        try rows("\(Self.selection) WHERE cases.uid = ? ORDER BY number", [Data(caseUID.bytes)]).map(verification)
    }

    func awaitingCount(before deadline: Date) throws -> Int {
        try row(
            "SELECT count(*) AS n FROM verification WHERE state = 'awaiting' AND "
                + "deadline < ?", [deadline.milliseconds])?[
                "n"] ?? 0
    }

    func awaiting() throws -> [VerificationRecord] {
        try rows("\(Self.selection) WHERE state = 'awaiting' ORDER BY deadline, verification.id").map(verification)
    }

    func insert(_ record: VerificationRecord) throws {
        try insert(
            "verification",
            """
            INSERT INTO verification (case_id, uid, number, origin, region, registered_at, token_issued_at,
                token_issue_assumed, deadline, state, token_tag, token_tag_key, sealed_token, captured_from,
                captured_until, attempts, last_asked_at, last_problem, ended_at, result_code, details, answer_tag,
                answer_tag_key)
            VALUES ((SELECT id FROM cases WHERE uid = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
            ?, ?)
            """,
            [
                Data(record.caseUID.bytes), Data(record.uid.bytes), record.number, record.origin.rawValue,
                record.region, record.registeredAt.milliseconds,
            ] + changing(record))
    }

    func update(_ record: VerificationRecord) throws {
        try db.cachedStatement(
            sql: """
                UPDATE verification SET token_issued_at = ?, token_issue_assumed = ?, deadline = ?, state = ?, \
                token_tag = ?, token_tag_key = ?, sealed_token = ?,
                    captured_from = ?, captured_until = ?, attempts = ?, last_asked_at = ?, last_problem = ?,
                    ended_at = ?, result_code = ?, details = ?, answer_tag = ?, answer_tag_key = ?
                WHERE uid = ?
                """
        ).execute(arguments: changing(record) + [Data(record.uid.bytes)])
    }

    private func changing(_ record: VerificationRecord) -> StatementArguments {
        [
            record.tokenIssuedAt?.milliseconds, record.tokenIssueIsAssumed, record.deadline?.milliseconds,
            record.state.rawValue, (record.tokenTag?.bytes).map { Data($0) },
            (record.tokenTag?.keyNumber).map { Int64($0) }, record.sealedToken.map { Data($0) },
            record.capturedFrom?.milliseconds, record.capturedUntil?.milliseconds, record.attempts,
            record.lastAskedAt?.milliseconds, record.lastProblem, record.endedAt?.milliseconds, record.resultCode,
            record.sealedDetails.map { Data($0) }, (record.answerTag?.bytes).map { Data($0) },
            (record.answerTag?.keyNumber).map { Int64($0) },
        ]
    }

    private func verification(_ row: Row) throws -> VerificationRecord {
        VerificationRecord(
            uid: try row.uid("uid"), caseUID: try row.uid("case_uid"), number: row["number"],
            origin: try row.value("origin"), state: try row.value("state"), region: row["region"],
            tokenTag: row.tag("token_tag"), sealedToken: row.bytes("sealed_token"),
            tokenIssuedAt: row.date("token_issued_at"), tokenIssueIsAssumed: row["token_issue_assumed"],
            deadline: row.date("deadline"), capturedFrom: row.date("captured_from"),
            capturedUntil: row.date("captured_until"),
            registeredAt: try row.required(row.date("registered_at"), "registered_at"), attempts: row["attempts"],
            lastAskedAt: row.date("last_asked_at"), lastProblem: row["last_problem"], endedAt: row.date("ended_at"),
            resultCode: row["result_code"], sealedDetails: row.bytes("details"), answerTag: row.tag("answer_tag"))
    }
}
