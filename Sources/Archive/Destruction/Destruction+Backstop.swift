internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
public import Vault

extension Destruction {
    /// Lets objects of a case go whose event never came and whose backstop has passed. Needs a second person where
    /// there are two; the next purge destroys them.
    ///
    /// - Parameter media: one kind; all that are past their backstop, where it is nil.
    public func approveBackstop(of caseID: CaseID, media: String?, reason: Reason) throws -> Permitted<UInt64> {
        try session.attempt(.purge, "case \(caseID.text)", verb: GuardedVerb.backstop.rawValue, caseID: caseID) {
            try session.holds.workOnHolds()
            return try session.guarded { transaction in
                let index = transaction.index
                let uid = try session.find(caseID, in: index).record.uid
                let rules = try session.rules(in: index)
                let rows = try index.retentionRows(.ofCase(uid), after: nil, limit: .max).filter {
                    (media == nil || $0.facts.media == media)
                        && rules.engine.decide($0.facts, at: transaction.now).status == .backstopReview
                }
                guard !rows.isEmpty else {
                    throw ArchiveError(
                        .noConflict, "nothing of it is past its backstop",
                        remedy: "\(verb: .explain) shows what is kept and why")
                }
                var effect = Effect(.backstop, reason: reason.text)
                effect.cases = [uid.hex]
                effect.objects = rows.map(\.object.hex).sorted()
                effect.says = [
                    "\(rows.map(\.facts.media).sorted().joined(separator: ", ")) of one case "
                        + "\(rows.count == 1 ? "is" : "are") due: the event never came, and the backstop has passed"
                ]
                return effect
            } carryOut: { effect, request, transaction in
                try approveBackstop(effect, request: request, transaction)
            }
        }
    }

    /// Puts it on the record that objects of a case may go after their backstop.
    func approveBackstop(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> UInt64 {
        let index = transaction.index
        guard let uid = effect.cases?.first.flatMap(CaseUID.init(hex:)), let record = try index.caseRecord(uid) else {
            throw ArchiveError(.unknownCase, "the case is gone", remedy: "there is nothing to destroy")
        }
        let objects = (effect.objects ?? []).compactMap { ObjectUID(hex: $0) }
        let rows = try index.retentionRows(.objects(objects), after: nil, limit: objects.count)
        let rules = try session.rules(in: index)
        guard rows.count == objects.count,
            rows.allSatisfy({ rules.engine.decide($0.facts, at: transaction.now).status == .backstopReview })
        else {
            throw ArchiveError(
                .noConflict, "not all of these objects are past their backstop any more",
                remedy: "look again: \(verb: .explain)")
        }
        let entry = try transaction.add(
            .backstopApproved(
                .init(
                    caseUID: uid, objects: objects, request: request,
                    reason: try transaction.commit(
                        effect.reason, as: "reasonCommitment", of: uid, key: try session.open(record).key))))
        for object in objects { try index.approveBackstop(of: object, at: transaction.now, entry: entry) }
        try session.refresh(uid, transaction)
        return entry
    }
}
