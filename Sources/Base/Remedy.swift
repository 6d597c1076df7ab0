/// What somebody can do about an error or a refusal: a sentence in which verbs and inputs stand as codes. Who shows it
/// calls them as they are called there: a command line by its commands and options, an API by its paths and members.
///
///     let remedy: Remedy = "check the case ID; \(verb: .caseList) shows what there is"
public struct Remedy: Sendable, Equatable {
    /// Something that can be done with an archive.
    public enum Verb: String, Sendable, CaseIterable {
        case initialize, status, verify, pull
        case caseList, caseShow, caseReopen, caseConfirm, caseCorrect, explain
        case purgePlan, purgeApply, purgeRun, certificate, acceptClock
        case holdPlace, holdExtend, holdRelease, holdWithdraw, holdList, holdShow, holdReport
        case policyList, policyTerms, policyRefresh
        case auditLog, auditCheckpoint, auditExport, auditProve, acceptFork, reconcile
        case tokenCreate, tokenList, requests, requestShow
    }

    /// Something that is given to a verb.
    public enum Input: String, Sendable, CaseIterable {
        case archive, config, rootKeyFile, passphraseFile, actor, token, secondToken, unread, credentialsFile
        case caseID, caseList, subject, purpose, jurisdiction, consent, age, region
        case media, verification, capturedAt, tokenIssuedAt
        case at, correct, withdraw, after
        case expression, everything, reviewBy, revision
        case acceptImpact, reason, role, expires, kind, request
        case verifierKey, entry, since, checkpoint
    }

    public enum Part: Sendable, Equatable {
        case words(String)
        case verb(Verb)
        case input(Input)
    }

    public let parts: [Part]

    public init(_ words: String) { parts = [.words(words)] }

    /// The sentence, with what verbs and inputs are called somewhere.
    public func sentence(verb: (Verb) -> String, input: (Input) -> String) -> String {
        parts.map { part in
            switch part {
            case .words(let words): words
            case .verb(let code): verb(code)
            case .input(let code): input(code)
            }
        }.joined()
    }
}

extension Remedy: ExpressibleByStringInterpolation {
    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) {}

        public mutating func appendLiteral(_ literal: String) { if !literal.isEmpty { parts.append(.words(literal)) } }
        public mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            parts.append(.words(value.description))
        }
        public mutating func appendInterpolation(verb: Verb) { parts.append(.verb(verb)) }
        public mutating func appendInterpolation(remedy: Remedy) { parts += remedy.parts }
        public mutating func appendInterpolation(input: Input) { parts.append(.input(input)) }
    }

    public init(stringLiteral words: String) { self.init(words) }
    public init(stringInterpolation interpolation: StringInterpolation) { parts = interpolation.parts }

    public static func + (a: Remedy, b: Remedy) -> Remedy { Remedy(parts: a.parts + b.parts) }

    private init(parts: [Part]) { self.parts = parts }
}

extension Remedy: CustomStringConvertible {
    /// With the codes as they are.
    public var description: String { sentence(verb: \.rawValue, input: \.rawValue) }
}
