package import Base
package import Catalog
internal import Foundation
internal import Ledger
internal import Retention
package import Sealing

/// What one transaction of destruction did.
package struct DestroyedBatch {
    package var destroyed = 0
    package var bytes: UInt64 = 0
    package var cases = 0
    package var skipped: [String: Int] = [:]
}

extension Session {
    /// The one function that destroys. In the caller's transaction each object is decided about again;
    /// what is permitted loses its key, its blob is noted for removal, and it stands on the ledger; what is not due any
    /// more stays, and is counted. With its last object a case goes, with everything that identifies the person.
    ///
    /// - Parameter run: the number of the entry that began it.
    package func destroy(_ objects: [ObjectUID], in run: UInt64, _ transaction: Transaction) throws -> DestroyedBatch {
        let index = transaction.index
        let rules = try rules(in: index)
        var result = DestroyedBatch()
        var verifications: [VerificationUID: (caseUID: CaseUID, entry: UInt64)] = [:]
        let rows = try index.retentionRows(.objects(objects), after: nil, limit: objects.count)
        if rows.count < objects.count { result.skipped["gone"] = objects.count - rows.count }
        for row in rows {
            switch try transaction.decide(row) {
            case .altered: result.skipped["altered", default: 0] += 1
            case .refused(let status): result.skipped[status.rawValue, default: 0] += 1
            case .permitted(let permit, let decision):
                let entry = try carryOut(permit, event(of: row, by: decision, rules, run: run), transaction)
                verifications[row.verificationUID] = (row.caseUID, entry)
                result.destroyed += 1
                result.bytes += row.length
            }
        }
        result.cases = try end(verifications, transaction)
        return result
    }

    /// Ends what has lost objects: verifications are recognised, cases of which nothing is left go.
    ///
    /// - Returns: how many cases went.
    private func end(
        _ verifications: [VerificationUID: (caseUID: CaseUID, entry: UInt64)], _ transaction: Transaction
    ) throws -> Int {
        var known: [CaseUID: LedgerFacts] = [:]
        for (uid, last) in verifications {
            let facts =
                try known[last.caseUID] ?? transaction.decided(last.caseUID)
                ?? LedgerFacts(of: last.caseUID, in: transaction.index, transaction.head.roots, by: recorder)
            known[last.caseUID] = facts
            try forget(uid, entry: last.entry, facts, transaction)
        }
        return try Set(verifications.values.map(\.caseUID)).sorted { $0.hex < $1.hex }
            .filter { try destroyEmptyCase($0, transaction) }.count
    }

    /// Ends verifications that wait here, and of which a ledger that was published says that something was destroyed:
    /// pulling them would bring it back.
    ///
    /// - Parameters:
    ///   - reopened: there, in their order. Who had the token before must not bring it back either.
    ///   - others: what was registered there. What has the same number here is another verification.
    ///   - cases: those that are here.
    func endWaiting(
        _ gone: [Event.ObjectDestroyed], _ reopened: [Event.VerificationReopened],
        _ others: [Event.VerificationRegistered], of cases: Set<CaseUID>, _ transaction: Transaction
    ) throws {
        let index = transaction.index
        var numbers = Dictionary(grouping: gone.filter { cases.contains($0.caseUID) }, by: \.caseUID)
            .mapValues { Set($0.map(\.verification)) }
        for event in reopened.reversed() where numbers[event.caseUID]?.contains(event.as) ?? false {
            numbers[event.caseUID]!.insert(event.verification)
        }
        for (uid, numbers) in numbers.sorted(by: { $0.key.hex < $1.key.hex }) {
            let there = others.filter { $0.caseUID == uid }
            let all = try index.verifications(of: uid)
            var same = Set(
                all.map { UInt64($0.number) }.filter { number in
                    numbers.contains(number) && !there.contains { $0.verification == number }
                })
            for event in there where numbers.contains(event.verification) {
                if let known = all.first(where: { $0.uid == event.uid }) { same.insert(UInt64(known.number)) }
            }
            // Here it may have gone on as another, too.
            let links = try reopenings(of: uid, in: index)
            var before = -1
            while before != same.count {
                before = same.count
                for link in links where same.contains(link.verification) || same.contains(link.as) {
                    same.formUnion([link.verification, link.as])
                }
            }
            let known = all.filter { same.contains(UInt64($0.number)) }
            for var ended in known where ended.state != .awaiting && ended.sealedToken != nil {
                ended.sealedToken = nil
                try index.update(ended)
            }
            let waiting = known.filter { $0.state == .awaiting }
            if !waiting.isEmpty, let record = try index.caseRecord(uid) { _ = try prove(record, in: index) }
            try endAsDestroyed(waiting, of: uid, transaction)
        }
    }

    /// Which verifications of a case go on as which, in their order.
    private func reopenings(of uid: CaseUID, in index: IndexReader) throws -> [Event.VerificationReopened] {
        try provedEntries(of: uid, in: index).compactMap { _, entry in
            if case .verificationReopened(let event) = entry.event { event } else { nil }
        }
    }

    /// Ends verifications of a proved case that wait for what was destroyed: it does not come in again.
    package func endAsDestroyed(
        _ waiting: [VerificationRecord], of uid: CaseUID, _ transaction: Transaction
    ) throws {
        guard !waiting.isEmpty else { return }
        let index = transaction.index
        guard let record = try index.caseRecord(uid) else { throw CatalogError.damaged("a case is gone") }
        let opened = try open(record)
        for var verification in waiting {
            verification.state = .rejected
            verification.endedAt = transaction.now
            verification.sealedToken = nil
            verification.lastProblem = "destroyed"
            try index.update(verification)
            try transaction.addEnd(of: verification, as: .rejected, lengths: [], key: opened.key)
        }
    }

    /// Destroys what a ledger that was published says was destroyed, and this index has still: a run of its own. What
    /// is held here stays.
    ///
    /// - Parameter cases: those that are here.
    /// - Returns: how many objects went.
    /// - Throws: ``CatalogError/damaged(_:)`` where the index hides one of them, or says something else of it.
    func destroyAgain(
        _ gone: [Event.ObjectDestroyed], of cases: Set<CaseUID>, _ transaction: Transaction
    ) throws -> Int {
        let index = transaction.index
        var known = Dictionary(gone.map { ($0.object, $0) }) { first, _ in first }
        let rows = try index.retentionRows(.objects(known.keys.sorted { $0.hex < $1.hex }), after: nil, limit: .max)
        let found = Set(rows.map(\.object))
        for (uid, hidden) in Dictionary(grouping: known.values.filter { !found.contains($0.object) }, by: \.caseUID)
        where cases.contains(uid) {
            let facts = try LedgerFacts(of: uid, in: index, transaction.head.roots, by: recorder)
            if let object = hidden.map(\.object).first(where: Set(facts.liveObjects).contains) {
                throw CatalogError.damaged("object \(object), which has to be destroyed again, is missing")
            }
        }
        guard !rows.isEmpty else { return 0 }
        let digest = SHA256.digest(of: rows.map(\.object.hex).joined(separator: "\n").utf8).hex
        let run = try transaction.add(
            .purgeStarted(
                .init(
                    form: .replay, digest: digest, objects: UInt64(rows.count),
                    set: UInt64(try index.activeSetNumber()), limitAccepted: nil)))
        var verifications: [VerificationUID: (caseUID: CaseUID, entry: UInt64)] = [:]
        var (destroyed, bytes, skipped) = (0, UInt64(0), [String: UInt64]())
        for row in rows {
            guard let event = known.removeValue(forKey: row.object) else { continue }
            switch try transaction.permit(again: event, row, by: self) {
            case .altered:
                throw CatalogError.damaged(
                    "what it keeps of object \(row.object), which has to be destroyed again, is not what the ledger "
                        + "says"
                )
            case .held: skipped[Decision.Status.held.rawValue, default: 0] += 1
            case .permitted(let permit):
                let entry = try carryOut(permit, event.again(in: run), transaction)
                verifications[row.verificationUID] = (row.caseUID, entry)
                destroyed += 1
                bytes += Exact.rounded(row.length)
            }
        }
        _ = try end(verifications, transaction)
        try transaction.add(
            .purgeFinished(
                .init(
                    run: run, destroyed: UInt64(destroyed), bytes: bytes, skipped: skipped)))
        return destroyed
    }

    /// Destroys an object that was permitted to go, with its entry.
    ///
    /// - Returns: the entry's number.
    private func carryOut(
        _ permit: consuming DestructionPermit, _ event: Event.ObjectDestroyed, _ transaction: Transaction
    ) throws -> UInt64 {
        let entry = try transaction.add(.objectDestroyed(event))
        try transaction.destroy(permit)
        return entry
    }

    private func event(
        of row: RetentionRow, by decision: Decision, _ rules: ActiveRules, run: UInt64
    ) -> Event.ObjectDestroyed {
        let (cause, side): (Event.ObjectDestroyed.Cause, Decision.Reason.Side?) =
            switch decision.cause {
            case .upperBound: (.upperBound, .atMost)
            case .backstop: (.backstop, .backstop)
            case .erasure, nil: (.erasure, nil)
            }
        let rule = decision.decisive.first { $0.side == side }
        var keepUntil: Date?
        if case .time(let time) = decision.keepUntil { keepUntil = time }
        return Event.ObjectDestroyed(
            caseUID: row.caseUID, verification: UInt64(row.verification), object: row.object, media: row.facts.media,
            length: row.length, address: row.address,
            cause: cause, policy: rule?.policy, version: rule.map { UInt64($0.version) }, rule: rule?.rule,
            file: rule.flatMap { rules.digest(of: $0.policy)?.hex }, keepUntil: keepUntil.map { CalendarDay(of: $0) },
            goneBy: decision.goneBy.map { CalendarDay(of: $0) },
            run: run)
    }

    /// Keeps the tags by which a verification of which something was destroyed cannot come in again, and deletes
    /// what the answer said with its last object.
    private func forget(
        _ uid: VerificationUID, entry: UInt64, _ facts: LedgerFacts, _ transaction: Transaction
    ) throws {
        let index = transaction.index
        guard let record = try index.verification(uid) else { throw CatalogError.damaged("a verification is gone") }
        // By another tag, what is destroyed now would come in again.
        guard record.caseUID == facts.caseUID, let (token, answer) = facts.recognised(UInt64(record.number)),
            answer != nil,
            Exact.Recognised(record.tokenTag) == token, Exact.Recognised(record.answerTag) == answer
        else {
            throw CatalogError.damaged(
                "case \(record.caseUID), verification \(record.number): what it is recognised by is not what was "
                    + "recorded")
        }
        for (tag, purpose) in [(record.tokenTag, DestroyedTagRecord.Purpose.token), (record.answerTag, .answer)] {
            guard let tag else { continue }
            try remember(tag, purpose, of: record.caseUID, entry: entry, transaction)
        }
        if try index.objects(of: uid).isEmpty { try index.deleteDetails(of: uid) }
        // What went on from it, and still waits, would bring the same person's media in again.
        guard record.goesOn else { return }
        var numbers: Set = [UInt64(record.number)]
        for link in try reopenings(of: record.caseUID, in: index) where numbers.contains(link.verification) {
            numbers.insert(link.as)
        }
        let waiting = try index.verifications(of: record.caseUID).filter {
            $0.state == .awaiting && numbers.contains(UInt64($0.number))
        }
        for tag in waiting.compactMap(\.tokenTag) {
            try remember(tag, .token, of: record.caseUID, entry: entry, transaction)
        }
        try endAsDestroyed(waiting, of: record.caseUID, transaction)
    }

    /// - Returns: whether nothing was left of the case, so that it is gone.
    private func destroyEmptyCase(_ uid: CaseUID, _ transaction: Transaction) throws -> Bool {
        let index = transaction.index
        let verifications = try index.verifications(of: uid)
        for verification in verifications {
            guard verification.state != .awaiting, try index.objects(of: verification.uid).isEmpty else { return false }
        }
        guard let record = try index.caseRecord(uid) else { throw CatalogError.damaged("a case is gone") }
        // Its tags go by what the columns say; one that was hidden there would be kept for ever.
        guard try subjectTag(open(record).particulars.subject) == record.subjectTag else {
            throw CatalogError.damaged("case \(uid): what it is found by is not what is sealed in it")
        }
        let entry = try transaction.add(
            .caseDestroyed(.init(caseUID: uid, rememberedUntil: forgetAt(transaction.now))))
        try remember(record.caseIDTag, .caseID, of: uid, entry: entry, transaction)
        try index.destroyCase(uid)
        return true
    }

    private func remember(
        _ tag: Tag, _ purpose: DestroyedTagRecord.Purpose, of caseUID: CaseUID, entry: UInt64,
        _ transaction: Transaction
    ) throws {
        try transaction.index.insert(
            DestroyedTagRecord(
                tag: tag, purpose: purpose, caseUID: caseUID, entry: entry, destroyedAt: transaction.now,
                forgetAt: forgetAt(transaction.now)))
    }

    private func forgetAt(_ now: Date) -> Date { configuration.retention.remembered.after(now, in: .gmt) }

    /// Whether it was destroyed once.
    package func isDestroyed(
        _ tag: Tag, _ purpose: DestroyedTagRecord.Purpose, in index: IndexReader
    ) throws -> Bool { try remembered(tag, purpose, in: index) != nil }

    /// Refuses what was destroyed once.
    package func checkNotDestroyed(
        _ tag: Tag, _ purpose: DestroyedTagRecord.Purpose, _ what: String, in index: IndexReader
    ) throws {
        guard let known = try remembered(tag, purpose, in: index) else { return }
        throw ArchiveError(
            .tokenDestroyed,
            "\(what) was archived, and destroyed, at least in part, on \(Timestamp.minute(known.destroyedAt)), "
                + "ledger entry \(known.entry)",
            remedy: "what was destroyed does not come back")
    }
}
