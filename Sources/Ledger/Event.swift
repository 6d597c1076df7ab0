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
    case vendorRefused(VendorRefused)
    case verificationEnded(VerificationEnded)
    case verificationReopened(VerificationReopened)
    case caseCorrected(CaseCorrected)
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
    case dueConfirmed(DueConfirmed)
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
        case vendorRefused = "vendor refused"
        case verificationEnded = "verification ended"
        case verificationReopened = "verification reopened"
        case caseCorrected = "case corrected"
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
        case dueConfirmed = "due confirmed"
        case strands
    }

    public var kind: Kind { type(of: fields).kind }

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
        case .vendorRefused(let fields): fields
        case .verificationEnded(let fields): fields
        case .verificationReopened(let fields): fields
        case .caseCorrected(let fields): fields
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
        case .dueConfirmed(let fields): fields
        case .strands(let fields): fields
        }
    }

    /// The case that it is about.
    public var caseUID: CaseUID? { fields.about }

    /// What it is about.
    public var strand: Strand { fields.strand }
}

extension Event.Kind {
    var fields: any EventFields.Type {
        switch self {
        case .archiveCreated: Event.ArchiveCreated.self
        case .forkAccepted: Event.ForkAccepted.self
        case .publicationRepaired: Event.PublicationRepaired.self
        case .configurationChanged: Event.ConfigurationChanged.self
        case .actorIntroduced: Event.ActorIntroduced.self
        case .caseRegistered: Event.CaseRegistered.self
        case .caseCompleted: Event.CaseCompleted.self
        case .verificationRegistered: Event.VerificationRegistered.self
        case .verificationCompleted: Event.VerificationCompleted.self
        case .vendorAsked: Event.VendorAsked.self
        case .vendorRefused: Event.VendorRefused.self
        case .verificationEnded: Event.VerificationEnded.self
        case .verificationReopened: Event.VerificationReopened.self
        case .caseCorrected: Event.CaseCorrected.self
        case .objectArchived: Event.ObjectArchived.self
        case .accessOpened: Event.AccessOpened.self
        case .accessClosed: Event.AccessClosed.self
        case .attemptFailed: Event.AttemptFailed.self
        case .openingsRefused: Event.OpeningsRefused.self
        case .archiveVerified: Event.ArchiveVerified.self
        case .integrityFound: Event.IntegrityFound.self
        case .policyActivated: Event.PolicyActivated.self
        case .policyRetired: Event.PolicyRetired.self
        case .conflictResolved: Event.ConflictResolved.self
        case .caseEventRecorded: Event.CaseEventRecorded.self
        case .purgeStarted: Event.PurgeStarted.self
        case .objectDestroyed: Event.ObjectDestroyed.self
        case .caseDestroyed: Event.CaseDestroyed.self
        case .blobsRemoved: Event.BlobsRemoved.self
        case .purgeFinished: Event.PurgeFinished.self
        case .indexCompacted: Event.IndexCompacted.self
        case .tagsForgotten: Event.TagsForgotten.self
        case .clockDoubted: Event.ClockDoubted.self
        case .clockAccepted: Event.ClockAccepted.self
        case .holdPlaced: Event.HoldPlaced.self
        case .holdCovers: Event.HoldCovers.self
        case .holdExpects: Event.HoldExpects.self
        case .holdNarrowed: Event.HoldNarrowed.self
        case .holdReleased: Event.HoldReleased.self
        case .holdEnded: Event.HoldEnded.self
        case .holdAcknowledged: Event.HoldAcknowledged.self
        case .tokenCreated: Event.TokenCreated.self
        case .tokenRevoked: Event.TokenRevoked.self
        case .requestMade: Event.RequestMade.self
        case .voteCast: Event.VoteCast.self
        case .requestClosed: Event.RequestClosed.self
        case .twoPersonsEnded: Event.TwoPersonsEnded.self
        case .backstopApproved: Event.BackstopApproved.self
        case .dueConfirmed: Event.DueConfirmed.self
        case .strands: Event.Strands.self
        }
    }

    /// Whether the time of such an entry is a time on record that a clock is measured by. What is refused does not
    /// make a clock believable.
    public var countsForNewestTime: Bool { fields.countsForNewestTime }
}

/// What a kind of entry says. A new one is a type in a file of its own, with its name in the lists above.
protocol EventFields: Codable, Equatable, Sendable {
    static var kind: Event.Kind { get }
    /// Whether the time of such an entry is a time on record that a clock is measured by.
    static var countsForNewestTime: Bool { get }
    /// The case that it is about.
    var about: CaseUID? { get }
    /// The strand that it stands in.
    var strand: Strand { get }
    var asEvent: Event { get }

    /// Sees that members fit each other, once they were read.
    func check() throws(EntryError)
}

extension EventFields {
    static var countsForNewestTime: Bool { true }
    var about: CaseUID? { nil }
    var strand: Strand { about.map { .ofCase($0) } ?? .work }
    func check() throws(EntryError) {}
}
