internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention

/// What the ledger alone says of the objects of a case: what the index says of them must be the same before
/// anything is destroyed by it.
struct LedgerFacts {
    private struct Verification {
        var result: String?
        var captured: (from: Date?, until: Date?)
    }

    private var jurisdictions: [String] = []
    private var purpose: String?
    private var events: [EventRecord] = []
    private var verifications: [UInt64: Verification] = [:]
    private var objects: [ObjectUID: (media: String, verification: UInt64, archived: Date)] = [:]

    private static let kinds: Set<String> = Set(
        [
            Event.Kind.caseRegistered, .caseCompleted, .caseEventRecorded, .verificationEnded, .objectArchived,
            .objectDestroyed,
        ].map(\.rawValue))

    init(of uid: CaseUID, in index: any CatalogReader) throws {
        var filter = LedgerFilter()
        filter.caseUID = uid
        for row in try index.ledgerRows(filter, from: 0, limit: .max) where Self.kinds.contains(row.kind) {
            let entry = try Entry(row.bytes)
            guard entry.event.caseUID == uid else {
                throw CatalogError.damaged("ledger entry \(row.number) was altered")
            }
            apply(entry, number: row.number)
        }
    }

    private mutating func apply(_ entry: Entry, number: UInt64) {
        switch entry.event {
        case .caseRegistered(let event): (jurisdictions, purpose) = (event.jurisdictions, event.purpose)
        case .caseCompleted(let event):
            jurisdictions = event.jurisdictions ?? jurisdictions
            purpose = event.purpose ?? purpose
        case .caseEventRecorded(let event): events.append(EventRecord(event, entry: number))
        case .verificationEnded(let event):
            verifications[event.verification] = Verification(
                result: event.result, captured: (event.capturedFrom, event.capturedUntil))
        case .objectArchived(let event): objects[event.object] = (event.media, event.verification, entry.time)
        case .objectDestroyed(let event): objects[event.object] = nil
        default: break
        }
    }

    /// Whether the index says of an object what the ledger says.
    func agree(with row: RetentionRow) -> Bool {
        guard let object = objects[row.object], let verification = verifications[object.verification],
            object.verification == UInt64(row.verification)
        else { return false }
        func same(_ a: Date, _ b: Date) -> Bool { abs(a.timeIntervalSince(b)) < 0.001 }
        let facts = row.facts
        let from = verification.captured.from ?? object.archived
        return facts.media == object.media && facts.resultCode == verification.result
            && facts.jurisdictions.sorted() == jurisdictions.sorted() && facts.purpose == purpose
            && same(facts.archived, object.archived) && same(facts.captured.lowerBound, from)
            && same(facts.captured.upperBound, max(from, verification.captured.until ?? object.archived))
            && facts.events.count == events.count
            && zip(facts.events, events).allSatisfy { $0.entry == $1.entry && $0.name == $1.name && sameEffect($0, $1) }
    }

    private func sameEffect(_ a: EventRecord, _ b: EventRecord) -> Bool {
        switch (a.effect, b.effect) {
        case (.happened(let a), .happened(let b)): abs(a.timeIntervalSince(b)) < 0.001
        case (.corrects(let x, let a), .corrects(let y, let b)): x == y && abs(a.timeIntervalSince(b)) < 0.001
        case (.withdraws(let x), .withdraws(let y)): x == y
        default: false
        }
    }
}

extension EventRecord {
    init(_ event: Event.CaseEventRecorded, entry: UInt64) {
        let at = event.at ?? .distantPast
        self.init(
            entry: entry, name: event.event,
            effect: event.withdraws.map { .withdraws($0) } ?? event.corrects.map { .corrects($0, at) } ?? .happened(at))
    }
}
