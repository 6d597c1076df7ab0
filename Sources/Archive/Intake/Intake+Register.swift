internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
public import Vault
internal import Vendor

/// One verification of one case, as the customer knows it.
public struct VerificationName: Hashable, Sendable {
    public let caseID: CaseID
    /// Counted from 1 within the case.
    public let number: Int
    let uid: VerificationUID
    /// What the active terms ask for and the case lacks: it was kept all the same, since the vendor forgets.
    public var unmet: UnmetTerms?
    /// Another case whose ID looks like this one's.
    public var looksLike: String?
}

extension Intake {
    /// Registers a verification that is to be pulled. Durable when this returns; the vendor is not asked.
    ///
    /// The same token in the same case changes nothing and names the verification that there is.
    public func register(_ registration: Registration) throws -> VerificationName {
        guard let token = registration.token else { throw ArchiveError(.badParticular, "no SDK token is given") }
        return try session.attempt(.intake, verb: "register", caseID: registration.caseID) {
            try insert(registration, token: token)
        }
    }

    /// Registers the rows of a table; one that is refused does not touch the others.
    ///
    /// - Parameter refused: called for each that was refused.
    public func register(
        _ rows: [RegistrationTable.Row], refused: (RegistrationTable.Row, ArchiveError) throws -> Void
    ) throws -> Set<VerificationName> {
        var names: Set<VerificationName> = []
        var failures: [ArchiveError] = []
        defer { session.recordFailures("register", failures) }
        for row in rows {
            do {
                guard let token = row.registration.token else {
                    throw ArchiveError(.badParticular, "no SDK token is given")
                }
                names.insert(try session.attempt(.intake) { try insert(row.registration, token: token) })
            } catch let error as ArchiveError where !error.concernsAll {
                failures.append(error)
                try refused(row, error)
            }
        }
        return names
    }

    private func insert(_ registration: Registration, token: SDKToken) throws -> VerificationName {
        try session.record { transaction in
            let tag = session.tag(of: token)
            try session.checkNotDestroyed(tag, .token, "this SDK token's verification", in: transaction.index)
            let known = try session.verification(token: tag, in: transaction.index)
            let kept = try openOrKeepCase(registration, transaction)
            let unmet = kept.unmet
            if let known {
                _ = try reconcile(known, with: registration, transaction)
                return VerificationName(
                    caseID: registration.caseID, number: known.number, uid: known.uid, unmet: unmet)
            }
            let verification = try makeVerification(
                registration, origin: .pull, of: kept.opened, lacks: unmet?.lacks, transaction)
            try transaction.index.insert(verification)
            return VerificationName(
                caseID: registration.caseID, number: verification.number, uid: verification.uid, unmet: unmet,
                looksLike: try session.lookalike(of: registration.caseID, in: transaction.index))
        }
    }

    /// The registered case with the particulars that are given, which is made or completed where needed. Refused where
    /// it lacks what the active terms ask for.
    func openOrInsertCase(_ registration: Registration, _ transaction: Transaction) throws -> OpenedCase {
        let kept = try openOrKeepCase(registration, transaction)
        if let unmet = kept.unmet { throw unmet.error }
        return kept.opened
    }

    /// The same, and what it lacks: it is marked then.
    private func openOrKeepCase(_ registration: Registration, _ transaction: Transaction) throws -> KeptCase {
        let index = transaction.index
        guard let record = try session.caseRecord(of: registration.caseID, in: index) else {
            let tag = session.keyring.tag(registration.caseID.text.utf8, purpose: .caseID)
            return try insertCase(registration, tag: tag, transaction)
        }
        var opened = try session.prove(record, asked: registration.caseID, in: index)
        let before = (opened.record, opened.particulars)
        try complete(&opened.record.purpose, with: registration.purpose, name: "purpose", of: registration.caseID)
        try complete(&opened.particulars.subject, with: registration.subject, name: "subject", of: registration.caseID)
        try complete(&opened.particulars.consent, with: registration.consent, name: "consent", of: registration.caseID)
        try complete(&opened.record.age, with: registration.age?.rawValue, name: "age", of: registration.caseID)
        let codes = registration.jurisdictions.map(\.code)
        if !codes.isEmpty {
            guard opened.record.jurisdictions.isEmpty || opened.record.jurisdictions == codes else {
                throw otherParticulars("jurisdiction", of: registration.caseID)
            }
            opened.record.jurisdictions = codes
        }
        opened.record.hasConsent = opened.particulars.consent != nil
        if opened.particulars != before.1 {
            opened.record.subjectTag = session.subjectTag(opened.particulars.subject)
            opened.record.sealedParticulars = try session.seal(
                opened.particulars, key: opened.key, context: session.contexts.particulars(opened.record.uid))
        }
        let unmet = try session.policies.unmetTerms(of: opened.record, in: index)
        if opened.record.lacksTerms != (unmet != nil) { try index.mark(opened.record.uid, lacksTerms: unmet != nil) }
        if opened.record != before.0 {
            let named = try index.holdScopes(naming: opened.record.uid)
            try index.update(opened.record)
            let (uid, particulars) = (opened.record.uid, opened.particulars)
            let subject = particulars.subject == before.1.subject ? nil : particulars.subject
            let consent = particulars.consent == before.1.consent ? nil : particulars.consent
            try transaction.add(
                .caseCompleted(
                    .init(
                        caseUID: uid,
                        jurisdictions: opened.record.jurisdictions == before.0.jurisdictions
                            ? nil : opened.record.jurisdictions,
                        purpose: opened.record.purpose == before.0.purpose ? nil : opened.record.purpose,
                        subject: try commit(subject, as: "subjectCommitment", of: uid, key: opened.key, transaction),
                        consent: try commit(consent, as: "consentCommitment", of: uid, key: opened.key, transaction),
                        age: try commit(
                            opened.record.age == before.0.age ? nil : opened.record.age, as: "ageCommitment", of: uid,
                            key: opened.key, transaction))))
            try session.holds.noteExpected(uid, before: named, transaction)
            // Other rules may be about it now, and other holds.
            try session.refresh(uid, transaction)
        }
        return KeptCase(opened: opened, unmet: unmet)
    }

    private struct KeptCase: ~Copyable {
        let opened: OpenedCase
        let unmet: UnmetTerms?
    }

    private func commit(
        _ text: String?, as member: String, of caseUID: CaseUID, key: borrowing SecretKey, _ transaction: Transaction
    ) throws -> Commitment? {
        guard let text else { return nil }
        return try transaction.commit(text, as: member, of: caseUID, key: key)
    }

    /// A new verification's record, with the next number of its case; on the ledger, and not in the index yet.
    func makeVerification(
        _ registration: Registration, origin: VerificationRecord.Origin, of opened: borrowing OpenedCase,
        lacks: [String]? = nil, _ transaction: Transaction
    ) throws -> VerificationRecord {
        let now = transaction.now
        let uid = VerificationUID(from: session.effects.randomness)
        let caseUID = opened.record.uid
        let issuedAt = registration.tokenIssuedAt ?? (origin == .pull ? now : nil)
        let lifetime = session.effects.provider.resultLifetime
        if let issued = registration.tokenIssuedAt, let captured = registration.captured,
            captured.lowerBound > issued.addingTimeInterval(lifetime)
        {
            throw ArchiveError(
                .badParticular,
                "captured-at (\(Timestamp.format(captured.lowerBound))) lies more than \(Int(lifetime / 3600)) "
                    + "hours behind "
                    + "token-issued-at (\(Timestamp.format(issued))), when the token was worth nothing any more",
                remedy: "see which of them is right, and leave the other out where nobody knows it")
        }
        var record = VerificationRecord(
            uid: uid, caseUID: caseUID,
            number: (try transaction.index.verifications(of: caseUID).last?.number ?? 0) + 1,
            origin: origin, vendor: session.effects.provider.name, api: session.effects.provider.api, state: .awaiting,
            region: registration.region, tokenTag: nil, sealedToken: nil,
            tokenIssuedAt: issuedAt, tokenIssueIsAssumed: origin == .pull && registration.tokenIssuedAt == nil,
            deadline: issuedAt?.addingTimeInterval(session.effects.provider.resultLifetime),
            capturedFrom: registration.captured?.lowerBound, capturedUntil: registration.captured?.upperBound,
            registeredAt: now)
        if let token = registration.token {
            record.tokenTag = session.tag(of: token)
            if origin == .pull {
                record.sealedToken = session.seal(token, of: uid, caseUID, key: opened.key)
            }
        }
        try announce(record, lacks: lacks, key: opened.key, transaction)
        return record
    }

    /// Puts a new verification on the ledger.
    ///
    /// - Parameter lacks: what the active terms ask for and its case has not.
    func announce(
        _ record: VerificationRecord, lacks: [String]? = nil, key: borrowing SecretKey, _ transaction: Transaction
    ) throws {
        let exact = try transaction.commit(
            Exact(
                tokenIssuedAt: record.tokenIssuedAt, capturedFrom: record.capturedFrom,
                capturedUntil: record.capturedUntil, token: Exact.Recognised(record.tokenTag)),
            of: record.caseUID, key: key)
        try transaction.add(
            .verificationRegistered(
                .init(
                    caseUID: record.caseUID, verification: UInt64(record.number), uid: record.uid,
                    origin: record.origin == .pull ? .pull : .import, vendor: record.vendor, api: record.api,
                    region: record.region, tokenIssued: record.tokenIssuedAt.map { CalendarDay(of: $0) },
                    tokenIssueAssumed: record.tokenIssueIsAssumed,
                    captured: record.capturedFrom.map { CalendarDay(of: $0) }, lacks: lacks, exact: exact)))
    }

    /// A token is one verification for ever: what is given for one that is known must be what is on record,
    /// or complete it while it waits.
    func reconcile(
        _ known: VerificationRecord, with registration: Registration, _ transaction: Transaction
    ) throws -> VerificationRecord {
        let index = transaction.index
        guard try session.caseRecord(of: registration.caseID, in: index)?.uid == known.caseUID else {
            throw ArchiveError(
                .tokenElsewhere, "this SDK token is registered in another case already",
                remedy: "a token is one verification of one person: check which case it belongs to")
        }
        let completed = try completeTimes(of: known, with: registration)
        if completed != known { try update(known, to: completed, transaction) }
        return completed
    }

    func update(
        _ known: VerificationRecord, to completed: VerificationRecord, _ transaction: Transaction
    ) throws {
        let index = transaction.index
        try index.update(completed)
        let issued = completed.tokenIssueIsAssumed == known.tokenIssueIsAssumed ? nil : completed.tokenIssuedAt
        let isCaptured = completed.capturedFrom == known.capturedFrom && completed.capturedUntil == known.capturedUntil
        let (captured, until) = isCaptured ? (nil, nil) : (completed.capturedFrom, completed.capturedUntil)
        guard let record = try index.caseRecord(known.caseUID) else {
            throw CatalogError.damaged("a verification without a case")
        }
        let exact = try transaction.commit(
            Exact(
                tokenIssuedAt: issued, capturedFrom: captured, capturedUntil: until,
                token: completed.tokenTag == known.tokenTag ? nil : Exact.Recognised(completed.tokenTag)),
            of: known.caseUID, key: try session.open(record).key)
        try transaction.add(
            .verificationCompleted(
                .init(
                    caseUID: known.caseUID, verification: UInt64(known.number),
                    tokenIssued: issued.map { CalendarDay(of: $0) }, captured: captured.map { CalendarDay(of: $0) },
                    exact: exact, tokenAdded: completed.tokenTag == known.tokenTag ? nil : true)))
    }

    /// The record with the times that were not known; others than those on record are refused.
    func completeTimes(of known: VerificationRecord, with registration: Registration) throws -> VerificationRecord {
        func differs(_ given: Date, _ recorded: Date?) -> Bool {
            recorded.map { abs(given.timeIntervalSince($0)) >= 0.001 } ?? true
        }
        var completed = known
        if let given = registration.tokenIssuedAt, differs(given, known.tokenIssuedAt) {
            guard known.state == .awaiting, known.tokenIssueIsAssumed else {
                throw otherParticulars("token-issued-at", of: registration.caseID)
            }
            completed.tokenIssuedAt = given
            completed.tokenIssueIsAssumed = false
            completed.deadline = given.addingTimeInterval(session.effects.provider.resultLifetime)
        }
        if let given = registration.captured,
            differs(given.lowerBound, known.capturedFrom) || differs(given.upperBound, known.capturedUntil)
        {
            guard known.state == .awaiting, known.capturedFrom == nil else {
                throw otherParticulars("captured-at", of: registration.caseID)
            }
            completed.capturedFrom = given.lowerBound
            completed.capturedUntil = given.upperBound
        }
        return completed
    }

    private func insertCase(
        _ registration: Registration, tag: Tag, _ transaction: Transaction
    ) throws -> KeptCase {
        let key = SecretKey(from: session.effects.randomness)
        let uid = CaseUID(from: session.effects.randomness)
        let particulars = Particulars(
            caseID: registration.caseID.text, subject: registration.subject, consent: registration.consent)
        let epoch = session.keyring.currentEpoch
        var record = CaseRecord(
            uid: uid, caseIDTag: tag, registeredAt: transaction.now, purpose: registration.purpose,
            jurisdictions: registration.jurisdictions.map(\.code),
            key: try session.keyring.wrap(
                key, epoch: epoch, context: session.contexts.caseKey(uid, epoch: epoch),
                randomness: session.effects.randomness),
            sealedParticulars: try session.seal(particulars, key: key, context: session.contexts.particulars(uid)),
            subjectTag: session.subjectTag(registration.subject), hasConsent: registration.consent != nil,
            age: registration.age?.rawValue)
        let unmet = try session.policies.unmetTerms(of: record, in: transaction.index)
        record.lacksTerms = unmet != nil
        try transaction.index.insert(record)
        try transaction.index.note(likeness: session.tag(of: Likeness(of: particulars.caseID)), of: uid)
        try transaction.add(
            .caseRegistered(
                .init(
                    caseUID: uid,
                    caseID: try transaction.commit(particulars.caseID, as: "caseIDCommitment", of: uid, key: key),
                    jurisdictions: record.jurisdictions, purpose: record.purpose,
                    subject: try commit(
                        particulars.subject, as: "subjectCommitment", of: uid, key: key, transaction),
                    consent: try commit(
                        particulars.consent, as: "consentCommitment", of: uid, key: key, transaction),
                    age: try commit(record.age, as: "ageCommitment", of: uid, key: key, transaction))))
        try session.holds.noteExpected(uid, before: [], transaction)
        return KeptCase(opened: OpenedCase(record: record, particulars: particulars, key: key), unmet: unmet)
    }

    private func complete(_ recorded: inout String?, with given: String?, name: String, of caseID: CaseID) throws {
        guard let given, given != recorded else { return }
        guard recorded == nil else { throw otherParticulars(name, of: caseID) }
        recorded = given
    }

    func otherParticulars(_ name: String, of caseID: CaseID) -> ArchiveError {
        ArchiveError(
            .otherParticulars, "case \(caseID.text) is registered with another \(name)",
            remedy: "see \(verb: .caseShow); what is on record is not changed by registering again")
    }
}
