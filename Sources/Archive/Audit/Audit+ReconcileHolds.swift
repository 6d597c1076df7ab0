internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault

extension Audit {
    /// Holds, their revisions, clauses, cases and what they expect: the index against the ledger, both ways.
    func compareHolds(_ replay: LedgerReplay, in index: IndexReader, _ result: inout Reconciliation) throws {
        var known = replay.holds.holds
        func find(_ what: String) { result.find(what) }
        try index.forEachHold { record in
            let name = "hold \(record.uid)"
            guard let hold = known.removeValue(forKey: record.uid) else {
                find("\(name) is not on the ledger")
                return
            }
            func compare(_ same: Bool, _ what: String) {
                if !same { find("\(name): \(what) is not what the ledger says") }
            }
            func same(_ a: Date?, _ b: Date?) -> Bool {
                (a == nil) == (b == nil) && abs((a ?? .distantPast).timeIntervalSince(b ?? .distantPast)) < 0.0005
            }
            compare(record.state == hold.state, "its state")
            compare(record.revision == hold.revision, "its newest revision")
            compare(same(record.coolingUntil, hold.coolingUntil), "the end of its cooling")
            compare(record.authorUID == hold.author, "who placed it")
            compare(same(record.placedAt, hold.scopes[1]?.startedAt), "when it was placed")
            if hold.state != .placing, hold.endCause != .withdrawn {
                compare(same(record.reviewBy, hold.reviewBy), "the day of its review")
                compare(record.matterTag.bytes.hex == hold.matterTag, "its matter")
                compare(record.isConfidential == hold.isConfidential, "whether it is confidential")
            }
            do {
                let matter = try session.particulars(of: record, in: index).matter
                compare(session.keyring.tag(matter.utf8, purpose: .matter) == record.matterTag, "its matter")
            } catch {
                find("\(name): \(ArchiveError(error).message)")
            }
            try compareScopes(of: hold, record, in: index) { find("\(name), \($0)") }
        }
        for uid in known.keys.sorted(by: { $0.hex < $1.hex }) {
            find("hold \(uid) is on the ledger and not in the index")
        }
    }

    private func compareScopes(
        of hold: HoldBook.Hold, _ record: HoldRecord, in index: IndexReader, _ find: (String) -> Void
    ) throws {
        var scopes = hold.scopes
        for found in try index.holdScopes(of: hold.uid) {
            let name = "revision \(found.name.revision)"
            guard let scope = scopes.removeValue(forKey: found.name.revision) else {
                find("\(name) is not on the ledger")
                continue
            }
            let state = hold.state(of: scope)
            if found.state != state { find("\(name): its state is not what the ledger says") }
            // What is left of one that has ended is deleted.
            guard state != .ended else { continue }
            let until = state == .cooling ? scope.coolingUntil ?? hold.coolingUntil : nil
            if found.coolingUntil.map(LedgerTime.text) != until.map(LedgerTime.text) {
                find("\(name): the end of its cooling is not what the ledger says")
            }
            if scope.isPlaced, found.form.rawValue != scope.form.rawValue || found.judgedOnly != scope.judgedOnly {
                find("\(name): what it is about is not what the ledger says")
            }
            if Set(found.clauses) != Set(scope.clauses) { find("\(name): its clauses are not those of the ledger") }
            var expected = scope.expected
            var isSame = true
            try index.forEachHoldExpectation(of: found.name) { isSame = expected.remove($0) != nil && isSame }
            if !isSame || !expected.isEmpty {
                find("\(name): what it expects is not what the ledger says")
            }
            // Cases that were taken out, and have cooled, are gone from it.
            let out = Set(
                hold.exclusions.filter { $0.value.contains { $0.hasEnded && $0.revision > scope.revision } }.keys)
            var (cases, after): (Set<CaseUID>, CaseUID?) = ([], nil)
            while case let page = try index.holdCases(of: found.name, after: after, limit: 5000), let last = page.last {
                after = last
                cases.formUnion(page)
            }
            if cases != scope.cases.subtracting(out) {
                find("\(name): the cases that it names are not those of the ledger")
            }
        }
        for revision in scopes.keys.sorted() { find("revision \(revision) is on the ledger and not in the index") }
        var recorded: [String: Bool] = [:]
        for (uid, exclusions) in hold.exclusions where try index.caseRecord(uid) != nil {
            for exclusion in exclusions {
                recorded["\(uid) \(exclusion.revision)"] = exclusion.hasEnded || hold.endedAt != nil
            }
        }
        try index.forEachHoldExclusion(of: hold.uid) { exclusion in
            let ended = recorded.removeValue(forKey: "\(exclusion.caseUID) \(exclusion.revision)")
            if ended == nil || (ended == false && exclusion.hasEnded) {
                find("a case is taken out of it that the ledger does not take out")
            }
        }
        if !recorded.isEmpty { find("a case is not taken out of it that the ledger takes out") }
    }

    /// The holds of one object, both ways.
    func compareHolds(
        of row: RetentionRow, _ facts: LedgerFacts, _ holds: HoldBook, in index: IndexReader,
        _ result: inout Reconciliation
    ) throws {
        let tags =
            try holds.expectsAny
            ? index.caseRecord(row.caseUID).map { try session.expectations(of: $0, in: index) } ?? [] : []
        let expected = facts.history(of: row.object).map { holds.binding($0, expected: tags) } ?? []
        let known = Set(row.facts.holds.compactMap { HoldUID(hex: $0.matter) })
        for uid in expected.subtracting(known).sorted(by: { $0.hex < $1.hex }) {
            result.find("object \(row.object): the index does not know that hold \(uid) binds it")
        }
        for uid in known.subtracting(expected).sorted(by: { $0.hex < $1.hex }) {
            result.find("object \(row.object): by the ledger hold \(uid) does not bind it")
        }
    }
}
