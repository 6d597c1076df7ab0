package import Base
package import Catalog
package import Foundation
package import Ledger
package import Retention

/// What the index must hold of one case when the ledger is right: built from its entries alone, in their order.
package struct CaseReplay {
    package struct Case {
        var jurisdictions: [String]
        var purpose: String?
        var hasSubject: Bool
        var hasConsent: Bool
        var age: String?
        /// All that was committed to could be opened.
        var isOpen: Bool
        let registeredAt: Date
        var verifications: [Int: Verification] = [:]
        var events: [EventRecord] = []
    }

    package struct Verification {
        let uid: VerificationUID
        let origin: VerificationRecord.Origin
        let vendor: String
        let api: String
        let region: String?
        let registeredAt: Date
        var state = VerificationRecord.State.awaiting
        var tokenIssuedAt: Date?
        var tokenIssueIsAssumed: Bool
        var capturedFrom: Date?
        var capturedUntil: Date?
        var wasAsked = false
        /// What the vendor said last of why there is no result, and when it said so first.
        var refusal: (problem: String, at: Date)?
        var outcome: Outcome?
        var endedAt: Date?
        /// How many objects were announced.
        var announced = 0
        var objects: [ObjectUID: Object] = [:]
        var destroyed = 0
        /// Of the objects, exactly.
        var lengths: [ObjectUID: UInt64] = [:]
        /// It goes on as another one.
        var goesOn = false
        /// What token and answer are recognised by.
        var token: Exact.Recognised?
        var answer: Exact.Recognised?
        /// All that was committed to could be opened.
        var isOpen: Bool
    }

    package struct Object: Equatable {
        let media: String
        let mediaType: String
        /// Rounded up to a power of two.
        let length: UInt64
        let address: BlobAddress
        let archivedAt: Date
    }

    /// Nil before it is registered, and once it is destroyed.
    package private(set) var known: Case?
    package private(set) var isDestroyed = false
    /// What is known of its objects, as destruction asks it.
    package private(set) var facts: LedgerFacts
    /// Of destroyed objects, whose blobs were not said to be removed.
    package private(set) var unremoved: [ObjectUID: BlobAddress] = [:]
    package private(set) var removed: Set<BlobAddress> = []
    /// What contradicts itself: sentences.
    package private(set) var contradictions: [String] = []

    package init(_ uid: CaseUID) { facts = LedgerFacts(uid) }

    package mutating func apply(_ entry: Entry, number: UInt64) {
        func contradict(_ what: String) { contradictions.append("entry \(number): \(what)") }
        if LedgerFacts.kinds.contains(entry.event.kind.rawValue) { facts.apply(entry, number: number) }
        switch entry.event {
        case .caseRegistered(let event):
            let new = Case(
                jurisdictions: event.jurisdictions, purpose: event.purpose, hasSubject: event.subject != nil,
                hasConsent: event.consent != nil, age: event.openedAge,
                isOpen: event.age == nil || event.openedAge != nil, registeredAt: entry.time)
            if known != nil || isDestroyed { contradict("the case was registered before") }
            known = new
        case .caseCompleted(let event):
            guard known != nil else { return contradict("the case is not registered") }
            if let jurisdictions = event.jurisdictions { known!.jurisdictions = jurisdictions }
            if let purpose = event.purpose { known!.purpose = purpose }
            if event.subject != nil { known!.hasSubject = true }
            if event.consent != nil { known!.hasConsent = true }
            if event.age != nil {
                known!.age = event.openedAge
                known!.isOpen = event.openedAge != nil
            }
        case .verificationRegistered(let event):
            let new = Verification(
                uid: event.uid, origin: event.origin == .pull ? .pull : .import, vendor: event.vendor, api: event.api,
                region: event.region, registeredAt: entry.time,
                tokenIssuedAt: event.opened?.tokenIssuedAt, tokenIssueIsAssumed: event.tokenIssueAssumed,
                capturedFrom: event.opened?.capturedFrom, capturedUntil: event.opened?.capturedUntil,
                token: event.opened?.token, answer: nil, isOpen: event.exact == nil || event.opened != nil)
            let number = Int(event.verification)
            guard known != nil, known!.verifications[number] == nil else {
                return contradict("the case is not registered, or has this verification already")
            }
            known!.verifications[number] = new
        case .verificationCompleted(let event):
            change(event.verification, number) { verification in
                if event.tokenIssued != nil {
                    verification.tokenIssuedAt = event.opened?.tokenIssuedAt
                    verification.tokenIssueIsAssumed = false
                }
                if event.captured != nil {
                    verification.capturedFrom = event.opened?.capturedFrom
                    verification.capturedUntil = event.opened?.capturedUntil
                }
                if event.tokenAdded == true { verification.token = event.opened?.token }
                verification.isOpen = verification.isOpen && (event.exact == nil || event.opened != nil)
                return nil
            }
        case .vendorAsked(let event):
            change(event.verification, number) { verification in
                verification.wasAsked = true
                return nil
            }
        case .vendorRefused(let event):
            change(event.verification, number) { verification in
                verification.refusal = (event.problem, entry.time)
                return verification.state == .awaiting ? nil : "the verification ended before"
            }
        case .verificationEnded(let event):
            change(event.verification, number) { verification in
                guard verification.state == .awaiting else { return "the verification ended before" }
                verification.state = VerificationRecord.State(rawValue: event.state.rawValue)!
                verification.outcome = event.outcome
                verification.capturedFrom = event.opened?.capturedFrom
                verification.capturedUntil = event.opened?.capturedUntil
                verification.token = event.opened?.token
                verification.answer = event.opened?.answer
                verification.lengths = (event.opened?.lengths ?? []).reduce(into: [:]) { $0[$1.object] = $1.length }
                verification.isOpen = verification.isOpen && event.opened != nil
                verification.endedAt = entry.time
                verification.announced = Int(event.objects)
                return nil
            }
        case .verificationReopened(let event):
            guard let other = known?.verifications[Int(event.as)], other.state == .awaiting else {
                return contradict("the verification that it goes on as does not wait")
            }
            change(event.verification, number) { verification in
                guard verification.state.mayGoOn else { return "the verification is not one that goes on as another" }
                guard verification.token == other.token else { return "it goes on with another token" }
                verification.token = nil
                verification.goesOn = true
                return nil
            }
        case .caseCorrected(let event):
            guard known != nil else { return contradict("the case is not registered") }
            if let jurisdictions = event.jurisdictions { known!.jurisdictions = jurisdictions }
            guard let verification = event.verification else { break }
            change(verification, number) { verification in
                if event.tokenIssued != nil {
                    verification.tokenIssuedAt = event.opened?.tokenIssuedAt
                    verification.tokenIssueIsAssumed = false
                }
                if event.capturedFrom != nil {
                    verification.capturedFrom = event.opened?.capturedFrom
                    verification.capturedUntil = event.opened?.capturedUntil
                }
                verification.isOpen = verification.isOpen && event.opened != nil
                return nil
            }
        case .objectArchived(let event):
            let object = Object(
                media: event.media, mediaType: event.mediaType, length: event.length, address: event.address,
                archivedAt: entry.time)
            change(event.verification, number) { verification in
                verification.objects.updateValue(object, forKey: event.object) == nil
                    ? nil : "the object was archived before"
            }
        case .caseEventRecorded(let event):
            guard known != nil else { return contradict("the case is not registered") }
            if let earlier = event.corrects ?? event.withdraws,
                !EventRecord.standing(event.event, in: known!.events).contains(where: { $0.entry == earlier })
            {
                contradict("it changes entry \(earlier), which records no \(event.event) that stands")
            }
            known!.events.append(EventRecord(event, entry: number))
        case .dueConfirmed: if known == nil { contradict("the case is not registered") }
        case .objectDestroyed(let event):
            change(event.verification, number) { verification in
                guard let object = verification.objects.removeValue(forKey: event.object) else {
                    return "the object was never archived, or destroyed before"
                }
                verification.destroyed += 1
                return object.address == event.address && object.length == event.length && object.media == event.media
                    ? nil : "the object was archived as another"
            }
            unremoved[event.object] = event.address
        case .caseDestroyed:
            guard let gone = known else { return contradict("the case is not registered") }
            if gone.verifications.values.contains(where: { $0.state == .awaiting || !$0.objects.isEmpty }) {
                contradict("something of the case was left")
            }
            (known, isDestroyed) = (nil, true)
        case .blobsRemoved(let event):
            for object in event.objects {
                guard let address = unremoved.removeValue(forKey: object) else {
                    contradict("it removed the blob of an object that was not destroyed")
                    continue
                }
                removed.insert(address)
            }
        case .accessOpened(let event):
            let known = self.known?.verifications.values.flatMap(\.objects.keys) ?? []
            if !Set(event.objects).isSubset(of: known) { contradict("an access to an object that was never archived") }
        default: break
        }
    }

    /// What the vendor said last of why there is no result of a verification, and when it said so first.
    package func refusal(of verification: Int) -> (problem: String, at: Date)? {
        known?.verifications[verification]?.refusal
    }

    private mutating func change(
        _ verification: UInt64, _ number: UInt64, _ body: (inout Verification) -> String?
    ) {
        guard var changed = known?.verifications[Int(verification)] else {
            contradictions.append("entry \(number): the verification is not registered")
            return
        }
        if let contradiction = body(&changed) { contradictions.append("entry \(number): \(contradiction)") }
        known!.verifications[Int(verification)] = changed
    }

    /// What differs in the index.
    package func match(
        _ record: CaseRecord, hasSubject: Bool, hasConsent: Bool, events: [EventRecord],
        _ verifications: [(record: VerificationRecord, objects: [ObjectRecord])]
    ) -> [String] {
        let name = "case \(record.uid)"
        guard var expected = known else { return ["\(name) is not on the ledger"] }
        var differences: [String] = []
        func compare<Value: Equatable>(_ a: Value, _ b: Value, _ what: String) {
            if a != b { differences.append("\(what) is not what the ledger says") }
        }
        compare(record.jurisdictions, expected.jurisdictions, "\(name): jurisdiction")
        compare(record.purpose, expected.purpose, "\(name): purpose")
        compare(hasSubject, expected.hasSubject, "\(name): subject")
        compare(hasConsent, expected.hasConsent, "\(name): consent")
        compare(record.hasConsent, expected.hasConsent, "\(name): whether there is a consent")
        compare(record.age, expected.age, "\(name): age")
        compare(expected.isOpen, true, "\(name): what opens its entries")
        compare(events, expected.events, "\(name): what happened to it")
        compare(
            record.registeredAt.ledgerMilliseconds, expected.registeredAt.ledgerMilliseconds,
            "\(name): time of registration")
        for (record, objects) in verifications {
            let name = "\(name), verification \(record.number)"
            guard var expected = expected.verifications.removeValue(forKey: record.number) else {
                differences.append("\(name) is not on the ledger")
                continue
            }
            compare(record.uid, expected.uid, "\(name): UID")
            compare(expected.isOpen, true, "\(name): what opens its entries")
            compare(Exact.Recognised(record.tokenTag), expected.token, "\(name): what its token is recognised by")
            compare(Exact.Recognised(record.answerTag), expected.answer, "\(name): what its answer is recognised by")
            compare(record.origin, expected.origin, "\(name): origin")
            compare(record.vendor, expected.vendor, "\(name): vendor")
            compare(record.api, expected.api, "\(name): API")
            compare(record.region, expected.region, "\(name): region")
            compare(record.state, expected.state, "\(name): state")
            compare(record.outcome, expected.outcome, "\(name): outcome")
            compare(record.goesOn, expected.goesOn, "\(name): whether it goes on as another")
            compare(record.lastAskedAt != nil, expected.wasAsked, "\(name): whether the vendor was asked")
            compare(
                record.tokenIssueIsAssumed, expected.tokenIssueIsAssumed,
                "\(name): whether the token's issue is assumed")
            compare(objects.count, expected.announced - expected.destroyed, "\(name): number of objects")
            // It goes with the last object.
            compare(
                record.sealedDetails != nil, expected.announced > expected.destroyed, "\(name): what the answer said")
            for (time, other, what) in [
                (record.registeredAt, expected.registeredAt, "registration"),
                (record.tokenIssuedAt, expected.tokenIssuedAt, "the token's issue"),
                (record.capturedFrom, expected.capturedFrom, "capture, its beginning"),
                (record.capturedUntil, expected.capturedUntil, "capture, its end"),
                (record.endedAt, expected.endedAt, "the end"),
            ] as [(Date?, Date?, String)] {
                compare(time?.ledgerMilliseconds, other?.ledgerMilliseconds, "\(name): time of \(what)")
            }
            for object in objects {
                let name = "\(name), \(object.kind.name)"
                let length = expected.lengths[object.uid]
                guard let expected = expected.objects.removeValue(forKey: object.uid) else {
                    differences.append("\(name) (object \(object.uid)) is not on the ledger")
                    continue
                }
                compare(object.kind.name, expected.media, "\(name): kind")
                compare(object.mediaType, expected.mediaType, "\(name): media type")
                compare(object.length, length, "\(name): length")
                compare(Exact.rounded(object.length), expected.length, "\(name): length")
                compare(object.address, expected.address, "\(name): address")
                compare(
                    object.archivedAt.ledgerMilliseconds, expected.archivedAt.ledgerMilliseconds,
                    "\(name): time of archiving")
            }
            for uid in expected.objects.keys {
                differences.append("\(name): object \(uid) is on the ledger and not in the index")
            }
        }
        for number in expected.verifications.keys.sorted() {
            differences.append("\(name), verification \(number) is on the ledger and not in the index")
        }
        return differences
    }
}

extension Date {
    /// Milliseconds since 1970-01-01 UTC, as entries and the index keep them.
    fileprivate var ledgerMilliseconds: Double { (timeIntervalSince1970 * 1000).rounded() }
}
