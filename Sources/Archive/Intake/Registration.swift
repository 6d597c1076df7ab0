public import Base
public import Foundation
public import Vault
public import Vendor

/// What the customer says of a person's age.
public enum AgeAttestation: String, CaseIterable, Sendable {
    /// The person is of the age of consent.
    case adult
    /// A parent or guardian consented.
    case parentalConsent = "parental-consent"
}

/// What the customer says of a verification when it is registered. Checked when it is made.
public struct Registration: Sendable {
    public let caseID: CaseID
    /// In ascending order, each once.
    public let jurisdictions: [Jurisdiction]
    public let subject: String?
    public let purpose: String?
    public let consent: String?
    /// What was said of the person's age.
    public let age: AgeAttestation?
    public let token: SDKToken?
    public let tokenIssuedAt: Date?
    /// When the person stood before the camera: of a day that was given, all of it.
    public let captured: ClosedRange<Date>?
    /// The vendor's region to ask, where it is not the configured one.
    public let region: String?

    /// The same as texts, as they come from a command line or a table; nil is not given.
    public struct Input: Sendable {
        public var caseID = ""
        public var jurisdictions: [String] = []
        public var subject: String?
        public var purpose: String?
        public var consent: String?
        public var age: String?
        public var token: SecretText?
        public var tokenIssuedAt: String?
        public var capturedAt: String?
        public var region: String?
        /// In which a day is a day.
        public var timeZone: TimeZone

        public init(timeZone: TimeZone) { self.timeZone = timeZone }
    }

    /// - Parameter purposes: the codes that are configured.
    public init(_ input: Input, purposes: [String], now: Date) throws(ArchiveError) {
        caseID = try CaseID(input.caseID)
        var jurisdictions: Set<Jurisdiction> = []
        for code in input.jurisdictions { jurisdictions.insert(try Jurisdiction(code)) }
        self.jurisdictions = jurisdictions.sorted()
        subject = try Self.reference(input.subject, name: "subject")
        consent = try Self.reference(input.consent, name: "consent reference")
        let purpose = input.purpose.map(ComparedName.form(of:))
        if let purpose, !purposes.contains(purpose) {
            throw ArchiveError(
                .badParticular, "the purpose is not a configured one",
                remedy: "use one of \(purposes.joined(separator: ", ")), or add it to strongroom.yaml and apply that")
        }
        self.purpose = purpose
        age = try input.age.map { (text) throws(ArchiveError) in
            guard let age = AgeAttestation(rawValue: text) else {
                throw ArchiveError(
                    .badParticular,
                    "the age is not one of \(AgeAttestation.allCases.map(\.rawValue).joined(separator: ", "))",
                    remedy: "say adult, or parental-consent where a parent agreed")
            }
            return age
        }
        if let secret = input.token {
            guard let token = SDKToken(secret) else {
                throw ArchiveError(
                    .badParticular, "the SDK token is empty, has a blank, or has more than \(SDKToken.longest) bytes",
                    remedy: "give it as the vendor issued it, or - to read it from standard input")
            }
            self.token = token
        } else {
            token = nil
        }
        tokenIssuedAt = try input.tokenIssuedAt.map { (text) throws(ArchiveError) in
            try GivenTime.pastTime(text, name: "token-issued-at", now: now)
        }
        let captured = try input.capturedAt.map { (text) throws(ArchiveError) in
            GivenTime.span(
                try GivenTime.past(text, name: "captured-at", in: input.timeZone, now: now), in: input.timeZone)
        }
        if let tokenIssuedAt, let given = captured {
            guard given.upperBound >= tokenIssuedAt else {
                throw ArchiveError(
                    .badParticular,
                    "captured-at (\(Timestamp.format(given.upperBound))) lies before token-issued-at "
                        + "(\(Timestamp.format(tokenIssuedAt)))",
                    remedy: "a token is issued before the person stands before the camera")
            }
        }
        self.captured = captured
        if let text = input.region { region = try Configuration.region(text) } else { region = nil }
    }

    private static func reference(_ text: String?, name: String) throws(ArchiveError) -> String? {
        guard let text else { return nil }
        return try PlainText.name(text, name, longest: 500, code: .badParticular)
    }
}
