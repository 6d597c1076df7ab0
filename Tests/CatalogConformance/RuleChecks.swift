import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Retention
import Sealing
import Testing

/// What the database itself keeps to, whoever writes to it.
struct RuleChecks {
    let engine: any Engine
    let index: Index

    init(_ engine: any Engine) throws {
        (self.engine, index) = (engine, Index(engine, requiresEntries: false))
        let stamp = ActorStamp(uid: ActorUID(from: .system), known: .claimed)
        let entry = Entry(
            time: Date(), actor: stamp, event: .archiveVerified(.init(objects: 0, opened: 0, findings: 0)))
        let (caseUID, verificationUID): (CaseUID, VerificationUID) = (UID(from: .system), UID(from: .system))
        func tag() -> Sealing.Tag { Sealing.Tag(keyNumber: 1, bytes: Randomness.system.bytes(32)) }
        let key = WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72))
        try index.write { index in
            try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: Date()))
            try index.insert(EpochRecord(epoch: Epoch(2), state: .closing, createdAt: Date()))
            try index.append([entry, entry, entry])
            try index.insert(
                PolicyRecord(form: .policy, name: "p", version: 1, text: "", digest: SHA256.digest(of: []), entry: 1))
            try index.insertPolicySet(1, entry: 1, members: [("p", 1)])
            let rule = RuleName(policy: "p", version: 1, rule: "r")
            try index.insert(Resolution(entry: 2, lower: rule, upper: rule, winner: .keep))
            try index.insert(
                CaseRecord(
                    uid: caseUID, caseIDTag: tag(), registeredAt: Date(), purpose: nil, jurisdictions: ["HK"], key: key,
                    sealedParticulars: [], subjectTag: nil))
            try index.insert(
                CaseEventRecord(
                    caseUID: caseUID,
                    event: EventRecord(
                        entry: 2, name: "closed", effect: .happened(.time(Date(timeIntervalSince1970: 1_800_000_000)))))
            )
            try index.insert(
                VerificationRecord(
                    uid: verificationUID, caseUID: caseUID, number: 1, origin: .pull, vendor: "tencent-faceid",
                    api: "GetFaceIdResultIntl/2018-03-01", state: .awaiting,
                    region: "ap-singapore", tokenTag: tag(), sealedToken: [9], tokenIssuedAt: Date(),
                    tokenIssueIsAssumed: false, deadline: Date(), registeredAt: Date()))
            try index.insert(
                ObjectRecord(
                    uid: UID(from: .system), verificationUID: verificationUID, caseUID: caseUID, kind: .video,
                    mediaType: "video/mp4", length: 1, address: BlobAddress(bytes: Randomness.system.bytes(32))!,
                    contentTag: tag(), key: key, archivedAt: Date()))
        }
    }

    static let forbidden = [
        // The ledger and its tree are append-only, without a gap.
        "DELETE FROM ledger_entry WHERE number = 1", "UPDATE ledger_entry SET kind = 'x'",
        "INSERT INTO ledger_entry (number, entry, line_start, kind, time, newest, actor_uid, strand) "
            + "SELECT 7, entry, line_start, kind, time, newest, actor_uid, strand FROM ledger_entry WHERE number = 0",
        "DELETE FROM strand", "UPDATE strand SET place = place - 1 WHERE place > 0",
        "UPDATE strand SET name = entry FROM ledger_entry",
        "DELETE FROM strand_node", "UPDATE strand_node SET position = position + 100",
        "DELETE FROM ledger_node", "UPDATE ledger_node SET position = position + 100",
        // What was decided stays decided.
        "UPDATE policy_file SET text = 'x'", "DELETE FROM policy_file", "UPDATE policy_set SET entry = 0",
        "DELETE FROM policy_set", "UPDATE policy_set_member SET version = 2", "DELETE FROM policy_set_member",
        "UPDATE resolution SET winner = 'destroy'", "DELETE FROM resolution", "UPDATE case_event SET name = 'x'",
        // Keys are wrapped under an open epoch, again only under a newer one, and an epoch goes last.
        "UPDATE cases SET epoch = 2", "UPDATE object SET epoch = 2",
        "UPDATE object SET wrapped_key = entry FROM ledger_entry",
        "UPDATE epoch SET state = 'destroyed' WHERE number = 1", "DELETE FROM epoch WHERE number = 2",
        // An object is destroyed with a note to remove its blob.
        "DELETE FROM object",
        "UPDATE object SET address = content_tag", "UPDATE object SET kind = 'x'", "DELETE FROM cases",
        // Facts change in ways that holds can follow.
        "UPDATE case_jurisdiction SET code = 'SG'",
    ]

    func isRefused(_ statement: String) throws {
        do {
            try engine.write(until: .none) { try $0.run(statement, []) }
            Issue.record("the database allowed: \(statement)")
        } catch {
            #expect((error as? EngineError)?.kind == .refused, "\(statement): \(error)")
        }
        #expect(try index.read { try $0.ledgerSize() } == 3)
    }
}
