internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
public import Vault
internal import Vendor

extension Intake {
    /// Registers a verification that has ended once more, as another one of the case: the vendor is asked about it
    /// again. Durable when this returns.
    ///
    /// - Parameter number: needed only where several verifications of the case can be asked about again.
    public func reopen(_ caseID: CaseID, number: Int?, for reason: Reason) throws -> VerificationName {
        try session.attempt(.intake, "case \(caseID.text)", verb: "case reopen", caseID: caseID) {
            try session.record { transaction in
                let index = transaction.index
                let opened = try session.find(caseID, in: index)
                let old = try choose(number, of: opened.record.uid, in: index) { $0.sealedToken != nil }
                guard let tag = old.tokenTag else { throw CatalogError.damaged("a token without a tag") }
                try session.checkNotDestroyed(tag, .token, "this SDK token's verification", in: index)
                let token = try session.token(of: old, key: opened.key)
                guard session.tag(of: token) == tag else {
                    throw CatalogError.damaged("it leads from a verification to another's SDK token")
                }
                var new = try successor(of: old, transaction)
                // What the archive concluded of the time of capture belongs to the answer that it had.
                if try !captureIsGiven(of: old, in: index) { (new.capturedFrom, new.capturedUntil) = (nil, nil) }
                new.sealedToken = session.seal(token, of: new.uid, new.caseUID, key: opened.key)
                try hand(old, to: new, for: reason, key: opened.key, transaction)
                try index.insert(new)
                return VerificationName(caseID: caseID, number: new.number, uid: new.uid)
            }
        }
    }

    /// Reads an answer that was kept as it came once more, and archives what is in it as another verification of the
    /// case. The answer stays as long as everything else of the case does.
    ///
    /// - Parameters:
    ///   - number: needed only where several verifications of the case have such an answer.
    ///   - isLenient: take also what is no strict Base64 or JSON. That this was done stands on the ledger.
    public func readAgain(
        _ caseID: CaseID, number: Int?, isLenient: Bool, for reason: Reason
    ) throws -> VerificationReport {
        defer { try? sweep() }
        return try session.attempt(.intake, "case \(caseID.text)", verb: "case reread", caseID: caseID) {
            let (old, object) = try session.catalog.read { index in
                let opened = try session.find(caseID, in: index)
                let old = try choose(number, of: opened.record.uid, in: index) { $0.state == .unreadable }
                guard let object = try index.objects(of: old.uid).first(where: { $0.kind == .unreadableAnswer }) else {
                    throw ArchiveError(
                        .destroyed, "the answer of verification \(old.number) was destroyed",
                        remedy: "\(verb: .auditLog) shows by whom and why")
                }
                return (old, object)
            }
            let staged = stageAnswer()
            let answer = try session.effects.provider.readAnswer(
                cap: session.configuration.vendor.answerCap, isLenient: isLenient, into: staged
            ) { take in try session.open(object, emit: take) }
            try Self.checkArchivable(answer)
            try staged.add(document: answer.document)
            return try commit(staged) { transaction in
                let index = transaction.index
                let opened = try session.find(caseID, in: index)
                let current = try choose(old.number, of: opened.record.uid, in: index) { $0.state == .unreadable }
                guard try index.hasObject(object.uid) else {
                    throw ArchiveError(.destroyed, "the answer of verification \(old.number) was destroyed just now")
                }
                if let known = try session.verification(answer: staged.tag, of: opened.record.uid, in: index) {
                    return (false, report(known, caseID: caseID, state: .unchanged))
                }
                let state = Self.state(of: answer, staged)
                let ended = try goOn(
                    from: current, as: state, with: staged, answer: answer, isLenient: isLenient,
                    answeredAt: current.endedAt, for: reason, key: opened.key, transaction)
                var done = report(ended, caseID: caseID, state: .init(state))
                done.objects = staged.objects.count
                done.bytes = staged.bytes
                return (true, done)
            }
        }
    }

    /// Has a verification that ended go on as another, which ends at once with another answer.
    ///
    /// - Parameters:
    ///   - answeredAt: when the vendor gave that answer; now, where it is nil.
    ///   - asked: puts on the ledger that the vendor was asked about the new one, where it was.
    func goOn(
        from old: VerificationRecord, as state: VerificationRecord.State, with staged: StagedAnswer, answer: Answer,
        isLenient: Bool = false, answeredAt: Date? = nil, for reason: Reason, key: borrowing SecretKey,
        _ transaction: Transaction, asked: (inout VerificationRecord) throws -> Void = { _ in }
    ) throws -> VerificationRecord {
        let index = transaction.index
        try session.checkNotDestroyed(staged.tag, .answer, "this answer", in: index)
        var new = try successor(of: old, transaction)
        // What was concluded of the time of capture is concluded anew, from the answer that counts.
        if try !captureIsGiven(of: old, in: index) { (new.capturedFrom, new.capturedUntil) = (nil, nil) }
        if let tag = old.tokenTag {
            try session.checkNotDestroyed(tag, .token, "this SDK token's verification", in: index)
        }
        if old.sealedToken != nil {
            new.sealedToken = session.seal(
                try session.token(of: old, key: key), of: new.uid, new.caseUID, key: key)
        }
        try hand(old, to: new, for: reason, key: key, transaction)
        try asked(&new)
        return try end(
            new, as: state, with: staged, answer: answer, isLenient: isLenient, answeredAt: answeredAt, key: key,
            transaction)
    }

    /// The one verification of a proved case that is meant.
    private func choose(
        _ number: Int?, of uid: CaseUID, in index: IndexReader, _ isRight: (VerificationRecord) -> Bool
    ) throws -> VerificationRecord {
        let verifications = try index.verifications(of: uid)
        if let number {
            guard let found = verifications.first(where: { $0.number == number }) else {
                throw ArchiveError(
                    .noSuchMedia, "the case has no verification \(number)", remedy: "see \(verb: .caseShow)")
            }
            guard found.state.mayGoOn, isRight(found) else { throw Self.cannotGoOn(number, found) }
            return found
        }
        let candidates = verifications.filter { $0.state.mayGoOn && isRight($0) }
        guard let last = candidates.last else {
            throw Self.cannotGoOn(nil, verifications.last)
        }
        guard candidates.count == 1 else {
            throw ArchiveError(
                .ambiguous, "\(candidates.count) verifications of the case could be meant",
                remedy: "name one with \(input: .verification): "
                    + "\(candidates.map { String($0.number) }.joined(separator: ", "))")
        }
        return last
    }

    private static func cannotGoOn(_ number: Int?, _ verification: VerificationRecord?) -> ArchiveError {
        let remedy: Remedy
        switch verification?.state {
        case .awaiting: remedy = "it still waits: \(verb: .pull) asks about it"
        default:
            remedy = "its SDK token is gone, or there is no answer that was kept as it came: see \(verb: .caseShow)"
        }
        return ArchiveError(
            .tokenEnded,
            number.map { "verification \($0) cannot go on" } ?? "no verification of the case can go on", remedy: remedy)
    }

    /// What goes on with what a verification has: its times, its region, the tag of its token.
    private func successor(of old: VerificationRecord, _ transaction: Transaction) throws -> VerificationRecord {
        VerificationRecord(
            uid: VerificationUID(from: session.effects.randomness), caseUID: old.caseUID,
            number: (try transaction.index.verifications(of: old.caseUID).last?.number ?? 0) + 1,
            origin: old.origin, vendor: old.vendor, api: old.api, state: .awaiting, region: old.region,
            tokenTag: old.tokenTag, sealedToken: nil, tokenIssuedAt: old.tokenIssuedAt,
            tokenIssueIsAssumed: old.tokenIssueIsAssumed, deadline: old.deadline, capturedFrom: old.capturedFrom,
            capturedUntil: old.capturedUntil, registeredAt: transaction.now)
    }

    /// Puts on the ledger that a verification goes on as another, and takes its token from it.
    private func hand(
        _ old: VerificationRecord, to new: VerificationRecord, for reason: Reason, key: borrowing SecretKey,
        _ transaction: Transaction
    ) throws {
        try announce(new, key: key, transaction)
        let commitment = try transaction.commit(reason.text, as: "reasonCommitment", of: old.caseUID, key: key)
        try transaction.add(
            .verificationReopened(
                .init(
                    caseUID: old.caseUID, verification: UInt64(old.number), as: UInt64(new.number),
                    reason: commitment)))
        var handed = old
        (handed.tokenTag, handed.sealedToken, handed.goesOn) = (nil, nil, true)
        try transaction.index.update(handed)
    }
}
