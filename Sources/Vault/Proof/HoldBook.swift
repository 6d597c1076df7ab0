package import Base
package import Catalog
package import Foundation
package import Ledger
package import Retention
internal import Sealing

/// What is held, by the ledger alone: what destruction asks before it believes the index. Pure.
package struct HoldBook {
    /// One revision.
    package struct Scope {
        package let revision: Int
        package var form: Event.HoldPlaced.Form
        package var clauses: [HoldClause] = []
        package var judgedOnly = false
        /// Who began it.
        package let author: ActorUID
        /// The first entry of it: from here on it binds.
        package let entry: UInt64
        package let startedAt: Date
        package var cases: Set<CaseUID> = []
        package var expected: Set<HoldExpectation> = []
        /// Its last entry has come.
        package var isPlaced = false
        /// The revision that takes it back, and until when it cools.
        package var narrowedBy: Int?
        package var coolingUntil: Date?
        package var hasEnded = false
    }

    package struct Exclusion {
        package let revision: Int
        package let coolingUntil: Date
        package var hasEnded = false
    }

    package struct Hold {
        package let uid: HoldUID
        package let author: ActorUID
        package var placedAt: Date
        /// Of its first `hold placed`; of its first entry, while it is being placed.
        package var entry: UInt64
        package var reviewBy = Date.distantFuture
        package var isConfidential = false
        /// The tag of its matter in hexadecimal, and the number of the tagging key.
        package var matterTag = ""
        package var tagKey: UInt64 = 0
        /// By their revisions.
        package var scopes: [Int: Scope] = [:]
        package var exclusions: [CaseUID: [Exclusion]] = [:]
        package var revision = 0
        package var coolingUntil: Date?
        package var releasedAt: Date?
        package var endedAt: Date?
        package var endCause: Event.HoldEnded.Cause?

        package var state: HoldRecord.State {
            endedAt != nil ? .ended : releasedAt != nil ? .released : scopes[1]?.isPlaced == true ? .standing : .placing
        }

        package func state(of scope: Scope) -> HoldScopeRecord.State {
            scope.hasEnded || endedAt != nil
                ? .ended
                : releasedAt != nil || scope.narrowedBy != nil ? .cooling : scope.isPlaced ? .standing : .placing
        }
    }

    package static let kinds: [Event.Kind] = [
        .holdPlaced, .holdCovers, .holdExpects, .holdNarrowed, .holdReleased, .holdEnded, .holdAcknowledged,
        .forkAccepted,
    ]
    /// Tags of matters that were held before a fork was accepted, and were not placed again since.
    package private(set) var lost: Set<String> = []

    /// Rules that were published before a fork was accepted, with the entry that accepted it.
    package private(set) var lostRules: [(fork: UInt64, rule: LostRule)] = []

    /// In the order in which they began.
    package private(set) var order: [HoldUID] = []
    package private(set) var holds: [HoldUID: Hold] = [:]
    /// What contradicts itself: sentences.
    package private(set) var contradictions: [String] = []
    /// Scopes with clauses that have not ended, asked together.
    private var clauseSet = HoldClauseSet([])
    private var clausePlaces: [HoldScopeName] = []
    private var namedIn: [CaseUID: [HoldScopeName]] = [:]
    private var expectedIn: [HoldExpectation: [HoldScopeName]] = [:]
    private var everything: [HoldScopeName] = []
    private var needsRebuild = false

    package init() {}

    package mutating func apply(_ entry: Entry, number: UInt64) {
        func contradict(_ what: String) { contradictions.append("entry \(number): \(what)") }
        switch entry.event {
        case .forkAccepted(let event):
            lost.formUnion(event.lostHolds ?? [])
            for code in event.lostRules ?? [] {
                guard let rule = LostRule(code: code) else {
                    contradict("it names a rule that is none")
                    continue
                }
                lostRules.append((number, rule))
            }
        case .holdCovers(let event):
            begin(event.hold, Int(clamping: event.revision), entry, number)
            let name = HoldScopeName(hold: event.hold, revision: Int(clamping: event.revision))
            for uid in event.cases where holds[name.hold]!.scopes[name.revision]!.cases.insert(uid).inserted {
                namedIn[uid, default: []].append(name)
            }
        case .holdExpects(let event):
            begin(event.hold, Int(clamping: event.revision), entry, number)
            let name = HoldScopeName(hold: event.hold, revision: Int(clamping: event.revision))
            for text in event.tags {
                guard let bytes = [UInt8](hex: text) else { continue }
                let expectation = HoldExpectation(
                    purpose: event.purpose == .caseID ? .caseID : .subject,
                    tag: Tag(keyNumber: UInt32(truncatingIfNeeded: event.tagKey), bytes: bytes))
                guard holds[name.hold]!.scopes[name.revision]!.expected.insert(expectation).inserted else { continue }
                expectedIn[expectation, default: []].append(name)
            }
        case .holdPlaced(let event):
            let revision = Int(clamping: event.revision)
            if event.form != .review { lost.remove(event.matterTag) }
            if event.form == .review {
                guard holds[event.hold] != nil else { return contradict("the hold was never placed") }
            } else {
                begin(event.hold, revision, entry, number)
                var scope = holds[event.hold]!.scopes[revision]!
                if scope.isPlaced { contradict("the revision was placed before") }
                (scope.form, scope.isPlaced, scope.judgedOnly) = (event.form, true, event.judgedOnly ?? false)
                scope.clauses = (event.clauses ?? []).map { HoldClause($0) }
                if UInt64(scope.cases.count) != event.cases || UInt64(scope.expected.count) != event.expected {
                    contradict("the cases of the hold are not those that were named")
                }
                holds[event.hold]!.scopes[revision] = scope
                if event.form == .where || event.form == .everything { needsRebuild = true }
            }
            var hold = holds[event.hold]!
            if hold.endedAt != nil || hold.releasedAt != nil { contradict("the hold was lifted before") }
            if revision == 1 { (hold.placedAt, hold.entry) = (entry.time, number) }
            hold.reviewBy = event.reviewBy
            hold.isConfidential = event.isConfidential
            (hold.matterTag, hold.tagKey) = (event.matterTag, event.tagKey)
            hold.revision = max(hold.revision, revision)
            holds[event.hold] = hold
        case .holdNarrowed(let event):
            guard var hold = holds[event.hold] else { return contradict("the hold was never placed") }
            let revision = Int(clamping: event.revision)
            hold.revision = max(hold.revision, revision)
            for uid in event.cases ?? [] {
                hold.exclusions[uid, default: []].append(
                    Exclusion(revision: revision, coolingUntil: event.coolingUntil))
            }
            if let scope = event.scope.map({ Int(clamping: $0) }) {
                guard hold.scopes[scope] != nil else { return contradict("the hold has no such revision") }
                hold.scopes[scope]!.narrowedBy = revision
                hold.scopes[scope]!.coolingUntil = event.coolingUntil
            }
            holds[event.hold] = hold
        case .holdReleased(let event):
            guard holds[event.hold] != nil else { return contradict("the hold was never placed") }
            holds[event.hold]!.releasedAt = entry.time
            holds[event.hold]!.coolingUntil = event.coolingUntil
        case .holdEnded(let event):
            guard var hold = holds[event.hold] else { return contradict("the hold was never placed") }
            switch event.cause {
            case .released:
                if hold.coolingUntil.map({ entry.time < $0 }) ?? true { contradict("the hold had not cooled") }
                hold.endedAt = entry.time
            case .withdrawn:
                if hold.scopes[1]?.isPlaced == true { contradict("the hold was placed to its end") }
                hold.endedAt = entry.time
            case .narrowed:
                let revision = Int(clamping: event.revision ?? 0)
                for (number, scope) in hold.scopes where scope.narrowedBy == revision {
                    if scope.coolingUntil.map({ entry.time < $0 }) ?? true { contradict("the revision had not cooled") }
                    hold.scopes[number]!.hasEnded = true
                }
                for (uid, exclusions) in hold.exclusions {
                    for place in exclusions.indices where exclusions[place].revision == revision {
                        if entry.time < exclusions[place].coolingUntil { contradict("a case had not cooled") }
                        hold.exclusions[uid]![place].hasEnded = true
                    }
                }
            }
            hold.endCause = event.cause
            holds[event.hold] = hold
            needsRebuild = true
        case .holdAcknowledged(let event):
            if holds[event.hold] == nil { contradict("the hold was never placed") }
        default: break
        }
    }

    /// Makes a hold and its revision, where this is the first entry about it.
    private mutating func begin(_ uid: HoldUID, _ revision: Int, _ entry: Entry, _ number: UInt64) {
        if holds[uid] == nil {
            order.append(uid)
            holds[uid] = Hold(uid: uid, author: entry.actor.uid, placedAt: entry.time, entry: number)
        }
        holds[uid]!.revision = max(holds[uid]!.revision, revision)
        if holds[uid]!.scopes[revision] == nil {
            holds[uid]!.scopes[revision] = Scope(
                revision: revision, form: .cases, author: entry.actor.uid, entry: number, startedAt: entry.time)
        }
    }

    /// Gathers the clauses that count, once many entries were read.
    package mutating func prepare() { if needsRebuild { rebuild() } }

    private mutating func rebuild() {
        needsRebuild = false
        var members: [HoldClauseSet.Member] = []
        (clausePlaces, everything) = ([], [])
        for uid in order {
            guard let hold = holds[uid], hold.endedAt == nil else { continue }
            for scope in hold.scopes.values.sorted(by: { $0.revision < $1.revision }) where !scope.hasEnded {
                let name = HoldScopeName(hold: uid, revision: scope.revision)
                if scope.form == .everything { everything.append(name) }
                for clause in scope.clauses {
                    members.append(HoldClauseSet.Member(clause, judgedOnly: scope.judgedOnly))
                    clausePlaces.append(name)
                }
            }
        }
        clauseSet = HoldClauseSet(members)
    }

    // MARK: Asking

    /// An object as it was at several times: what is known of its case can grow.
    package struct History {
        package struct Version {
            package let facts: HoldClause.Facts
            /// The entry with which it ended; nil for what is known now.
            package let until: UInt64?
        }

        package let object: ObjectUID
        package let caseUID: CaseUID
        /// The entry that archived it.
        package let entry: UInt64
        /// In their order.
        package let versions: [Version]
    }

    /// Whether any hold waits for cases or persons to come.
    package var expectsAny: Bool { !expectedIn.isEmpty }

    /// Whether any hold has not ended.
    package var isEmpty: Bool { !holds.values.contains { $0.endedAt == nil } }

    /// The holds that bind an object: those that take it in, or took it in at any time since they were placed and it
    /// was archived, and have not ended.
    ///
    /// - Parameter tags: of its case's ID and subject, under the keys that are live.
    package func binding(_ object: History, expected tags: [HoldExpectation]) -> Set<HoldUID> {
        Set(bindingScopes(object, expected: tags).map(\.hold))
    }

    /// The same, with the revisions by which they do.
    package func bindingScopes(_ object: History, expected tags: [HoldExpectation]) -> Set<HoldScopeName> {
        precondition(!needsRebuild, "prepare comes first")
        var found: Set<HoldScopeName> = []
        func add(_ name: HoldScopeName) {
            guard !found.contains(name), binds(name, caseUID: object.caseUID) else { return }
            found.insert(name)
        }
        everything.forEach(add)
        namedIn[object.caseUID]?.forEach(add)
        for tag in tags { expectedIn[tag]?.forEach(add) }
        guard !clausePlaces.isEmpty else { return found }
        for version in object.versions {
            for place in clauseSet.takingIn(version.facts) {
                let name = clausePlaces[place]
                guard let scope = holds[name.hold]?.scopes[name.revision],
                    version.until.map({ $0 > max(scope.entry, object.entry) }) ?? true
                else { continue }
                add(name)
            }
        }
        return found
    }

    /// The holds that name a case, or expect it.
    func bindingCase(_ uid: CaseUID, expected tags: [HoldExpectation]) -> Set<HoldUID> {
        let names = everything + (namedIn[uid] ?? []) + tags.flatMap { expectedIn[$0] ?? [] }
        return Set(names.filter { binds($0, caseUID: uid) }.map(\.hold))
    }

    private func binds(_ name: HoldScopeName, caseUID: CaseUID) -> Bool {
        guard let hold = holds[name.hold], hold.endedAt == nil, let scope = hold.scopes[name.revision], !scope.hasEnded
        else { return false }
        return !(hold.exclusions[caseUID]?.contains { $0.hasEnded && $0.revision > name.revision } ?? false)
    }
}

extension HoldClause {
    package init(_ clause: Event.HoldPlaced.Clause) {
        self.init(
            media: clause.media.map { Set($0) }, jurisdictions: clause.jurisdictions.map { Set($0) },
            purposes: clause.purposes.map { Set($0) }, outcomes: clause.outcomes.map { Set($0) },
            captured: .init(from: clause.capturedFrom, before: clause.capturedBefore),
            archived: .init(from: clause.archivedFrom, before: clause.archivedBefore))
    }

    /// As an entry has it.
    package var recorded: Event.HoldPlaced.Clause {
        Event.HoldPlaced.Clause(
            media: media?.sorted(), jurisdictions: jurisdictions?.sorted(), purposes: purposes?.sorted(),
            outcomes: outcomes?.sorted(), capturedFrom: captured.from, capturedBefore: captured.before,
            archivedFrom: archived.from, archivedBefore: archived.before)
    }
}
