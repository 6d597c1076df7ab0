internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
public import Retention
public import Vault

extension Policies {
    /// Decides, on the record, which of two rules counts for all objects about which they contradict each other.
    ///
    /// - Parameters:
    ///   - digest: the impact that a person accepts; nil refuses and says which it is.
    ///   - confirm: called with how many objects it is about; says whether the person wants it, where no digest is
    ///     given.
    public func resolve(
        lower: RuleName, upper: RuleName, winner: Resolution.Winner, reason: Reason, accepting digest: String? = nil,
        confirm: (Int) -> Bool, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Permitted<ResolvedConflict> {
        try session.attempt(.policies, verb: "policy resolve") {
            try session.refreshStandings(progress: progress)
            let conflicts = try conflicts(between: lower, and: upper)
            let impact = SHA256.digest(
                of: "strongroom resolution 1\n\(lower)\n\(upper)\n\(winner.rawValue)\n\(conflicts)\n".utf8
            ).hex
            if conflicts > 0 {
                let what = winner == .keep ? "be kept until the lower bound ends" : "be destroyed by the upper bound"
                try Self.checkAccepted(
                    digest, impact,
                    "nothing was resolved (\(conflicts) in conflict by these rules would \(what))",
                    confirm: { confirm(conflicts) })
            }
            let done = try session.guarded { transaction in
                let rules = try session.rules(in: transaction.index)
                try check(lower, \.atLeast, "at-least", rules)
                try check(upper, \.atMost, "at-most", rules)
                guard !rules.engine.resolutions.contains(where: { $0.lower == lower && $0.upper == upper }) else {
                    throw ArchiveError(
                        .policyActive, "the conflict of these two rules is resolved already",
                        remedy: "a new version of one of the policies takes the resolution away")
                }
                guard conflicts > 0 else {
                    throw ArchiveError(
                        .noConflict, "no object is in conflict by \(lower) and \(upper)",
                        remedy: "\(verb: .explain) shows which rules contradict each other")
                }
                var effect = Effect(.policyResolve, reason: reason.text)
                (effect.lower, effect.upper, effect.winner) = (lower.recorded, upper.recorded, winner.rawValue)
                effect.digest = impact
                effect.counts = [conflicts]
                effect.says = [
                    winner == .keep
                        ? "\(lower) counts where \(upper) contradicts it: \(conflicts) objects are kept until it ends"
                        : "\(upper) counts where \(lower) contradicts it: \(conflicts) objects are destroyed by it"
                ]
                return effect
            } carryOut: { effect, request, transaction in
                try resolve(effect, request: request, transaction)
            }
            switch done {
            case .requested(let request): return .requested(request)
            case .done(let entry):
                try session.afterwards { try session.refreshStandings(progress: progress) }
                let left = try self.conflicts(between: lower, and: upper)
                return .done(
                    ResolvedConflict(
                        entry: entry, lower: "\(lower)", upper: "\(upper)", winner: winner.rawValue,
                        objects: conflicts - left))
            }
        }
    }

    func resolve(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> UInt64 {
        guard let lower = effect.lower.flatMap(RuleName.init(recorded:)),
            let upper = effect.upper.flatMap(RuleName.init(recorded:)),
            let winner = effect.winner.flatMap(Resolution.Winner.init(rawValue:))
        else { throw CatalogError.damaged("what a request is about") }
        let rules = try session.rules(in: transaction.index)
        try check(lower, \.atLeast, "at-least", rules)
        try check(upper, \.atMost, "at-most", rules)
        let entry = try transaction.add(
            .conflictResolved(
                .init(
                    lower: .init(lower), upper: .init(upper), winner: winner == .keep ? .keep : .destroy,
                    set: UInt64(rules.set + 1), reason: try transaction.commit(effect.reason, as: "reasonCommitment"),
                    request: request)))
        try transaction.index.insert(Resolution(entry: entry, lower: lower, upper: upper, winner: winner))
        try transaction.index.insertPolicySet(
            rules.set + 1, entry: entry, members: rules.records.map { ($0.name, $0.version) })
        return entry
    }

    private func check(
        _ name: RuleName, _ bound: KeyPath<Policy.Rule, RetentionPeriod?>, _ key: String, _ rules: ActiveRules
    ) throws {
        let policy = rules.engine.policies.first { $0.name == name.policy && $0.version == name.version }
        guard policy?.rules.first(where: { $0.name == name.rule })?[keyPath: bound] != nil else {
            throw ArchiveError(.unknownPolicy, "\(name) has no \(key)", remedy: "name a rule that has one")
        }
    }

    private func conflicts(between lower: RuleName, and upper: RuleName) throws -> Int {
        try session.catalog.read { index in
            let rules = try session.rules(in: index)
            var (position, found): (CatalogPosition?, Int) = (nil, 0)
            while true {
                let rows = try index.retentionRows(.all, after: position, limit: 2000)
                guard let last = rows.last else { return found }
                position = last.position
                for row in rows where row.standing.status == .conflict {
                    let decision = rules.engine.decide(row.facts, at: session.now)
                    let names = Set(decision.decisive.map(\.name))
                    if decision.status == .conflict, names.contains(lower), names.contains(upper) { found += 1 }
                }
            }
        }
    }
}

extension RuleName {
    /// In an effect: policy, version and rule with slashes.
    fileprivate var recorded: String { "\(policy)/\(version)/\(rule)" }

    fileprivate init?(recorded text: String) {
        let parts = text.split(separator: "/").map(String.init)
        guard parts.count == 3, let version = Int(parts[1]) else { return nil }
        self.init(policy: parts[0], version: version, rule: parts[2])
    }
}

extension Event.ConflictResolved.Rule {
    init(_ name: RuleName) {
        self.init(policy: name.policy, version: UInt64(name.version), rule: name.rule)
    }
}
