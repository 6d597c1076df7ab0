public import Base
internal import Foundation

extension Event {
    /// A case came into the archive.
    public struct CaseRegistered: EventFields {
        public let caseUID: CaseUID
        public let caseID: Commitment
        public let jurisdictions: [String]
        public let purpose: String?
        public let subject: Commitment?
        public let consent: Commitment?
        /// To what was said of the person's age: a code.
        public let age: Commitment?
        /// That, once it was opened.
        public var openedAge: String?

        public init(
            caseUID: CaseUID, caseID: Commitment, jurisdictions: [String], purpose: String?, subject: Commitment?,
            consent: Commitment?, age: Commitment?
        ) {
            self.caseUID = caseUID
            self.caseID = caseID
            self.jurisdictions = jurisdictions
            self.purpose = purpose
            self.subject = subject
            self.consent = consent
            self.age = age
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", caseID = "caseIDCommitment", jurisdictions, purpose,
                subject = "subjectCommitment", consent = "consentCommitment", age = "ageCommitment"
        }

        static var kind: Event.Kind { .caseRegistered }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .caseRegistered(self) }
    }

    /// What was not known of a case was added.
    public struct CaseCompleted: EventFields {
        public let caseUID: CaseUID
        public let jurisdictions: [String]?
        public let purpose: String?
        public let subject: Commitment?
        public let consent: Commitment?
        public let age: Commitment?
        /// What that is, once it was opened.
        public var openedAge: String?

        public init(
            caseUID: CaseUID, jurisdictions: [String]?, purpose: String?, subject: Commitment?, consent: Commitment?,
            age: Commitment?
        ) {
            self.caseUID = caseUID
            self.jurisdictions = jurisdictions
            self.purpose = purpose
            self.subject = subject
            self.consent = consent
            self.age = age
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", jurisdictions, purpose, subject = "subjectCommitment",
                consent = "consentCommitment", age = "ageCommitment"
        }

        static var kind: Event.Kind { .caseCompleted }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .caseCompleted(self) }
    }

    /// A verification of a case came into the archive.
    public struct VerificationRegistered: EventFields {
        public enum Origin: String, Codable, Sendable { case pull, `import` }

        public let caseUID: CaseUID
        /// Its number in the case.
        public let verification: UInt64
        public let uid: VerificationUID
        public let origin: Origin
        /// Who makes the verification, such as `tencent-faceid`.
        public let vendor: String
        /// What is asked of it, such as `GetFaceIdResultIntl/2018-03-01`.
        public let api: String
        public let region: String?
        public let tokenIssued: CalendarDay?
        public let tokenIssueAssumed: Bool
        public let captured: CalendarDay?
        /// What the active terms ask for and the case does not have: it was kept all the same.
        public let lacks: [String]?
        /// To the exact times, and what the token is recognised by; nil where there is neither.
        public let exact: Commitment?
        /// These, once they were opened.
        public var opened: Exact?

        public init(
            caseUID: CaseUID, verification: UInt64, uid: VerificationUID, origin: Origin, vendor: String, api: String,
            region: String?, tokenIssued: CalendarDay?, tokenIssueAssumed: Bool, captured: CalendarDay?,
            lacks: [String]? = nil, exact: Commitment?
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.uid = uid
            self.origin = origin
            self.vendor = vendor
            self.api = api
            self.region = region
            self.tokenIssued = tokenIssued
            self.tokenIssueAssumed = tokenIssueAssumed
            self.captured = captured
            self.lacks = lacks
            self.exact = exact
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, uid, origin, vendor, api, region, tokenIssued, tokenIssueAssumed,
                captured, lacks, exact = "exactCommitment"
        }

        static var kind: Event.Kind { .verificationRegistered }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .verificationRegistered(self) }
    }

    /// Times that were not known were added.
    public struct VerificationCompleted: EventFields {
        public let caseUID: CaseUID
        public let verification: UInt64
        public let tokenIssued: CalendarDay?
        public let captured: CalendarDay?
        /// To the exact times, and what the token is recognised by; nil where neither was added.
        public let exact: Commitment?
        /// These, once they were opened.
        public var opened: Exact?
        /// Its SDK token became known; nil where it was, or still is not.
        public let tokenAdded: Bool?

        public init(
            caseUID: CaseUID, verification: UInt64, tokenIssued: CalendarDay?, captured: CalendarDay?,
            exact: Commitment?,
            tokenAdded: Bool?
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.tokenIssued = tokenIssued
            self.captured = captured
            self.exact = exact
            self.tokenAdded = tokenAdded
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, tokenIssued, captured, exact = "exactCommitment", tokenAdded
        }

        static var kind: Event.Kind { .verificationCompleted }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .verificationCompleted(self) }
    }

    /// The vendor was asked about a token for the first time.
    public struct VendorAsked: EventFields {
        public enum Outcome: String, Codable, Sendable { case answered, notFinished = "not-finished", failed }

        public let caseUID: CaseUID
        public let verification: UInt64
        /// A host.
        public let endpoint: String
        public let region: String
        public let outcome: Outcome
        public let problem: String?

        public init(
            caseUID: CaseUID, verification: UInt64, endpoint: String, region: String, outcome: Outcome, problem: String?
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.endpoint = endpoint
            self.region = region
            self.outcome = outcome
            self.problem = problem
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, endpoint, region, outcome, problem
        }

        static var kind: Event.Kind { .vendorAsked }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .vendorAsked(self) }
    }

    /// The vendor says that it has no result for a token, and never will. It is not believed the first time.
    public struct VendorRefused: EventFields {
        public let caseUID: CaseUID
        public let verification: UInt64
        /// A host.
        public let endpoint: String
        public let region: String
        /// The vendor's code, or its family.
        public let problem: String

        public init(caseUID: CaseUID, verification: UInt64, endpoint: String, region: String, problem: String) {
            self.caseUID = caseUID
            self.verification = verification
            self.endpoint = endpoint
            self.region = region
            self.problem = problem
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, endpoint, region, problem
        }

        static var kind: Event.Kind { .vendorRefused }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .vendorRefused(self) }
    }

    /// The state of a verification is final.
    public struct VerificationEnded: EventFields {
        public enum State: String, Codable, Sendable { case archived, incomplete, unreadable, expired, rejected }

        public let caseUID: CaseUID
        public let verification: UInt64
        public let state: State
        public let problem: String?
        /// The vendor had the result although, by the time of issue that was given, its hours were over: that time was
        /// wrong.
        public let issueDisproved: Bool?
        /// The answer was read leniently, because a person said so.
        public let lenient: Bool?
        public let capturedFrom: CalendarDay?
        public let capturedUntil: CalendarDay?
        /// How many entries of objects follow.
        public let objects: UInt64
        /// To outcome, exact times, and the lengths of the objects.
        public let exact: Commitment
        /// These, once they were opened.
        public var opened: Exact?

        public init(
            caseUID: CaseUID, verification: UInt64, state: State, problem: String?, issueDisproved: Bool?,
            lenient: Bool?, capturedFrom: CalendarDay?, capturedUntil: CalendarDay?, objects: UInt64, exact: Commitment
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.state = state
            self.problem = problem
            self.issueDisproved = issueDisproved
            self.lenient = lenient
            self.capturedFrom = capturedFrom
            self.capturedUntil = capturedUntil
            self.objects = objects
            self.exact = exact
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, state, problem, issueDisproved, lenient, capturedFrom, capturedUntil,
                objects, exact = "exactCommitment"
        }

        public var outcome: Outcome? { opened?.outcome }

        static var kind: Event.Kind { .verificationEnded }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .verificationEnded(self) }
    }

    /// A verification that has ended goes on as another one of the case, which was registered just before and has its
    /// SDK token from now on.
    public struct VerificationReopened: EventFields {
        public let caseUID: CaseUID
        public let verification: UInt64
        /// The number of the other one.
        public let `as`: UInt64
        public let reason: Commitment

        public init(caseUID: CaseUID, verification: UInt64, as other: UInt64, reason: Commitment) {
            self.caseUID = caseUID
            self.verification = verification
            self.as = other
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, `as`, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .verificationReopened }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .verificationReopened(self) }

        func check() throws(EntryError) { if verification >= `as` { throw .badMember("as") } }
    }

    /// What was said of a case, or of one verification of it, was wrong, and is another from now on.
    public struct CaseCorrected: EventFields {
        public let caseUID: CaseUID
        public let jurisdictions: [String]?
        public let verification: UInt64?
        public let tokenIssued: CalendarDay?
        public let capturedFrom: CalendarDay?
        public let capturedUntil: CalendarDay?
        /// To the exact times.
        public let exact: Commitment?
        /// These, once they were opened.
        public var opened: Exact?
        public let reason: Commitment

        public init(
            caseUID: CaseUID, jurisdictions: [String]?, verification: UInt64?, tokenIssued: CalendarDay?,
            capturedFrom: CalendarDay?, capturedUntil: CalendarDay?, exact: Commitment?, reason: Commitment
        ) {
            self.caseUID = caseUID
            self.jurisdictions = jurisdictions
            self.verification = verification
            self.tokenIssued = tokenIssued
            self.capturedFrom = capturedFrom
            self.capturedUntil = capturedUntil
            self.exact = exact
            self.reason = reason
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", jurisdictions, verification, tokenIssued, capturedFrom, capturedUntil,
                exact = "exactCommitment", reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .caseCorrected }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .caseCorrected(self) }

        func check() throws(EntryError) {
            guard (capturedFrom == nil) == (capturedUntil == nil) else { throw .badMember("capturedUntil") }
            let hasTimes = tokenIssued != nil || capturedFrom != nil
            guard hasTimes == (verification != nil), hasTimes == (exact != nil) else {
                throw .badMember("verification")
            }
            guard hasTimes || jurisdictions != nil else { throw .badMember("jurisdictions") }
        }
    }
}
