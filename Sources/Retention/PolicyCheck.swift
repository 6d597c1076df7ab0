internal import Base
internal import Foundation
public import StrictYAML

/// What reading policies together shows: they are valid, and yet perhaps not what was meant.
public struct PolicyFinding: Equatable, Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Bounds that no object can satisfy.
        case contradiction
        /// A rule that is never used.
        case unreachable
        /// Two rules of a policy that are about the same.
        case overlap
        /// Something is kept, and nothing says when it goes.
        case noUpperBound = "no-upper-bound"
        /// A rule waits for an event that may never come.
        case noBackstop = "no-backstop"
        /// An event that no rule waits for.
        case unusedEvent = "unused-event"
        /// Media for which no rule says anything.
        case uncovered
        /// A kind of media that the vendor's answers do not have.
        case unknownMedia = "unknown-media"
        /// An upper bound that in some months is shorter than the lower one.
        case closeBounds = "close-bounds"
        /// A source whose text nobody read.
        case unchecked
        /// The rules tell more classes of objects apart than were looked at.
        case incomplete
    }

    public let kind: Kind
    /// The policy that it is about.
    public let policy: String
    public let position: YAMLPosition?
    /// A sentence without a full stop.
    public let message: String
}

/// Looks at policies as they would be active together.
public struct PolicyCheck {
    /// The kinds of media that the vendor's answers bring.
    public static let knownMedia = ["action-video", "best-frame", "result", "video"]

    private let policies: [Policy]
    private let engine: RetentionEngine
    private var findings: [PolicyFinding] = []

    public init(_ policies: [Policy]) {
        self.policies = policies
        engine = RetentionEngine(policies: policies)
    }

    /// Every finding, each once, the policies in their order.
    public mutating func run() -> [PolicyFinding] {
        findings = []
        guard !policies.isEmpty else { return [] }
        checkEach()
        checkClasses()
        return findings
    }

    private mutating func find(
        _ kind: PolicyFinding.Kind, _ policy: String, _ rule: Policy.Rule?, _ message: String
    ) {
        let finding = PolicyFinding(kind: kind, policy: policy, position: rule?.position, message: message)
        if !findings.contains(finding) { findings.append(finding) }
    }

    private mutating func checkEach() {
        for policy in policies {
            var awaited: Set<String> = []
            for rule in policy.rules {
                if case .event(let event) = rule.anchor {
                    awaited.insert(event)
                    if rule.atLeast == nil {
                        find(
                            .noBackstop, policy.name, rule,
                            "rule \(rule.name) ends nothing until \(event) is recorded; where it never is, "
                                + "another rule has to"
                        )
                    }
                    if rule.atLeast != nil, rule.backstop == nil {
                        find(
                            .noBackstop, policy.name, rule,
                            "rule \(rule.name) keeps until \(event) has happened; without a backstop, for ever "
                                + "where it is never recorded"
                        )
                    }
                }
                for kind in rule.media ?? []
                where !Self.knownMedia.contains(kind) && kind != MediaKind.unreadableAnswer.name {
                    find(
                        .unknownMedia, policy.name, rule,
                        "rule \(rule.name) is about \(kind), which no answer of the vendor has")
                }
                if let least = rule.atLeast, let most = rule.atMost, most.comparison(with: least) == .sometimesShorter {
                    find(
                        .closeBounds, policy.name, rule,
                        "rule \(rule.name): in some months \(most.text) is shorter than \(least.text)")
                }
            }
            for event in policy.events.keys.sorted() where !awaited.contains(event) {
                find(.unusedEvent, policy.name, nil, "the event \(event) is declared, and no rule waits for it")
            }
            for basis in policy.basis where !basis.isChecked {
                find(
                    .unchecked, policy.name, nil,
                    "\(basis.cite): \(basis.checked); read the text itself, and write down when")
            }
        }
    }

    // MARK: Classes of objects

    /// Classes that are looked at, at most.
    private static let mostClasses = 20_000

    /// Everything that rules can tell apart: one object of each class is decided about.
    private mutating func classes() -> [ObjectFacts] {
        // A code that nobody has stands for all that no policy names.
        let places = Set(
            policies.flatMap { $0.appliesTo.jurisdictions ?? [] }.map { $0 == Policy.anyJurisdiction ? "ZZ" : $0 })
        let media = Set(policies.flatMap { $0.rules.flatMap { $0.media ?? [] } }).union(Self.knownMedia)
        // Codes that no policy names stand for all others; one that is named may be of either verdict.
        var outcomes = Set(Outcome.Verdict.allCases.map { Outcome($0, code: "any-\($0.rawValue)") })
        for policy in policies {
            for rule in policy.rules {
                guard case .codes(let listed) = rule.outcome else { continue }
                for code in listed { outcomes.formUnion(Outcome.Verdict.allCases.map { Outcome($0, code: code) }) }
            }
        }
        let purposes = Set<String?>(policies.flatMap { $0.appliesTo.purposes ?? [] }.map { $0 }).union([nil])
        let day = Date(timeIntervalSince1970: 1_704_067_200)
        var classes: [ObjectFacts] = []
        for place in places.isEmpty ? [nil] : places.sorted().map({ Optional($0) }) {
            for purpose in purposes.sorted(by: { $0 ?? "" < $1 ?? "" }) {
                for kind in media.sorted() {
                    for outcome in outcomes.sorted(by: {
                        ($0.verdict.rawValue, $0.code) < ($1.verdict.rawValue, $1.code)
                    }) {
                        guard classes.count < Self.mostClasses else {
                            find(
                                .incomplete, policies[0].name, nil,
                                "only \(Self.mostClasses) of the classes that the rules tell apart were looked at")
                            return classes
                        }
                        classes.append(
                            ObjectFacts(
                                media: kind, outcome: outcome, jurisdictions: place.map { [$0] } ?? [],
                                purpose: purpose,
                                captured: day...day, archived: day))
                    }
                }
            }
        }
        return classes
    }

    private mutating func checkClasses() {
        var used: Set<RuleName> = []
        var uncovered: [String: Set<String>] = [:]
        for facts in classes() {
            let clauses = engine.clauses(for: facts)
            used.formUnion(clauses.map(\.name))
            let place = facts.jurisdictions.first ?? "cases without a jurisdiction"
            if clauses.isEmpty {
                uncovered[place, default: []].insert("\(facts.media) (\(facts.outcome!.verdict.rawValue))")
                continue
            }
            for (index, clause) in clauses.enumerated() {
                for other in clauses[(index + 1)...] { compare(clause, other) }
            }
            if clauses.contains(where: { $0.rule.atLeast != nil }), !clauses.contains(where: { $0.rule.atMost != nil })
            {
                let clause = clauses.first { $0.rule.atLeast != nil }!
                find(
                    .noUpperBound, clause.name.policy, clause.rule,
                    "rule \(clause.name.rule) keeps \(facts.media), and nothing says when it has to go (\(place))")
            }
        }
        checkPairs()
        for policy in policies {
            for rule in policy.rules {
                let name = RuleName(policy: policy.name, version: policy.version, rule: rule.name)
                if !used.contains(name) {
                    find(
                        .unreachable, policy.name, rule,
                        "rule \(rule.name) is never used: other rules match everything that it is about")
                }
            }
        }
        for (place, what) in uncovered.sorted(by: { $0.key < $1.key }) {
            let scope = policies.first { $0.appliesTo.jurisdictions?.contains(place) ?? true }
            find(
                .uncovered, scope?.name ?? "", nil, "\(place): no rule covers \(what.sorted().joined(separator: ", "))")
        }
    }

    /// Cases that belong to two places, each with a policy of its own.
    private mutating func checkPairs() {
        let day = Date(timeIntervalSince1970: 1_704_067_200)
        for (number, policy) in policies.enumerated() {
            for other in policies[(number + 1)...] {
                guard let here = policy.appliesTo.jurisdictions, let there = other.appliesTo.jurisdictions,
                    Set(here).isDisjoint(with: there), let a = here.first, let b = there.first
                else { continue }
                for kind in Self.knownMedia {
                    for verdict in Outcome.Verdict.allCases {
                        let facts = ObjectFacts(
                            media: kind, outcome: Outcome(verdict, code: "any-\(verdict.rawValue)"),
                            jurisdictions: [a, b],
                            purpose: policy.appliesTo.purposes?.first ?? other.appliesTo.purposes?.first,
                            captured: day...day,
                            archived: day)
                        let clauses = engine.clauses(for: facts)
                        let (mine, theirs) = (
                            clauses.filter { $0.name.policy == policy.name },
                            clauses.filter { $0.name.policy == other.name }
                        )
                        for clause in mine {
                            for rival in theirs { compare(clause, rival, inBoth: "in a case of \(a) and \(b), ") }
                        }
                    }
                }
            }
        }
    }

    /// Two rules that are about the same object.
    private mutating func compare(_ a: Clause, _ b: Clause, inBoth place: String = "") {
        if a.name.policy == b.name.policy {
            let sides = { (rule: Policy.Rule) in (rule.atLeast != nil, rule.atMost != nil) }
            let (first, second) = (sides(a.rule), sides(b.rule))
            if (first.0 && second.0) || (first.1 && second.1) {
                find(
                    .overlap, b.name.policy, b.rule,
                    "rules \(a.name.rule) and \(b.name.rule) are about the same; the latest lower and the "
                        + "earliest upper bound count"
                )
            }
        }
        for (lower, upper) in [(a, b), (b, a)] {
            guard let least = lower.rule.atLeast, let most = upper.rule.atMost else { continue }
            let what =
                "\(place)\(lower.name) keeps for \(least.words) after \(lower.rule.anchor.name), \(upper.name) "
                + "wants it gone within \(most.words) after \(upper.rule.anchor.name)"
            if lower.rule.anchor == upper.rule.anchor {
                if most.comparison(with: least) != .notShorter {
                    find(
                        .contradiction, upper.name.policy, upper.rule,
                        "\(what): it will be kept, and counted as a conflict")
                }
            } else if case .event = lower.rule.anchor {
                find(.contradiction, upper.name.policy, upper.rule, "\(what): a conflict wherever the event comes late")
            } else if most.months < least.months {
                find(.contradiction, upper.name.policy, upper.rule, "\(what): a conflict unless the event comes late")
            }
        }
    }
}
