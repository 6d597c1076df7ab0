package import Base
package import Catalog
internal import Foundation
package import Ledger
package import Retention
internal import Sealing

/// What the ledger alone says of the objects of a case: what the index says of them must be the same before
/// anything is destroyed by it.
package struct LedgerFacts {
    private struct Verification {
        /// What the entry commits to; nil where that cannot be opened.
        var exact: Exact?
        /// The days, from the beginning of the first to the end of the last.
        var days: (from: Date?, until: Date?)

        var outcome: Outcome? { exact?.outcome }
        /// Of a case that is gone, the days are what is known.
        var captured: (from: Date?, until: Date?) { exact.map { ($0.capturedFrom, $0.capturedUntil) } ?? days }
    }

    private struct Object {
        let media: String
        let verification: UInt64
        let archived: Date
        let entry: UInt64
        let address: BlobAddress
        /// Exactly; nil where what says so cannot be opened.
        let length: UInt64?
        /// A person alone says when it was captured.
        let isTyped: Bool
        /// And nobody has said that this is right.
        var isUnconfirmed: Bool
    }

    /// What was known of the case, and until which entry.
    private struct Particulars {
        var jurisdictions: [String] = []
        var purpose: String?
        var until: UInt64?
    }

    package let caseUID: CaseUID
    /// In their order; the last is what is known now.
    private var particulars = [Particulars()]
    package private(set) var events: [EventRecord] = []
    private var verifications: [UInt64: Verification] = [:]
    private var objects: [ObjectUID: Object] = [:]
    private var backstops: [ObjectUID: (at: Date, request: UInt64?)] = [:]

    package static let kinds: Set<String> = Set(
        [
            Event.Kind.caseRegistered, .caseCompleted, .caseEventRecorded, .verificationCompleted,
            .verificationEnded, .objectArchived, .objectDestroyed, .backstopApproved, .dueConfirmed,
            .verificationReopened,
            .caseCorrected,
        ].map(\.rawValue))

    package init(_ uid: CaseUID) { caseUID = uid }

    /// By the whole strand of the case, proved, and what it commits to; or what stands in it before an entry.
    package init(
        of uid: CaseUID, in index: IndexReader, _ roots: LedgerRoots, by recorder: Recorder, before end: UInt64 = .max
    ) throws {
        self.init(uid)
        let entries = try provedEntries(of: .ofCase(uid), in: index, roots)
        for (number, entry) in try recorder.opened(entries, of: uid, in: index) where number < end {
            apply(entry, number: number)
        }
    }

    package mutating func apply(_ entry: Entry, number: UInt64) {
        switch entry.event {
        case .caseRegistered(let event):
            particulars = [Particulars(jurisdictions: event.jurisdictions, purpose: event.purpose)]
        case .caseCompleted(let event):
            change(number, jurisdictions: event.jurisdictions, purpose: event.purpose)
        case .caseCorrected(let event):
            change(number, jurisdictions: event.jurisdictions, purpose: nil)
            guard let verification = event.verification, let from = event.capturedFrom, let until = event.capturedUntil
            else { break }
            verifications[verification]?.days = (from.start(), until.end().addingTimeInterval(-0.001))
            // Another time that a person gives: whoever let the one before pass said nothing of it.
            for (uid, object) in objects where object.verification == verification && object.isTyped {
                objects[uid]?.isUnconfirmed = true
            }
            if let opened = event.opened {
                verifications[verification]?.exact?.capturedFrom = opened.capturedFrom
                verifications[verification]?.exact?.capturedUntil = opened.capturedUntil
            } else {
                // What cannot be opened is not known any more.
                verifications[verification]?.exact = nil
            }
        case .verificationReopened(let event): verifications[event.verification]?.exact?.token = nil
        case .caseEventRecorded(let event): events.append(EventRecord(event, entry: number))
        case .verificationEnded(let event):
            verifications[event.verification] = Verification(
                exact: event.opened,
                days: (event.capturedFrom?.start(), event.capturedUntil?.end().addingTimeInterval(-0.001)))
        case .verificationCompleted(let event):
            // A token that became known after the answer was there.
            if let token = event.opened?.token { verifications[event.verification]?.exact?.token = token }
        case .objectArchived(let event):
            objects[event.object] = Object(
                media: event.media, verification: event.verification, archived: entry.time, entry: number,
                address: event.address,
                length: verifications[event.verification]?.exact?.lengths?.first { $0.object == event.object }?.length,
                isTyped: event.times != nil, isUnconfirmed: event.times == .unconfirmed)
        case .objectDestroyed(let event): objects[event.object] = nil
        case .dueConfirmed(let event):
            for object in event.objects { objects[object]?.isUnconfirmed = false }
        case .backstopApproved(let event):
            for object in event.objects where backstops[object] == nil {
                backstops[object] = (entry.time, event.request)
            }
        default: break
        }
    }

    private mutating func change(_ number: UInt64, jurisdictions: [String]?, purpose: String?) {
        guard jurisdictions != nil || purpose != nil else { return }
        var next = particulars[particulars.count - 1]
        particulars[particulars.count - 1].until = number
        next.jurisdictions = jurisdictions ?? next.jurisdictions
        next.purpose = purpose ?? next.purpose
        particulars.append(next)
    }

    /// Whether the index says of an object what the ledger says.
    ///
    /// - Parameter isAllowed: whether a request allowed that objects go after their backstop.
    package func agree(with row: RetentionRow, isAllowed: (UInt64?) -> Bool = { _ in true }) -> Bool {
        guard let object = objects[row.object], let verification = verifications[object.verification],
            object.verification == UInt64(exactly: row.verification), object.address == row.address,
            verification.exact != nil, object.length == row.length, let known = particulars.last
        else { return false }
        func same(_ a: Date, _ b: Date) -> Bool { abs(a.timeIntervalSince(b)) < 0.0005 }
        let facts = row.facts
        let from = verification.captured.from ?? object.archived
        if let approved = facts.backstopApproved {
            guard let recorded = backstops[row.object], same(recorded.at, approved), isAllowed(recorded.request) else {
                return false
            }
        }
        return facts.media == object.media && facts.outcome == verification.outcome
            && facts.jurisdictions.sorted() == known.jurisdictions.sorted() && facts.purpose == known.purpose
            && same(facts.archived, object.archived) && same(facts.captured.lowerBound, from)
            && same(facts.captured.upperBound, max(from, verification.captured.until ?? object.archived))
            && facts.isUnconfirmed == object.isUnconfirmed && facts.events == events
    }

    /// Objects that were archived and not destroyed.
    package var liveObjects: [ObjectUID] { objects.keys.sorted { $0.hex < $1.hex } }

    /// What the token and the answer of a verification are recognised by; nil where it cannot be known.
    package func recognised(_ verification: UInt64) -> (token: Exact.Recognised?, answer: Exact.Recognised?)? {
        verifications[verification]?.exact.map { ($0.token, $0.answer) }
    }

    /// What holds ask of an object; nil where it was never archived, or is destroyed.
    package func history(of uid: ObjectUID) -> HoldBook.History? {
        guard let object = objects[uid] else { return nil }
        let verification = verifications[object.verification]
        return HoldBook.History(
            object: uid, caseUID: caseUID, entry: object.entry,
            versions: particulars.filter { $0.until.map { $0 > object.entry } ?? true }.map { known in
                HoldBook.History.Version(
                    facts: HoldClause.Facts(
                        media: object.media, jurisdictions: known.jurisdictions, purpose: known.purpose,
                        outcome: verification?.outcome, capturedFrom: verification?.captured.from,
                        capturedUntil: verification?.captured.until, archived: object.archived), until: known.until)
            })
    }
}

extension EventRecord {
    package init(_ event: Event.CaseEventRecorded, entry: UInt64) {
        let at = event.at ?? .time(.distantPast)
        self.init(
            entry: entry, name: event.event,
            effect: event.withdraws.map { .withdraws($0) } ?? event.corrects.map { .corrects($0, at) } ?? .happened(at))
    }
}
