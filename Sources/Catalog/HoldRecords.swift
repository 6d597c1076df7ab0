public import Base
public import Foundation
internal import Ledger
public import Retention
public import Sealing

/// A hold: an order to preserve.
public struct HoldRecord: Equatable, Sendable {
    public enum State: String, Sendable {
        /// Its cases are still being named; it protects those that are.
        case placing
        case standing
        /// Lifted; everything counts as held until it has cooled.
        case released
        case ended
    }

    public let uid: HoldUID
    public let matterTag: Tag
    /// Matter and reason, under the archive key.
    public let sealed: [UInt8]
    public let isConfidential: Bool
    public let authorUID: ActorUID
    public let placedAt: Date
    public var reviewBy: Date
    /// The newest.
    public var revision: Int
    public var state: State
    public var coolingUntil: Date?

    public init(
        uid: HoldUID, matterTag: Tag, sealed: [UInt8], isConfidential: Bool, authorUID: ActorUID, placedAt: Date,
        reviewBy: Date, revision: Int, state: State, coolingUntil: Date? = nil
    ) {
        self.uid = uid
        self.matterTag = matterTag
        self.sealed = sealed
        self.isConfidential = isConfidential
        self.authorUID = authorUID
        self.placedAt = placedAt
        self.reviewBy = reviewBy
        self.revision = revision
        self.state = state
        self.coolingUntil = coolingUntil
    }
}

/// One revision of a hold, as a name.
public struct HoldScopeName: Hashable, Sendable {
    public let hold: HoldUID
    public let revision: Int

    public init(hold: HoldUID, revision: Int) {
        self.hold = hold
        self.revision = revision
    }
}

/// What has cooled, and what ended with it.
public struct CooledHolds: Equatable, Sendable {
    /// Revisions that ended.
    public var scopes: [HoldScopeName] = []
    /// Cases that were taken out, by the revision that did it.
    public var exclusions: [HoldScopeName: [CaseUID]] = [:]
    /// Holds that were released and have cooled.
    public var released: [HoldUID] = []
}

/// What one revision of a hold takes in.
public struct HoldScopeRecord: Equatable, Sendable {
    public enum Form: String, Sendable {
        /// Cases that are named, and those that are expected.
        case cases
        /// What its clauses take in.
        case `where`
        case everything
    }

    public enum State: String, Sendable { case placing, standing, cooling, ended }

    public let name: HoldScopeName
    public let form: Form
    public let state: State
    /// What the clauses cannot judge is not taken in.
    public let judgedOnly: Bool
    public let clauses: [HoldClause]
    public let coolingUntil: Date?

    public init(
        name: HoldScopeName, form: Form, state: State, judgedOnly: Bool = false, clauses: [HoldClause] = [],
        coolingUntil: Date? = nil
    ) {
        self.name = name
        self.form = form
        self.state = state
        self.judgedOnly = judgedOnly
        self.clauses = clauses
        self.coolingUntil = coolingUntil
    }
}

/// A case that a hold is to be no longer about.
public struct HoldExclusionRecord: Equatable, Sendable {
    public let caseUID: CaseUID
    /// The revision that takes it out; it counts for earlier ones.
    public let revision: Int
    public let hasEnded: Bool
    public let coolingUntil: Date
}

/// A tag of a case or a person that is held when it comes.
public struct HoldExpectation: Hashable, Sendable {
    public enum Purpose: String, Sendable { case caseID = "case", subject }

    public let purpose: Purpose
    public let tag: Tag

    public init(purpose: Purpose, tag: Tag) {
        self.purpose = purpose
        self.tag = tag
    }
}

/// How much one revision of a hold takes in.
public struct HoldCounts: Equatable, Sendable {
    public var objects = 0
    public var cases = 0
    /// Of these, cases of which something is not known that the clauses ask for.
    public var unjudged: [HoldClause.Part: Int] = [:]

    public init() {}
}

/// A destroyed object of a case that is held.
public struct DestroyedBefore: Sendable {
    public let caseUID: CaseUID
    public let entry: UInt64
    public let time: Date
}
