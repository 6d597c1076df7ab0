internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Vault

/// What the index must hold when the ledger is right: built from the entries alone, one after the other.
struct LedgerReplay {
    struct Case {
        var jurisdictions: [String]
        var purpose: String?
        var hasSubject: Bool
        var hasConsent: Bool
        var age: String?
        let registeredAt: Date
        var verifications: [Int: Verification] = [:]
        var events: [EventRecord] = []
    }

    struct Verification {
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
        var outcome: Outcome?
        var endedAt: Date?
        /// How many objects were announced.
        var announced = 0
        var objects: [ObjectUID: Object] = [:]
        var destroyed = 0
    }

    struct Object: Equatable {
        let media: String
        let mediaType: String
        let length: UInt64
        let address: BlobAddress
        let archivedAt: Date
    }

    private(set) var archive: ArchiveUID?
    private(set) var cases: [CaseUID: Case] = [:]
    private(set) var actors: [ActorUID: ActorStamp.Source] = [:]
    /// Origins after the first.
    private(set) var origins: [(origin: String, firstEntry: UInt64)] = []
    /// Accesses that were opened and not closed.
    private(set) var openAccesses: Set<UInt64> = []
    /// Policies and terms by name and version, with the SHA-256 of their files.
    private(set) var policies: [String: [Int: String]] = [:]
    private(set) var rules = RecordedRules()
    /// Of destroyed objects, whose blobs were not said to be removed.
    private(set) var unremoved: [ObjectUID: BlobAddress] = [:]
    private(set) var removed: Set<BlobAddress> = []
    /// By their entries, until when they are remembered.
    private(set) var destroyedCases: [UInt64: Date] = [:]
    /// The newest time since the clock was last accepted.
    private(set) var newestTime = Date.distantPast
    /// Tags whose time was over then are gone, whatever time it is now.
    private(set) var forgottenUpTo = Date.distantPast
    /// What is held, and who may do what.
    private(set) var holds = HoldBook()
    private(set) var authority = Authority()
    /// What is known of the objects of each case, as destruction asks it; only where anything was ever held.
    private(set) var facts: [CaseUID: LedgerFacts] = [:]
    private var ownContradictions: [String] = []
    /// What contradicts itself: sentences.
    var contradictions: [String] { ownContradictions + holds.contradictions + authority.contradictions }

    /// Comes after the last entry.
    mutating func finish() { holds.prepare() }

    mutating func apply(_ entry: Entry, number: UInt64) {
        func contradict(_ what: String) { ownContradictions.append("entry \(number): \(what)") }
        holds.apply(entry, number: number)
        authority.apply(entry, number: number)
        if let uid = entry.event.caseUID, LedgerFacts.kinds.contains(entry.event.kind.rawValue) {
            facts[uid, default: LedgerFacts(uid)].apply(entry, number: number)
        }
        if (number == 0) != (entry.event.kind == .archiveCreated) {
            contradict("an archive is created by entry 0, and by no other")
        }
        if entry.event.kind != .archiveCreated, entry.event.kind != .actorIntroduced,
            actors[entry.actor.uid] != entry.actor.known
        {
            contradict("its actor was never introduced")
        }
        if entry.event.kind.countsForNewestTime { newestTime = max(newestTime, entry.time) }
        switch entry.event {
        case .archiveCreated(let event):
            archive = event.archive
            origins.append((event.origin, number))
        case .forkAccepted(let event): origins.append((event.origin, number))
        case .actorIntroduced:
            if actors.updateValue(entry.actor.known, forKey: entry.actor.uid) != nil {
                contradict("its actor was introduced before")
            }
        case .caseRegistered(let event):
            let new = Case(
                jurisdictions: event.jurisdictions, purpose: event.purpose, hasSubject: event.subject != nil,
                hasConsent: event.consent != nil, age: event.age, registeredAt: entry.time)
            if cases.updateValue(new, forKey: event.caseUID) != nil { contradict("the case was registered before") }
        case .caseCompleted(let event):
            guard cases[event.caseUID] != nil else { return contradict("the case is not registered") }
            if let jurisdictions = event.jurisdictions { cases[event.caseUID]!.jurisdictions = jurisdictions }
            if let purpose = event.purpose { cases[event.caseUID]!.purpose = purpose }
            if event.subject != nil { cases[event.caseUID]!.hasSubject = true }
            if event.consent != nil { cases[event.caseUID]!.hasConsent = true }
            if let age = event.age { cases[event.caseUID]!.age = age }
        case .verificationRegistered(let event):
            let new = Verification(
                origin: event.origin == .pull ? .pull : .import, vendor: event.vendor, api: event.api,
                region: event.region, registeredAt: entry.time,
                tokenIssuedAt: event.tokenIssuedAt, tokenIssueIsAssumed: event.tokenIssueAssumed,
                capturedFrom: event.capturedAt, capturedUntil: event.capturedAt)
            let number = Int(event.verification)
            guard let known = cases[event.caseUID], known.verifications[number] == nil else {
                return contradict("the case is not registered, or has this verification already")
            }
            cases[event.caseUID]!.verifications[number] = new
        case .verificationCompleted(let event):
            change(event.caseUID, event.verification, number) { verification in
                if let time = event.tokenIssuedAt {
                    verification.tokenIssuedAt = time
                    verification.tokenIssueIsAssumed = false
                }
                if let time = event.capturedAt {
                    verification.capturedFrom = time
                    verification.capturedUntil = time
                }
                return nil
            }
        case .vendorAsked(let event):
            change(event.caseUID, event.verification, number) { verification in
                verification.wasAsked = true
                return nil
            }
        case .verificationEnded(let event):
            change(event.caseUID, event.verification, number) { verification in
                guard verification.state == .awaiting else { return "the verification ended before" }
                verification.state = VerificationRecord.State(rawValue: event.state.rawValue)!
                verification.outcome = event.outcome
                verification.capturedFrom = event.capturedFrom
                verification.capturedUntil = event.capturedUntil
                verification.endedAt = entry.time
                verification.announced = Int(event.objects)
                return nil
            }
        case .objectArchived(let event):
            let object = Object(
                media: event.media, mediaType: event.mediaType, length: event.length, address: event.address,
                archivedAt: entry.time)
            change(event.caseUID, event.verification, number) { verification in
                verification.objects.updateValue(object, forKey: event.object) == nil
                    ? nil : "the object was archived before"
            }
        case .accessOpened(let event):
            openAccesses.insert(number)
            let known = cases[event.caseUID]?.verifications.values.flatMap(\.objects.keys) ?? []
            if !Set(event.objects).isSubset(of: known) { contradict("an access to an object that was never archived") }
        case .accessClosed(let event):
            if openAccesses.remove(event.access) == nil { contradict("it closes an access that is not open") }
        case .policyActivated(let event):
            let known = policies[event.policy, default: [:]].updateValue(event.file, forKey: Int(event.version))
            if let known, known != event.file { contradict("the policy was activated before with other contents") }
            advance(entry.event, to: event.set, number)
        case .policyRetired(let event): advance(entry.event, to: event.set, number)
        case .conflictResolved(let event): advance(entry.event, to: event.set, number)
        case .caseEventRecorded(let event):
            guard cases[event.caseUID] != nil else { return contradict("the case is not registered") }
            cases[event.caseUID]!.events.append(EventRecord(event, entry: number))
        case .objectDestroyed(let event):
            change(event.caseUID, event.verification, number) { verification in
                guard let object = verification.objects.removeValue(forKey: event.object) else {
                    return "the object was never archived, or destroyed before"
                }
                verification.destroyed += 1
                return object.address == event.address && object.length == event.length && object.media == event.media
                    ? nil : "the object was archived as another"
            }
            unremoved[event.object] = event.address
        case .caseDestroyed(let event):
            guard let gone = cases.removeValue(forKey: event.caseUID) else {
                return contradict("the case is not registered")
            }
            if gone.verifications.values.contains(where: { $0.state == .awaiting || !$0.objects.isEmpty }) {
                contradict("something of the case was left")
            }
            facts[event.caseUID] = nil
            destroyedCases[number] = event.rememberedUntil
        case .blobsRemoved(let event):
            for object in event.objects {
                guard let address = unremoved.removeValue(forKey: object) else {
                    contradict("it removed the blob of an object that was not destroyed")
                    continue
                }
                removed.insert(address)
            }
        case .clockAccepted: newestTime = entry.time
        case .tagsForgotten: forgottenUpTo = max(forgottenUpTo, entry.time)
        case .publicationRepaired, .configurationChanged, .attemptFailed, .openingsRefused, .archiveVerified,
            .integrityFound, .purgeStarted, .purgeFinished, .indexCompacted, .clockDoubted, .holdPlaced,
            .holdCovers, .holdExpects, .holdNarrowed, .holdReleased, .holdEnded, .holdAcknowledged, .tokenCreated,
            .tokenRevoked, .requestMade, .voteCast, .requestClosed, .twoPersonsEnded, .backstopApproved:
            break
        }
    }

    private mutating func advance(_ event: Event, to set: UInt64, _ entry: UInt64) {
        if set != UInt64(rules.set + 1) {
            ownContradictions.append("entry \(entry): sets of policies are numbered without a gap")
        }
        rules.apply(event, entry: entry)
    }

    private mutating func change(
        _ caseUID: CaseUID, _ verification: UInt64, _ number: UInt64, _ body: (inout Verification) -> String?
    ) {
        guard var changed = cases[caseUID]?.verifications[Int(verification)] else {
            ownContradictions.append("entry \(number): the verification is not registered")
            return
        }
        if let contradiction = body(&changed) { ownContradictions.append("entry \(number): \(contradiction)") }
        cases[caseUID]!.verifications[Int(verification)] = changed
    }

    /// Takes a case away that the index has, and says what differs.
    mutating func match(
        _ record: CaseRecord, hasSubject: Bool, hasConsent: Bool, events: [EventRecord],
        _ verifications: [(record: VerificationRecord, objects: [ObjectRecord])]
    ) -> [String] {
        let name = "case \(record.uid)"
        guard var expected = cases.removeValue(forKey: record.uid) else { return ["\(name) is not on the ledger"] }
        var differences: [String] = []
        func compare<Value: Equatable>(_ a: Value, _ b: Value, _ what: String) {
            if a != b { differences.append("\(what) is not what the ledger says") }
        }
        compare(record.jurisdictions, expected.jurisdictions, "\(name): jurisdiction")
        compare(record.purpose, expected.purpose, "\(name): purpose")
        compare(hasSubject, expected.hasSubject, "\(name): subject")
        compare(hasConsent, expected.hasConsent, "\(name): consent")
        // An index of an earlier version does not say so of each.
        compare(record.hasConsent && !expected.hasConsent, false, "\(name): whether there is a consent")
        compare(record.age, expected.age, "\(name): age")
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
            compare(record.origin, expected.origin, "\(name): origin")
            compare(record.vendor, expected.vendor, "\(name): vendor")
            compare(record.api, expected.api, "\(name): API")
            compare(record.region, expected.region, "\(name): region")
            compare(record.state, expected.state, "\(name): state")
            compare(record.outcome, expected.outcome, "\(name): outcome")
            compare(record.lastAskedAt != nil, expected.wasAsked, "\(name): whether the vendor was asked")
            compare(
                record.tokenIssueIsAssumed, expected.tokenIssueIsAssumed,
                "\(name): whether the token's issue is assumed")
            compare(objects.count, expected.announced - expected.destroyed, "\(name): number of objects")
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
                guard let expected = expected.objects.removeValue(forKey: object.uid) else {
                    differences.append("\(name) (object \(object.uid)) is not on the ledger")
                    continue
                }
                compare(object.kind.name, expected.media, "\(name): kind")
                compare(object.mediaType, expected.mediaType, "\(name): media type")
                compare(object.length, expected.length, "\(name): length")
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
