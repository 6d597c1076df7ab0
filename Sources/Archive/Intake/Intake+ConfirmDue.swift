internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
public import Vault

/// What a person's word lets go.
public struct ConfirmedDue: Encodable, Sendable {
    public let caseID: String
    /// The ledger entry.
    public let entry: UInt64
    /// Objects that waited for the word.
    public let objects: Int
    /// Of the case, what is due by now: the next purge destroys it.
    public let due: Int
}

extension Intake {
    /// Lets go what was due when it was imported: a person says that its times are right. Until then no purge destroys
    /// it, because a time that was typed wrong looks the same.
    public func confirmDue(of caseID: CaseID, for reason: Reason) throws -> ConfirmedDue {
        try session.attempt(.events, "case \(caseID.text)", verb: "case confirm", caseID: caseID) {
            try session.record { transaction in
                let index = transaction.index
                let opened = try session.find(caseID, in: index)
                let uid = opened.record.uid
                let waiting = try index.retentionRows(.ofCase(uid), after: nil, limit: .max)
                    .filter(\.facts.isUnconfirmed).map(\.object)
                guard !waiting.isEmpty else {
                    throw ArchiveError(
                        .noConflict, "nothing of it waits for a word",
                        remedy: "\(verb: .explain) shows what is kept and why")
                }
                let entry = try transaction.add(
                    .dueConfirmed(
                        .init(
                            caseUID: uid, objects: waiting,
                            reason: try transaction.commit(
                                reason.text, as: "reasonCommitment", of: uid, key: opened.key))))
                for object in waiting { try index.note(unconfirmed: false, of: object) }
                try session.refresh(uid, transaction)
                let due = try index.retentionRows(.ofCase(uid), after: nil, limit: .max)
                    .filter { $0.standing.status.isDue }.count
                return ConfirmedDue(caseID: caseID.text, entry: entry, objects: waiting.count, due: due)
            }
        }
    }
}
