internal import Base
internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault
internal import Vendor

extension Intake {
    func stageAnswer() -> StagedAnswer {
        StagedAnswer(
            store: session.store, keyring: session.keyring, randomness: session.effects.randomness)
    }

    /// Makes the answer's blobs durable, then runs the one transaction that makes them exist.
    ///
    /// - Parameter body: inserts what refers to the blobs and returns true, or returns false where nothing
    ///   is to be changed; may be run again.
    func commit<Result>(
        _ answer: StagedAnswer, _ body: (Transaction) throws -> (refers: Bool, result: Result)
    ) throws -> Result {
        var mayRefer = false
        do {
            try session.store.commit(answer.stages)
            let (refers, result) = try session.record { transaction in
                let outcome = try body(transaction)
                mayRefer = mayRefer || outcome.refers
                return outcome
            }
            if refers {
                session.store.settle(answer.stages)
            } else if !mayRefer {
                answer.discard()
            }
            // Run twice, the first run may be what the second found done: then the sweep asks the index.
            return result
        } catch {
            // A commit that failed at its very end may still be found done when the index is next
            // opened. Then the blobs must be there, so they are left for the sweep to decide.
            if mayRefer { answer.leave() } else { answer.discard() }
            throw error
        }
    }

    /// Ends a verification: its final state, and the objects of the answer that ended it.
    ///
    /// - Parameters:
    ///   - isLenient: the answer was read so.
    ///   - isFromFile: a person brought the answer, and not the vendor.
    ///   - isConfirmed: a person says that its times are right, whatever is due by them.
    ///   - answeredAt: when the vendor gave the answer; now, where that is not known.
    func end(
        _ verification: VerificationRecord, as state: VerificationRecord.State, with staged: StagedAnswer,
        answer: Answer?, isLenient: Bool = false, isFromFile: Bool = false, isConfirmed: Bool = false,
        answeredAt: Date? = nil,
        key: borrowing SecretKey,
        _ transaction: Transaction
    ) throws -> VerificationRecord {
        let (index, now) = (transaction.index, transaction.now)
        let answeredAt = answeredAt ?? now
        var ended = verification
        ended.state = state
        ended.endedAt = now
        // The token stays until its hours are over: what the vendor said can be wrong, and be asked about again.
        ended.answerTag = staged.tag
        ended.lastProblem = state == .unreadable ? verification.lastProblem : nil
        var details = AnswerDetails(description: nil, requestID: answer?.requestID)
        switch answer?.content {
        case .ended(let outcome, let description):
            ended.outcome = outcome
            details.description = description
        case .notFinished(let code, let description):
            // It is over, and the vendor's last word was that.
            ended.outcome = Outcome(.failed, code: code)
            details.description = description
        case .error(_, let recorded, let message):
            ended.lastProblem = recorded
            details.description = message
        case nil: break
        }
        // Whoever has a result after the last of its hours shows that they were counted from a wrong time. Then it was
        // captured at any time until now.
        let hoursEnd = verification.tokenIssuedAt?.addingTimeInterval(session.effects.provider.resultLifetime)
        let isDisproved =
            verification.origin == .pull && [.archived, .incomplete, .unreadable].contains(state)
            && (hoursEnd.map { $0 < answeredAt } ?? false)
        if ended.capturedFrom == nil {
            ended.capturedFrom = verification.tokenIssuedAt
            ended.capturedUntil = isDisproved ? answeredAt : min(answeredAt, hoursEnd ?? answeredAt)
        }
        // Out of a file comes what a person says. What the vendor gave is evidence: it keeps a result for its hours,
        // and so a time before them, typed wrong, is not the time of capture.
        let isTyped = isFromFile || verification.origin == .import
        let earliest = answeredAt.addingTimeInterval(-session.effects.provider.resultLifetime)
        if !isTyped, [.archived, .incomplete, .unreadable].contains(state), let from = ended.capturedFrom,
            from < earliest
        {
            ended.capturedFrom = earliest
            if (ended.capturedUntil ?? from) < earliest { ended.capturedUntil = answeredAt }
        }
        ended.sealedDetails = try session.seal(
            details, key: key, context: session.contexts.details(verification.uid, caseUID: verification.caseUID))
        if try index.verification(verification.uid) == nil { try index.insert(ended) } else { try index.update(ended) }
        let objects = staged.objects.map { (ObjectUID(from: session.effects.randomness), $0) }
        try transaction.addEnd(
            of: ended, as: .init(state), lengths: objects.map { Exact.Length(object: $0, length: $1.length) },
            issueDisproved: isDisproved, isLenient: isLenient, key: key)
        let epoch = session.keyring.currentEpoch
        // Evidence that the vendor forgets must come in also while the active policies cannot be read.
        let rules = try unlessTheIndexFails { try session.rules(in: index) }
        var facts = try session.facts(of: ended, archived: now, in: index)
        // Where no rules are active, who activates some sees what becomes due by them, and accepts it.
        let areRules = rules.map { !$0.engine.policies.isEmpty } ?? true
        let times: Event.ObjectArchived.Times? =
            isTyped ? isConfirmed ? .confirmed : areRules ? .unconfirmed : .unasked : nil
        for (uid, object) in objects {
            facts.media = object.kind.name
            facts.isUnconfirmed = times == .unconfirmed
            let context = session.contexts.objectKey(
                uid, verification: ended.uid, caseUID: ended.caseUID, kind: object.kind, address: object.address,
                length: object.length, epoch: epoch)
            try index.insert(
                ObjectRecord(
                    uid: uid, verificationUID: ended.uid, caseUID: ended.caseUID, kind: object.kind,
                    mediaType: object.mediaType.rawValue, length: object.length, address: object.address,
                    contentTag: object.contentTag,
                    key: try object.withKey {
                        try session.keyring.wrap(
                            $0, epoch: epoch, context: context, randomness: session.effects.randomness)
                    },
                    archivedAt: now,
                    standing: rules.map { Standing($0.engine.decide(facts, at: now), set: $0.set) }
                        ?? .unknown(since: now), isUnconfirmed: facts.isUnconfirmed))
            let content = try transaction.commit(
                object.digest.hex, as: "contentCommitment", of: ended.caseUID, key: key)
            try transaction.add(
                .objectArchived(
                    .init(
                        caseUID: ended.caseUID, verification: UInt64(ended.number), object: uid,
                        media: object.kind.name,
                        mediaType: object.mediaType.rawValue, length: object.length, address: object.address,
                        content: content,
                        times: times)))
        }
        // What a hold takes in has just been pinned.
        if rules != nil, try index.hasHolds() { try session.refresh(ended.caseUID, transaction) }
        return ended
    }

    /// Ends what crashes left in the store. Who has a stage open lives, whatever a clock says; of who does not, it is
    /// known what was committed, but for a disk that failed: while that is not settled, nothing is swept.
    func sweep() throws {
        _ = try session.store.sweep(olderThan: .distantFuture) { address in
            // Asked once nobody has it open: a mark stands before a stage is let go of.
            guard !session.archive.mayBeUnsettled else {
                throw ArchiveError(.unsettled, "what was committed is not known", remedy: nil)
            }
            return try session.catalog.read { try $0.object(address: address) != nil }
        }
    }
}

extension Event.VerificationEnded.State {
    fileprivate init(_ state: VerificationRecord.State) {
        switch state {
        case .archived: self = .archived
        case .incomplete: self = .incomplete
        case .unreadable: self = .unreadable
        case .expired: self = .expired
        case .rejected: self = .rejected
        case .awaiting: preconditionFailure("a verification that waits has not ended")
        }
    }
}
