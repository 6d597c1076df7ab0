public import Base

/// What happened: a closed set of kinds, each with its members. See <doc:Entries>.
public enum Event: Equatable, Sendable {
    case archiveCreated(ArchiveCreated)
    case forkAccepted(ForkAccepted)
    case publicationRepaired(PublicationRepaired)
    case configurationChanged(ConfigurationChanged)
    case actorIntroduced(ActorIntroduced)
    case caseRegistered(CaseRegistered)
    case caseCompleted(CaseCompleted)
    case verificationRegistered(VerificationRegistered)
    case verificationCompleted(VerificationCompleted)
    case vendorAsked(VendorAsked)
    case verificationEnded(VerificationEnded)
    case objectArchived(ObjectArchived)
    case accessOpened(AccessOpened)
    case accessClosed(AccessClosed)
    case attemptFailed(AttemptFailed)
    case openingsRefused(OpeningsRefused)
    case archiveVerified(ArchiveVerified)
    case integrityFound(IntegrityFound)
    case policyActivated(PolicyActivated)
    case policyRetired(PolicyRetired)
    case conflictResolved(ConflictResolved)
    case caseEventRecorded(CaseEventRecorded)
    case purgeStarted(PurgeStarted)
    case objectDestroyed(ObjectDestroyed)
    case caseDestroyed(CaseDestroyed)
    case blobsRemoved(BlobsRemoved)
    case purgeFinished(PurgeFinished)
    case indexCompacted(IndexCompacted)
    case tagsForgotten(TagsForgotten)
    case clockDoubted(ClockDoubted)
    case clockAccepted(ClockAccepted)
    case holdPlaced(HoldPlaced)
    case holdCovers(HoldCovers)
    case holdExpects(HoldExpects)
    case holdNarrowed(HoldNarrowed)
    case holdReleased(HoldReleased)
    case holdEnded(HoldEnded)
    case holdAcknowledged(HoldAcknowledged)
    case tokenCreated(TokenCreated)
    case tokenRevoked(TokenRevoked)
    case requestMade(RequestMade)
    case voteCast(VoteCast)
    case requestClosed(RequestClosed)
    case twoPersonsEnded(TwoPersonsEnded)
    case backstopApproved(BackstopApproved)
    case strands(Strands)

    public enum Kind: String, CaseIterable, Sendable {
        case archiveCreated = "archive created"
        case forkAccepted = "fork accepted"
        case publicationRepaired = "publication repaired"
        case configurationChanged = "configuration changed"
        case actorIntroduced = "actor introduced"
        case caseRegistered = "case registered"
        case caseCompleted = "case completed"
        case verificationRegistered = "verification registered"
        case verificationCompleted = "verification completed"
        case vendorAsked = "vendor asked"
        case verificationEnded = "verification ended"
        case objectArchived = "object archived"
        case accessOpened = "access opened"
        case accessClosed = "access closed"
        case attemptFailed = "attempt failed"
        case openingsRefused = "openings refused"
        case archiveVerified = "archive verified"
        case integrityFound = "integrity finding"
        case policyActivated = "policy activated"
        case policyRetired = "policy retired"
        case conflictResolved = "conflict resolved"
        case caseEventRecorded = "case event recorded"
        case purgeStarted = "purge started"
        case objectDestroyed = "object destroyed"
        case caseDestroyed = "case destroyed"
        case blobsRemoved = "blobs removed"
        case purgeFinished = "purge finished"
        case indexCompacted = "index compacted"
        case tagsForgotten = "tags forgotten"
        case clockDoubted = "clock doubted"
        case clockAccepted = "clock accepted"
        case holdPlaced = "hold placed"
        case holdCovers = "hold covers"
        case holdExpects = "hold expects"
        case holdNarrowed = "hold narrowed"
        case holdReleased = "hold released"
        case holdEnded = "hold ended"
        case holdAcknowledged = "hold acknowledged"
        case tokenCreated = "token created"
        case tokenRevoked = "token revoked"
        case requestMade = "request made"
        case voteCast = "vote cast"
        case requestClosed = "request closed"
        case twoPersonsEnded = "two-person rules ended"
        case backstopApproved = "backstop approved"
        case strands
    }

    public var kind: Kind {
        switch self {
        case .archiveCreated: .archiveCreated
        case .forkAccepted: .forkAccepted
        case .publicationRepaired: .publicationRepaired
        case .configurationChanged: .configurationChanged
        case .actorIntroduced: .actorIntroduced
        case .caseRegistered: .caseRegistered
        case .caseCompleted: .caseCompleted
        case .verificationRegistered: .verificationRegistered
        case .verificationCompleted: .verificationCompleted
        case .vendorAsked: .vendorAsked
        case .verificationEnded: .verificationEnded
        case .objectArchived: .objectArchived
        case .accessOpened: .accessOpened
        case .accessClosed: .accessClosed
        case .attemptFailed: .attemptFailed
        case .openingsRefused: .openingsRefused
        case .archiveVerified: .archiveVerified
        case .integrityFound: .integrityFound
        case .policyActivated: .policyActivated
        case .policyRetired: .policyRetired
        case .conflictResolved: .conflictResolved
        case .caseEventRecorded: .caseEventRecorded
        case .purgeStarted: .purgeStarted
        case .objectDestroyed: .objectDestroyed
        case .caseDestroyed: .caseDestroyed
        case .blobsRemoved: .blobsRemoved
        case .purgeFinished: .purgeFinished
        case .indexCompacted: .indexCompacted
        case .tagsForgotten: .tagsForgotten
        case .clockDoubted: .clockDoubted
        case .clockAccepted: .clockAccepted
        case .holdPlaced: .holdPlaced
        case .holdCovers: .holdCovers
        case .holdExpects: .holdExpects
        case .holdNarrowed: .holdNarrowed
        case .holdReleased: .holdReleased
        case .holdEnded: .holdEnded
        case .holdAcknowledged: .holdAcknowledged
        case .tokenCreated: .tokenCreated
        case .tokenRevoked: .tokenRevoked
        case .requestMade: .requestMade
        case .voteCast: .voteCast
        case .requestClosed: .requestClosed
        case .twoPersonsEnded: .twoPersonsEnded
        case .backstopApproved: .backstopApproved
        case .strands: .strands
        }
    }

    var fields: any EventFields {
        switch self {
        case .archiveCreated(let fields): fields
        case .forkAccepted(let fields): fields
        case .publicationRepaired(let fields): fields
        case .configurationChanged(let fields): fields
        case .actorIntroduced(let fields): fields
        case .caseRegistered(let fields): fields
        case .caseCompleted(let fields): fields
        case .verificationRegistered(let fields): fields
        case .verificationCompleted(let fields): fields
        case .vendorAsked(let fields): fields
        case .verificationEnded(let fields): fields
        case .objectArchived(let fields): fields
        case .accessOpened(let fields): fields
        case .accessClosed(let fields): fields
        case .attemptFailed(let fields): fields
        case .openingsRefused(let fields): fields
        case .archiveVerified(let fields): fields
        case .integrityFound(let fields): fields
        case .policyActivated(let fields): fields
        case .policyRetired(let fields): fields
        case .conflictResolved(let fields): fields
        case .caseEventRecorded(let fields): fields
        case .purgeStarted(let fields): fields
        case .objectDestroyed(let fields): fields
        case .caseDestroyed(let fields): fields
        case .blobsRemoved(let fields): fields
        case .purgeFinished(let fields): fields
        case .indexCompacted(let fields): fields
        case .tagsForgotten(let fields): fields
        case .clockDoubted(let fields): fields
        case .clockAccepted(let fields): fields
        case .holdPlaced(let fields): fields
        case .holdCovers(let fields): fields
        case .holdExpects(let fields): fields
        case .holdNarrowed(let fields): fields
        case .holdReleased(let fields): fields
        case .holdEnded(let fields): fields
        case .holdAcknowledged(let fields): fields
        case .tokenCreated(let fields): fields
        case .tokenRevoked(let fields): fields
        case .requestMade(let fields): fields
        case .voteCast(let fields): fields
        case .requestClosed(let fields): fields
        case .twoPersonsEnded(let fields): fields
        case .backstopApproved(let fields): fields
        case .strands(let fields): fields
        }
    }

    init(_ kind: Kind, _ members: inout MemberReader) throws(EntryError) {
        switch kind {
        case .archiveCreated: self = .archiveCreated(try ArchiveCreated(from: &members))
        case .forkAccepted: self = .forkAccepted(try ForkAccepted(from: &members))
        case .publicationRepaired: self = .publicationRepaired(try PublicationRepaired(from: &members))
        case .configurationChanged: self = .configurationChanged(try ConfigurationChanged(from: &members))
        case .actorIntroduced: self = .actorIntroduced(try ActorIntroduced(from: &members))
        case .caseRegistered: self = .caseRegistered(try CaseRegistered(from: &members))
        case .caseCompleted: self = .caseCompleted(try CaseCompleted(from: &members))
        case .verificationRegistered: self = .verificationRegistered(try VerificationRegistered(from: &members))
        case .verificationCompleted: self = .verificationCompleted(try VerificationCompleted(from: &members))
        case .vendorAsked: self = .vendorAsked(try VendorAsked(from: &members))
        case .verificationEnded: self = .verificationEnded(try VerificationEnded(from: &members))
        case .objectArchived: self = .objectArchived(try ObjectArchived(from: &members))
        case .accessOpened: self = .accessOpened(try AccessOpened(from: &members))
        case .accessClosed: self = .accessClosed(try AccessClosed(from: &members))
        case .attemptFailed: self = .attemptFailed(try AttemptFailed(from: &members))
        case .openingsRefused: self = .openingsRefused(try OpeningsRefused(from: &members))
        case .archiveVerified: self = .archiveVerified(try ArchiveVerified(from: &members))
        case .integrityFound: self = .integrityFound(try IntegrityFound(from: &members))
        case .policyActivated: self = .policyActivated(try PolicyActivated(from: &members))
        case .policyRetired: self = .policyRetired(try PolicyRetired(from: &members))
        case .conflictResolved: self = .conflictResolved(try ConflictResolved(from: &members))
        case .caseEventRecorded: self = .caseEventRecorded(try CaseEventRecorded(from: &members))
        case .purgeStarted: self = .purgeStarted(try PurgeStarted(from: &members))
        case .objectDestroyed: self = .objectDestroyed(try ObjectDestroyed(from: &members))
        case .caseDestroyed: self = .caseDestroyed(try CaseDestroyed(from: &members))
        case .blobsRemoved: self = .blobsRemoved(try BlobsRemoved(from: &members))
        case .purgeFinished: self = .purgeFinished(try PurgeFinished(from: &members))
        case .indexCompacted: self = .indexCompacted(try IndexCompacted(from: &members))
        case .tagsForgotten: self = .tagsForgotten(try TagsForgotten(from: &members))
        case .clockDoubted: self = .clockDoubted(try ClockDoubted(from: &members))
        case .clockAccepted: self = .clockAccepted(try ClockAccepted(from: &members))
        case .holdPlaced: self = .holdPlaced(try HoldPlaced(from: &members))
        case .holdCovers: self = .holdCovers(try HoldCovers(from: &members))
        case .holdExpects: self = .holdExpects(try HoldExpects(from: &members))
        case .holdNarrowed: self = .holdNarrowed(try HoldNarrowed(from: &members))
        case .holdReleased: self = .holdReleased(try HoldReleased(from: &members))
        case .holdEnded: self = .holdEnded(try HoldEnded(from: &members))
        case .holdAcknowledged: self = .holdAcknowledged(try HoldAcknowledged(from: &members))
        case .tokenCreated: self = .tokenCreated(try TokenCreated(from: &members))
        case .tokenRevoked: self = .tokenRevoked(try TokenRevoked(from: &members))
        case .requestMade: self = .requestMade(try RequestMade(from: &members))
        case .voteCast: self = .voteCast(try VoteCast(from: &members))
        case .requestClosed: self = .requestClosed(try RequestClosed(from: &members))
        case .twoPersonsEnded: self = .twoPersonsEnded(try TwoPersonsEnded(from: &members))
        case .backstopApproved: self = .backstopApproved(try BackstopApproved(from: &members))
        case .strands: self = .strands(try Strands(from: &members))
        }
    }

    /// The case that it is about.
    public var caseUID: CaseUID? { fields.about }
}

protocol EventFields: Equatable, Sendable {
    var about: CaseUID? { get }
    func write(to members: inout MemberWriter)
    init(from members: inout MemberReader) throws(EntryError)
}
