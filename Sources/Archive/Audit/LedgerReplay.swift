internal import Base
internal import Foundation
internal import Ledger
internal import Vault

/// What the index must hold beside its cases when the ledger is right: built from the entries alone, one after the
/// other. Memory grows with what is held, destroyed and allowed, and by 16 bytes with each case.
struct LedgerReplay {
    private(set) var archive: ArchiveUID?
    private(set) var createdAt: Date?
    /// Every case that an entry names; what it says of them is replayed case by case (``CaseReplay``).
    private(set) var cases: Set<CaseUID> = []
    private(set) var actors: [ActorUID: ActorStamp.Source] = [:]
    /// Origins after the first.
    private(set) var origins: [(origin: String, firstEntry: UInt64)] = []
    /// Accesses that were opened and not closed.
    private(set) var openAccesses: Set<UInt64> = []
    /// Policies and terms by name and version, with the SHA-256 of their files and the entry that activated them first.
    private(set) var policies: [String: [Int: (file: String, entry: UInt64)]] = [:]
    /// Names and versions of the policies of each set that has some.
    private(set) var setMembers: [Int: [String: Int]] = [:]
    private(set) var rules = RecordedRules()
    /// By their entries, until when they are remembered.
    private(set) var destroyedCases: [UInt64: Date] = [:]
    /// The newest time since the clock was last accepted.
    private(set) var newestTime: Date?
    /// How far the archive's own strands have come.
    private(set) var own = Dictionary(
        uniqueKeysWithValues: Strand.own.map { ($0, StrandEnd($0, place: 0, number: 0)) })
    /// Archived and not destroyed; registered and not destroyed; registered and not ended.
    private(set) var (objects, liveCases, waiting) = (0, 0, 0)
    /// Tags whose time was over then are gone, whatever time it is now.
    private(set) var forgottenUpTo = Date.distantPast
    /// What is held, and who may do what.
    private(set) var holds = HoldBook()
    private(set) var authority = Authority()
    private var ownContradictions: [String] = []
    /// What contradicts itself: sentences.
    var contradictions: [String] { ownContradictions + holds.contradictions + authority.contradictions }

    /// Comes after the last entry.
    mutating func finish() { holds.prepare() }

    mutating func apply(_ entry: Entry, number: UInt64) {
        func contradict(_ what: String) { ownContradictions.append("entry \(number): \(what)") }
        holds.apply(entry, number: number)
        authority.apply(entry, number: number)
        if let uid = entry.strand.caseUID {
            cases.insert(uid)
        } else if let end = own[entry.strand] {
            if entry.place != end.next { contradict("its place in the strand \(entry.strand.name) is another") }
            own[entry.strand] = StrandEnd(entry.strand, place: entry.place.place, number: number)
        }
        if (number == 0) != (entry.event.kind == .archiveCreated) {
            contradict("an archive is created by entry 0, and by no other")
        }
        if entry.event.kind != .archiveCreated, entry.event.kind != .actorIntroduced,
            actors[entry.actor.uid] != entry.actor.known
        {
            contradict("its actor was never introduced")
        }
        if entry.event.kind.countsForNewestTime {
            newestTime = newestTime.map { max($0, entry.time) } ?? entry.time
        }
        switch entry.event {
        case .archiveCreated(let event):
            archive = event.archive
            createdAt = entry.time
            origins.append((event.origin, number))
        case .forkAccepted(let event): origins.append((event.origin, number))
        case .actorIntroduced:
            if actors.updateValue(entry.actor.known, forKey: entry.actor.uid) != nil {
                contradict("its actor was introduced before")
            }
        case .accessOpened: openAccesses.insert(number)
        case .caseRegistered: liveCases += 1
        case .verificationRegistered: waiting += 1
        case .verificationEnded: waiting -= 1
        case .objectArchived: objects += 1
        case .objectDestroyed: objects -= 1
        case .caseDestroyed(let event):
            destroyedCases[number] = event.rememberedUntil
            liveCases -= 1
        case .accessClosed(let event):
            if openAccesses.remove(event.access) == nil { contradict("it closes an access that is not open") }
        case .policyActivated(let event):
            if let known = policies[event.policy]?[Int(event.version)] {
                if known.file != event.file { contradict("the policy was activated before with other contents") }
            } else {
                policies[event.policy, default: [:]][Int(event.version)] = (event.file, number)
            }
            advance(entry.event, to: event.set, number)
        case .policyRetired(let event): advance(entry.event, to: event.set, number)
        case .conflictResolved(let event): advance(entry.event, to: event.set, number)
        case .clockAccepted: newestTime = entry.time
        case .tagsForgotten: forgottenUpTo = max(forgottenUpTo, entry.time)
        case .publicationRepaired, .configurationChanged, .attemptFailed, .openingsRefused, .archiveVerified,
            .integrityFound, .purgeStarted, .purgeFinished, .indexCompacted, .strands, .clockDoubted, .holdPlaced,
            .holdCovers, .holdExpects, .holdNarrowed, .holdReleased, .holdEnded, .holdAcknowledged, .tokenCreated,
            .tokenRevoked, .requestMade, .voteCast, .requestClosed, .twoPersonsEnded, .backstopApproved, .dueConfirmed,
            .caseCompleted, .verificationCompleted, .verificationReopened, .caseCorrected, .vendorAsked, .vendorRefused,
            .caseEventRecorded, .blobsRemoved:
            break
        }
    }

    private mutating func advance(_ event: Event, to set: UInt64, _ entry: UInt64) {
        if set != UInt64(rules.set + 1) {
            ownContradictions.append("entry \(entry): sets of policies are numbered without a gap")
        }
        rules.apply(event, entry: entry)
        if !rules.active.isEmpty { setMembers[rules.set] = rules.active.mapValues(\.version) }
    }
}
