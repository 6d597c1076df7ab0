public import Base
public import Foundation

extension Event {
    /// A case came into the archive.
    public struct CaseRegistered: EventFields {
        public let caseUID: CaseUID
        public let caseID: Commitment
        public let jurisdictions: [String]
        public let purpose: String?
        public let subject: Commitment?
        public let consent: Commitment?
        /// What was said of the person's age: a code.
        public let age: String?

        public init(
            caseUID: CaseUID, caseID: Commitment, jurisdictions: [String], purpose: String?, subject: Commitment?,
            consent: Commitment?, age: String?
        ) {
            self.caseUID = caseUID
            self.caseID = caseID
            self.jurisdictions = jurisdictions
            self.purpose = purpose
            self.subject = subject
            self.consent = consent
            self.age = age
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("caseIDCommitment", caseID)
            members.add("jurisdictions", jurisdictions)
            members.add("purpose", purpose)
            members.add("subjectCommitment", subject)
            members.add("consentCommitment", consent)
            members.add("age", age.map { .text($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            caseID = try members.commitment("caseIDCommitment")
            jurisdictions = try members.texts("jurisdictions")
            purpose = try members.text("purpose")
            subject = try members.commitment("subjectCommitment")
            consent = try members.commitment("consentCommitment")
            age = try members.text("age")
        }
    }

    /// What was not known of a case was added.
    public struct CaseCompleted: EventFields {
        public let caseUID: CaseUID
        public let jurisdictions: [String]?
        public let purpose: String?
        public let subject: Commitment?
        public let consent: Commitment?
        public let age: String?

        public init(
            caseUID: CaseUID, jurisdictions: [String]?, purpose: String?, subject: Commitment?, consent: Commitment?,
            age: String?
        ) {
            self.caseUID = caseUID
            self.jurisdictions = jurisdictions
            self.purpose = purpose
            self.subject = subject
            self.consent = consent
            self.age = age
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("jurisdictions", jurisdictions)
            members.add("purpose", purpose)
            members.add("subjectCommitment", subject)
            members.add("consentCommitment", consent)
            members.add("age", age.map { .text($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            jurisdictions = try members.texts("jurisdictions")
            purpose = try members.text("purpose")
            subject = try members.commitment("subjectCommitment")
            consent = try members.commitment("consentCommitment")
            age = try members.text("age")
        }
    }

    /// A verification of a case came into the archive.
    public struct VerificationRegistered: EventFields {
        public enum Origin: String, Sendable { case pull, `import` }

        public let caseUID: CaseUID
        /// Its number in the case.
        public let verification: UInt64
        public let origin: Origin
        /// Who makes the verification, such as `tencent-faceid`.
        public let vendor: String
        /// What is asked of it, such as `GetFaceIdResultIntl/2018-03-01`.
        public let api: String
        public let region: String?
        public let tokenIssuedAt: Date?
        public let tokenIssueAssumed: Bool
        public let capturedAt: Date?

        public init(
            caseUID: CaseUID, verification: UInt64, origin: Origin, vendor: String, api: String, region: String?,
            tokenIssuedAt: Date?, tokenIssueAssumed: Bool, capturedAt: Date?
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.origin = origin
            self.vendor = vendor
            self.api = api
            self.region = region
            self.tokenIssuedAt = tokenIssuedAt
            self.tokenIssueAssumed = tokenIssueAssumed
            self.capturedAt = capturedAt
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("verification", verification)
            members.add("origin", origin.rawValue)
            members.add("vendor", vendor)
            members.add("api", api)
            members.add("region", region)
            members.add("tokenIssuedAt", tokenIssuedAt)
            members.add("tokenIssueAssumed", tokenIssueAssumed)
            members.add("capturedAt", capturedAt)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            verification = try members.number("verification")
            origin = try members.choice("origin")
            vendor = try members.text("vendor")
            api = try members.text("api")
            region = try members.text("region")
            tokenIssuedAt = try members.time("tokenIssuedAt")
            tokenIssueAssumed = try members.flag("tokenIssueAssumed")
            capturedAt = try members.time("capturedAt")
        }
    }

    /// Times that were not known were added.
    public struct VerificationCompleted: EventFields {
        public let caseUID: CaseUID
        public let verification: UInt64
        public let tokenIssuedAt: Date?
        public let capturedAt: Date?
        /// Its SDK token became known; nil where it was, or still is not.
        public let tokenAdded: Bool?

        public init(
            caseUID: CaseUID, verification: UInt64, tokenIssuedAt: Date?, capturedAt: Date?, tokenAdded: Bool?
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.tokenIssuedAt = tokenIssuedAt
            self.capturedAt = capturedAt
            self.tokenAdded = tokenAdded
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("verification", verification)
            members.add("tokenIssuedAt", tokenIssuedAt)
            members.add("capturedAt", capturedAt)
            members.add("tokenAdded", tokenAdded.map { .flag($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            verification = try members.number("verification")
            tokenIssuedAt = try members.time("tokenIssuedAt")
            capturedAt = try members.time("capturedAt")
            tokenAdded = try members.flag("tokenAdded")
        }
    }

    /// The vendor was asked about a token for the first time.
    public struct VendorAsked: EventFields {
        public enum Outcome: String, Sendable { case answered, notFinished = "not-finished", failed }

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

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("verification", verification)
            members.add("endpoint", endpoint)
            members.add("region", region)
            members.add("outcome", outcome.rawValue)
            members.add("problem", problem)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            verification = try members.number("verification")
            endpoint = try members.text("endpoint")
            region = try members.text("region")
            outcome = try members.choice("outcome")
            problem = try members.text("problem")
        }
    }

    /// The state of a verification is final.
    public struct VerificationEnded: EventFields {
        public enum State: String, Sendable { case archived, expired, rejected }

        public let caseUID: CaseUID
        public let verification: UInt64
        public let state: State
        public let outcome: Outcome?
        public let problem: String?
        /// Without an end, before.
        public let askings: UInt64
        public let capturedFrom: Date?
        public let capturedUntil: Date?
        /// How many entries of objects follow.
        public let objects: UInt64

        public init(
            caseUID: CaseUID, verification: UInt64, state: State, outcome: Outcome?, problem: String?, askings: UInt64,
            capturedFrom: Date?, capturedUntil: Date?, objects: UInt64
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.state = state
            self.outcome = outcome
            self.problem = problem
            self.askings = askings
            self.capturedFrom = capturedFrom
            self.capturedUntil = capturedUntil
            self.objects = objects
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("verification", verification)
            members.add("state", state.rawValue)
            members.add("outcome", outcome?.verdict.rawValue)
            members.add("result", outcome?.code)
            members.add("problem", problem)
            members.add("askings", askings)
            members.add("capturedFrom", capturedFrom)
            members.add("capturedUntil", capturedUntil)
            members.add("objects", objects)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            verification = try members.number("verification")
            state = try members.choice("state")
            let verdict = try members.choice("outcome") as Outcome.Verdict?
            let code: String? = try members.text("result")
            guard (verdict == nil) == (code == nil) else { throw .badMember("outcome") }
            outcome = verdict.flatMap { verdict in code.map { Outcome(verdict, code: $0) } }
            problem = try members.text("problem")
            askings = try members.number("askings")
            capturedFrom = try members.time("capturedFrom")
            capturedUntil = try members.time("capturedUntil")
            objects = try members.number("objects")
        }
    }
}
