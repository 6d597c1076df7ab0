public import Base
internal import Catalog
public import Foundation
internal import Ledger
public import Vault

/// An order to preserve, as a person gives it.
public struct HoldOrder: Sendable {
    /// What it takes in.
    public enum Scope: Sendable {
        /// Cases by their IDs, in the archive or not yet.
        case cases([CaseID])
        /// Every case of a person, those to come included.
        case subject(String)
        case expression(String, judgedOnly: Bool, timeZone: TimeZone)
        case everything
        /// Nothing new: only another day of review.
        case review
    }

    public let matter: Matter
    public let reason: Reason
    /// When somebody looks again whether it is still needed; nothing ends by itself.
    public let reviewBy: Date?
    public let scope: Scope
    /// Who may not know sees no more than that the law keeps something.
    public let isConfidential: Bool

    public init(matter: Matter, reason: Reason, reviewBy: Date?, scope: Scope, isConfidential: Bool = false) {
        self.matter = matter
        self.reason = reason
        self.reviewBy = reviewBy
        self.scope = scope
        self.isConfidential = isConfidential
    }
}

/// The name of a legal affair: 1 to 200 bytes of UTF-8, as a ``Base/ComparedName``.
public struct Matter: Hashable, Sendable {
    public let text: String

    public init(_ text: String) throws(ArchiveError) {
        self.text = try PlainText.name(text, "matter", longest: 200, code: .badMatter)
    }
}

/// What an order did, or would do.
public struct HoldAnswer: Encodable, Sendable {
    public let matter: String
    /// The hold's UID.
    public let hold: String
    public let revision: Int
    /// The ledger entry that says so; null of a preview.
    @OrNull public var entry: UInt64?
    public internal(set) var heldObjects = 0
    public internal(set) var heldCases = 0
    /// Cases that are not in the archive: they are held when they come.
    public internal(set) var unknownCases: [String] = []
    /// What was destroyed before this order.
    public internal(set) var alreadyDestroyed: [Destroyed] = []
    /// Cases that the expression cannot judge, by what is not known of them; they are held, too.
    public internal(set) var unjudged: [String: Int] = [:]
    /// The expression in its one form.
    @OrNull public var expression: String?
    public let isPreview: Bool
    /// Nothing was added but another day of review.
    public internal(set) var isReview = false
    /// A person is named, whose other cases are held when they come.
    public internal(set) var expectsSubject = false
    /// This machine has noted that the hold stands: an older copy of the archive is known as such.
    public internal(set) var isMarked = true
    /// Of the unknown cases, those that look like a case of the archive, with that.
    public internal(set) var lookalikes: [String: String] = [:]
    /// Another matter that this new one looks like.
    @OrNull public internal(set) var matterLooksLike: String?

    public struct Destroyed: Encodable, Sendable {
        public let caseID: String
        /// The ledger entry of its destruction.
        public let entry: UInt64
        public let at: Date
        /// The whole case is gone, and not only some of its media.
        public let isWhole: Bool
    }
}

/// A hold for people and programs.
public struct HoldSummary: Encodable, Sendable {
    public let matter: String
    public let hold: String
    /// `placing`, `standing`, `released` (it cools) or `ended`.
    public let state: String
    public let placedAt: Date
    public let placedBy: String
    public let placedByKnown: String
    public let reviewBy: Date
    public let isOverdue: Bool
    public let isConfidential: Bool
    @OrNull public var reason: String?
    @OrNull public var releasedAt: Date?
    @OrNull public var coolingUntil: Date?
    @OrNull public var endedAt: Date?
    public let revisions: [HoldRevision]
    /// Cases that were taken out, by the revision that did it.
    public let narrowings: [HoldNarrowing]
    public internal(set) var acknowledgements: [HoldAcknowledgement] = []
    /// Counted only where one hold is asked about.
    @OrNull public var heldObjects: Int?
    @OrNull public var heldCases: Int?
    /// What it takes in is still being pinned; it protects all the same.
    public internal(set) var isCompiling = false
}

/// Cases that a revision takes out of a hold.
public struct HoldNarrowing: Encodable, Sendable {
    public let revision: Int
    public let cases: Int
    /// Until then they are held as before.
    public let coolingUntil: Date
    /// They are free.
    public let hasEnded: Bool
}

public struct HoldRevision: Encodable, Sendable {
    public let revision: Int
    /// `cases`, `where` or `everything`.
    public let form: String
    /// `placing`, `standing`, `cooling` or `ended`.
    public let state: String
    public let since: Date
    /// The first ledger entry of it.
    public let entry: UInt64
    @OrNull public var expression: String?
    public let judgedOnly: Bool
    /// Cases that it names.
    public let cases: Int
    /// Cases and persons that it expects.
    public let expected: Int
    @OrNull public var coolingUntil: Date?
}

public struct HoldAcknowledgement: Encodable, Sendable {
    public let reader: String
    public let at: Date
    public let revision: Int
    public let entry: UInt64
}

/// What a change of a hold did.
public struct HoldChange: Encodable, Sendable {
    public let matter: String
    public let entry: UInt64
    public let coolingUntil: Date
    public let sentence: String
}

extension Event.HoldPlaced.Form {
    init(_ form: HoldScopeRecord.Form) {
        self =
            switch form {
            case .cases: .cases
            case .where: .where
            case .everything: .everything
            }
    }
}
