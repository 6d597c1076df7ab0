public import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing
public import Vault
internal import Vendor

/// What was said wrong of a case, and what is right. What is nil stays.
public struct CaseCorrection: Sendable {
    public let jurisdictions: [Jurisdiction]?
    /// Needed only where the case has several.
    public let verification: Int?
    public let tokenIssuedAt: Date?
    public let captured: ClosedRange<Date>?

    /// Takes texts, as they come from a command line.
    ///
    /// - Parameter jurisdictions: all that apply; nil where those on record are right.
    public init(
        jurisdictions: [String]? = nil, verification: Int? = nil, tokenIssuedAt: String? = nil,
        capturedAt: String? = nil, timeZone: TimeZone = .gmt, now: Date
    ) throws(ArchiveError) {
        self.jurisdictions = try jurisdictions.map { (codes) throws(ArchiveError) in
            var known: Set<Jurisdiction> = []
            for code in codes { known.insert(try Jurisdiction(code)) }
            return known.sorted()
        }
        self.verification = verification
        self.tokenIssuedAt = try tokenIssuedAt.map { (text) throws(ArchiveError) in
            try GivenTime.pastTime(text, name: "token-issued-at", now: now)
        }
        captured = try capturedAt.map { (text) throws(ArchiveError) in
            GivenTime.span(
                try GivenTime.past(text, name: "captured-at", in: timeZone, now: now), in: timeZone)
        }
    }

    var hasTimes: Bool { tokenIssuedAt != nil || captured != nil }
}

/// A correction that was put on the record.
public struct CorrectedCase: Encodable, Sendable {
    public let caseID: String
    /// The ledger entry.
    public let entry: UInt64
    @OrNull public var verification: Int?
    /// Objects of the case that are due by now.
    public let due: Int
}

extension Intake {
    /// Puts right what was said of a case, or of a verification of it; decisions that depend on it follow in the same
    /// transaction. Nothing is corrected against evidence: what the vendor's answers show, and what is held, stays.
    public func correct(_ correction: CaseCorrection, of caseID: CaseID, for reason: Reason) throws -> CorrectedCase {
        try session.attempt(.events, "case \(caseID.text)", verb: "case correct", caseID: caseID) {
            guard correction.hasTimes || correction.jurisdictions != nil else {
                throw ArchiveError(
                    .badParticular, "nothing is said that could be put right",
                    remedy: "give \(input: .capturedAt), \(input: .tokenIssuedAt) or \(input: .jurisdiction)")
            }
            guard correction.hasTimes || correction.verification == nil else {
                throw ArchiveError(
                    .badParticular, "jurisdictions are of the case, and of no verification",
                    remedy: "leave \(input: .verification) out")
            }
            return try session.record { transaction in
                let index = transaction.index
                var opened = try session.find(caseID, in: index)
                let rows = try index.retentionRows(.ofCase(opened.record.uid), after: nil, limit: .max)
                guard rows.allSatisfy(\.facts.holds.isEmpty), try index.holdScopes(naming: opened.record.uid).isEmpty
                else {
                    throw ArchiveError(
                        .caseHeld, "something of it is held, and what is known of it stays as it is meanwhile",
                        remedy: "\(verb: .explain) names the holds; put it right when they have ended")
                }
                let codes = correction.jurisdictions.map { $0.map(\.code) }
                let isOther = codes.map { $0 != opened.record.jurisdictions } ?? false
                let before =
                    correction.hasTimes
                    ? try verification(correction.verification, of: opened.record.uid, in: index) : nil
                let after = try before.map {
                    try put(
                        correction, right: $0, by: try evidence(of: $0, in: index),
                        captureIsGiven: try captureIsGiven(of: $0, in: index))
                }
                guard isOther || after != before else {
                    throw ArchiveError(
                        .otherParticulars, "this is on record already", remedy: "see \(verb: .caseShow)")
                }
                if isOther {
                    opened.record.jurisdictions = codes!
                    try index.update(opened.record)
                    let lacks = try session.policies.unmetTerms(of: opened.record, in: index) != nil
                    if lacks != opened.record.lacksTerms { try index.mark(opened.record.uid, lacksTerms: lacks) }
                }
                let entry = try record(
                    isOther ? codes : nil, before, after, of: opened.record.uid, for: reason, key: opened.key,
                    transaction)
                if let after, after != before {
                    try index.update(after)
                    // A time that was typed once more can be as wrong: whoever let the one before pass said nothing
                    // of it.
                    if after.capturedFrom != before?.capturedFrom || after.capturedUntil != before?.capturedUntil {
                        let typed = try typedObjects(of: after, in: index)
                        for row in rows where typed.contains(row.object) {
                            try index.note(unconfirmed: true, of: row.object)
                        }
                    }
                }
                try session.refresh(opened.record.uid, transaction)
                let due = try index.retentionRows(.ofCase(opened.record.uid), after: nil, limit: .max)
                    .filter { $0.standing.status.isDue }.count
                return CorrectedCase(
                    caseID: caseID.text, entry: entry, verification: after == before ? nil : after?.number, due: due)
            }
        }
    }

    private func record(
        _ jurisdictions: [String]?, _ before: VerificationRecord?, _ after: VerificationRecord?, of uid: CaseUID,
        for reason: Reason, key: borrowing SecretKey, _ transaction: Transaction
    ) throws -> UInt64 {
        let isIssued = after?.tokenIssuedAt != before?.tokenIssuedAt
        let isCaptured = after?.capturedFrom != before?.capturedFrom || after?.capturedUntil != before?.capturedUntil
        let (issued, from) = (isIssued ? after?.tokenIssuedAt : nil, isCaptured ? after?.capturedFrom : nil)
        let until = isCaptured ? after?.capturedUntil : nil
        let exact = try transaction.commit(
            Exact(tokenIssuedAt: issued, capturedFrom: from, capturedUntil: until), of: uid, key: key)
        let commitment = try transaction.commit(reason.text, as: "reasonCommitment", of: uid, key: key)
        return try transaction.add(
            .caseCorrected(
                .init(
                    caseUID: uid, jurisdictions: jurisdictions,
                    verification: isIssued || isCaptured ? after.map { UInt64($0.number) } : nil,
                    tokenIssued: issued.map { CalendarDay(of: $0) }, capturedFrom: from.map { CalendarDay(of: $0) },
                    capturedUntil: until.map { CalendarDay(of: $0) }, exact: exact, reason: commitment)))
    }

    private func verification(_ number: Int?, of uid: CaseUID, in index: IndexReader) throws -> VerificationRecord {
        let verifications = try index.verifications(of: uid)
        guard number != nil || verifications.count == 1 else {
            throw ArchiveError(
                .ambiguous, "the case has \(verifications.count) verifications",
                remedy: "name one with \(input: .verification)")
        }
        guard let found = verifications.first(where: { $0.number == number ?? $0.number }) else {
            throw ArchiveError(
                .noSuchMedia, "the case has no verification \(number ?? 0)", remedy: "see \(verb: .caseShow)")
        }
        return found
    }

    /// What is known of a token by all verifications that had it, one behind the other.
    private struct Evidence {
        /// When it was registered first.
        var registered: Date
        /// When the vendor last gave an answer about it.
        var answered: Date?
    }

    private func evidence(of known: VerificationRecord, in index: IndexReader) throws -> Evidence {
        var numbers = [known.number]
        for (_, entry) in try session.provedEntries(of: known.caseUID, in: index).reversed() {
            if case .verificationReopened(let event) = entry.event, numbers.contains(Int(event.as)) {
                numbers.append(Int(event.verification))
            }
        }
        var evidence = Evidence(registered: known.registeredAt)
        for verification in try index.verifications(of: known.caseUID) where numbers.contains(verification.number) {
            evidence.registered = min(evidence.registered, verification.registeredAt)
            // What was read again was not asked for: its answer came before. Nor does an import after the last
            // question say that the vendor still had the result.
            guard let asked = verification.lastAskedAt, let ended = verification.endedAt,
                [.archived, .incomplete, .unreadable].contains(verification.state),
                asked == ended
            else { continue }
            evidence.answered = max(evidence.answered ?? ended, ended)
        }
        return evidence
    }

    /// Objects of a verification that came out of a file, by the case's own entries.
    private func typedObjects(of known: VerificationRecord, in index: IndexReader) throws -> Set<ObjectUID> {
        try session.provedEntries(of: known.caseUID, in: index).reduce(into: []) { found, entry in
            guard case .objectArchived(let event) = entry.entry.event, event.times != nil,
                event.verification == UInt64(known.number)
            else { return }
            found.insert(event.object)
        }
    }

    /// Whether a person said when it was captured, by the case's own entries; otherwise that was concluded from the
    /// time of issue and the answer.
    func captureIsGiven(of known: VerificationRecord, in index: IndexReader) throws -> Bool {
        let number = UInt64(known.number)
        return try session.provedEntries(of: known.caseUID, in: index).contains { _, entry in
            switch entry.event {
            case .verificationRegistered(let event): event.verification == number && event.captured != nil
            case .verificationCompleted(let event): event.verification == number && event.captured != nil
            case .caseCorrected(let event):
                event.verification == number && event.capturedFrom != nil && event.tokenIssued == nil
            default: false
            }
        }
    }

    /// The record with times that are right; refused where something on record shows that they cannot be.
    private func put(
        _ correction: CaseCorrection, right known: VerificationRecord, by evidence: Evidence, captureIsGiven: Bool
    ) throws -> VerificationRecord {
        func refuse(_ what: String, _ why: String) -> ArchiveError {
            ArchiveError(
                .otherParticulars, "\(what) cannot be right: \(why)",
                remedy: "see \(verb: .caseShow); what the vendor's answers show is not put aside")
        }
        let lifetime = session.effects.provider.resultLifetime
        var right = known
        if let issued = correction.tokenIssuedAt, issued != known.tokenIssuedAt {
            let what = "token-issued-at (\(Timestamp.format(issued)))"
            guard issued <= evidence.registered || known.origin == .import && known.tokenTag == nil else {
                throw refuse(what, "the token was registered at \(Timestamp.format(evidence.registered))")
            }
            if let answered = evidence.answered, issued.addingTimeInterval(lifetime) < answered {
                throw refuse(what, "the vendor still had the result at \(Timestamp.format(answered))")
            }
            right.tokenIssuedAt = issued
            right.tokenIssueIsAssumed = false
            right.deadline = issued.addingTimeInterval(lifetime)
            if !captureIsGiven, let ended = known.endedAt {
                right.capturedFrom = issued
                right.capturedUntil = max(
                    issued, min(evidence.answered ?? ended, issued.addingTimeInterval(lifetime)))
            }
        }
        if let given = correction.captured {
            let what = "captured-at (\(Timestamp.format(given.lowerBound)))"
            if let ended = known.endedAt, given.lowerBound > ended {
                throw refuse(what, "the answer was archived at \(Timestamp.format(ended))")
            }
            if let answered = evidence.answered, given.upperBound < answered.addingTimeInterval(-lifetime) {
                throw refuse(
                    what, "the vendor keeps a result for 72 hours, and had it at \(Timestamp.format(answered))")
            }
            (right.capturedFrom, right.capturedUntil) = (given.lowerBound, given.upperBound)
        }
        if let issued = right.tokenIssuedAt, !right.tokenIssueIsAssumed, let captured = right.capturedUntil,
            captured < issued
        {
            throw refuse(
                "captured-at (\(Timestamp.format(captured)))", "the token was issued at \(Timestamp.format(issued))")
        }
        return right
    }
}
