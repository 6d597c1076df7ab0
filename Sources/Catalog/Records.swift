public import Base
public import Foundation
internal import Ledger
public import Sealing

/// What the index knows of the archive itself.
public struct ArchiveRecord: Equatable, Sendable {
    public let uid: ArchiveUID
    public let createdAt: Date
    /// The newest generation of the keyring that the index has seen.
    public let keyringGeneration: UInt64
    /// The archive key: seals what belongs to no case, such as the names of actors.
    public let key: WrappedKey

    public init(uid: ArchiveUID, createdAt: Date, keyringGeneration: UInt64, key: WrappedKey) {
        self.uid = uid
        self.createdAt = createdAt
        self.keyringGeneration = keyringGeneration
        self.key = key
    }
}

/// An epoch as the index knows it. New keys are wrapped only under one that is open.
public struct EpochRecord: Equatable, Sendable {
    public enum State: String, Sendable { case open, closing, destroyed }

    public let epoch: Epoch
    public let state: State
    public let createdAt: Date

    public init(epoch: Epoch, state: State, createdAt: Date) {
        self.epoch = epoch
        self.state = state
        self.createdAt = createdAt
    }
}

/// One case. Who the person is stands in `sealedParticulars`, under the case key.
public struct CaseRecord: Equatable, Sendable {
    public let uid: CaseUID
    public let caseIDTag: Tag
    public let registeredAt: Date
    public var purpose: String?
    /// In ascending order.
    public var jurisdictions: [String]
    public let key: WrappedKey
    public var sealedParticulars: [UInt8]
    public var subjectTag: Tag?
    /// A reference to a consent stands among the particulars.
    public var hasConsent: Bool
    /// What was said of the person's age: a code.
    public var age: String?
    /// It was kept although it lacked what the active terms ask for.
    public var lacksTerms: Bool

    public init(
        uid: CaseUID, caseIDTag: Tag, registeredAt: Date, purpose: String?, jurisdictions: [String], key: WrappedKey,
        sealedParticulars: [UInt8], subjectTag: Tag?, hasConsent: Bool = false, age: String? = nil,
        lacksTerms: Bool = false
    ) {
        self.uid = uid
        self.caseIDTag = caseIDTag
        self.registeredAt = registeredAt
        self.purpose = purpose
        self.jurisdictions = jurisdictions
        self.key = key
        self.sealedParticulars = sealedParticulars
        self.subjectTag = subjectTag
        self.hasConsent = hasConsent
        self.age = age
        self.lacksTerms = lacksTerms
    }
}

/// One vendor process in a case.
public struct VerificationRecord: Equatable, Sendable {
    /// How the answer comes into the archive.
    public enum Origin: String, Sendable { case pull, `import` }

    public enum State: String, Sendable, CaseIterable {
        /// The vendor has not given a final answer yet.
        case awaiting
        /// An answer with a result is archived.
        case archived
        /// A result is archived that says that the person passed, and none of its media is any.
        case incomplete
        /// An answer is archived as it came: it cannot be read.
        case unreadable
        /// The 72 hours ended without a result.
        case expired
        /// The vendor said that it will never give a result.
        case rejected

        /// Whether it can go on as another verification with the same token.
        public var mayGoOn: Bool { self != .awaiting }
    }

    public let uid: VerificationUID
    public let caseUID: CaseUID
    /// Counted from 1 within the case.
    public let number: Int
    public let origin: Origin
    /// Who makes it, and what is asked of them.
    public let vendor: String
    public let api: String
    public var state: State
    public let region: String?
    public var tokenTag: Tag?
    /// The SDK token under the case key, while it is needed: also of what ended, until its hours are over.
    public var sealedToken: [UInt8]?
    public var tokenIssuedAt: Date?
    /// The time of issue was not given: the registration stands for it.
    public var tokenIssueIsAssumed: Bool
    /// When the vendor forgets the result.
    public var deadline: Date?
    /// The interval in which the person stood before the camera.
    public var capturedFrom: Date?
    public var capturedUntil: Date?
    public let registeredAt: Date
    /// How often the vendor said that it is not finished, or could not be asked.
    public var attempts: Int
    public var lastAskedAt: Date?
    /// The vendor's or the network's reason for the last failure, as a code.
    public var lastProblem: String?
    /// While it waits: since when the vendor answers with a success without media, or with what cannot be read, and
    /// nothing else.
    public var oddSince: Date?
    /// Of what ended so: when the vendor was asked about it again last.
    public var askedAgainAt: Date?
    /// It goes on as another verification of the case.
    public var goesOn: Bool
    /// When the verification left `awaiting`.
    public var endedAt: Date?
    /// Nil where it ended without one.
    public var outcome: Outcome?
    /// What else the answer said, under the case key.
    public var sealedDetails: [UInt8]?
    public var answerTag: Tag?

    public init(
        uid: VerificationUID, caseUID: CaseUID, number: Int, origin: Origin, vendor: String, api: String,
        state: State, region: String?, tokenTag: Tag?, sealedToken: [UInt8]?, tokenIssuedAt: Date?,
        tokenIssueIsAssumed: Bool, deadline: Date?,
        capturedFrom: Date? = nil, capturedUntil: Date? = nil, registeredAt: Date, attempts: Int = 0,
        lastAskedAt: Date? = nil, lastProblem: String? = nil, oddSince: Date? = nil, askedAgainAt: Date? = nil,
        goesOn: Bool = false, endedAt: Date? = nil, outcome: Outcome? = nil,
        sealedDetails: [UInt8]? = nil, answerTag: Tag? = nil
    ) {
        self.uid = uid
        self.caseUID = caseUID
        self.number = number
        self.origin = origin
        self.vendor = vendor
        self.api = api
        self.state = state
        self.region = region
        self.tokenTag = tokenTag
        self.sealedToken = sealedToken
        self.tokenIssuedAt = tokenIssuedAt
        self.tokenIssueIsAssumed = tokenIssueIsAssumed
        self.deadline = deadline
        self.capturedFrom = capturedFrom
        self.capturedUntil = capturedUntil
        self.registeredAt = registeredAt
        self.attempts = attempts
        self.lastAskedAt = lastAskedAt
        self.lastProblem = lastProblem
        self.oddSince = oddSince
        self.askedAgainAt = askedAgainAt
        self.goesOn = goesOn
        self.endedAt = endedAt
        self.outcome = outcome
        self.sealedDetails = sealedDetails
        self.answerTag = answerTag
    }
}

/// One archived item.
public struct ObjectRecord: Equatable, Sendable {
    public let uid: ObjectUID
    public let verificationUID: VerificationUID
    public let caseUID: CaseUID
    public let kind: MediaKind
    public let mediaType: String
    /// Bytes of the plaintext.
    public let length: UInt64
    public let address: BlobAddress
    /// The tag of the plaintext, the same wherever the same bytes were archived.
    public let contentTag: Tag
    public let key: WrappedKey
    public let archivedAt: Date
    /// What was decided about it when it was archived, or since.
    public let standing: Standing
    /// It was due when it came, and waits for a person's word.
    public let isUnconfirmed: Bool

    public init(
        uid: ObjectUID, verificationUID: VerificationUID, caseUID: CaseUID, kind: MediaKind, mediaType: String,
        length: UInt64, address: BlobAddress, contentTag: Tag, key: WrappedKey, archivedAt: Date,
        standing: Standing = .initial, isUnconfirmed: Bool = false
    ) {
        self.uid = uid
        self.verificationUID = verificationUID
        self.caseUID = caseUID
        self.kind = kind
        self.mediaType = mediaType
        self.length = length
        self.address = address
        self.contentTag = contentTag
        self.key = key
        self.archivedAt = archivedAt
        self.standing = standing
        self.isUnconfirmed = isUnconfirmed
    }
}
