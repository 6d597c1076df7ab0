internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
public import Vault

extension Policies {
    /// Makes a policy or terms active, in the place of its earlier version. Decisions about every object follow in
    /// short transactions; what a crash interrupts there, the next purge goes on with.
    ///
    /// - Parameters:
    ///   - digest: the impact that a person accepts; nil refuses and says which it is.
    ///   - impact: called with the impact before anything is changed; says whether the person wants it, where no
    ///     digest is given.
    public func activate(
        _ file: PolicyFile, accepting digest: String?, confirm: (PolicyImpact) -> Bool,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Permitted<PolicyImpact> {
        try session.attempt(.policies, file.path, verb: GuardedVerb.policyActivate.rawValue) {
            let (counted, set) = try session.catalog.read {
                (try self.impact(of: file, in: $0, progress: progress), try $0.activeSetNumber())
            }
            let impact = counted.impact
            var ahead: StandingsAhead?
            try Self.checkAccepted(
                digest, impact.digest, "\(file.name) v\(file.version) was not activated", confirm: { confirm(impact) })
            let request = try session.record { transaction -> RequestSummary? in
                guard try transaction.index.activeSetNumber() == set else { throw Self.otherSet }
                var effect = Effect(.policyActivate, reason: "\(file.name) v\(file.version) is to be active")
                (effect.policy, effect.version, effect.form) = (file.name, file.version, file.form.rawValue)
                (effect.text, effect.digest) = (file.text, impact.digest)
                effect.counts = [impact.earlier, impact.later, impact.never]
                effect.says = [
                    "\(file.name) v\(file.version) is active: \(impact.earlier) objects become due earlier, "
                        + "\(impact.later) later, \(impact.never) no longer; \(impact.dueNow) at once"
                ]
                // Whether it makes something go is counted by what no key vouches for: where two persons are needed, a
                // second looks at each.
                if impact.earlier > 0 || file.form == .policy && transaction.head.objects > 0,
                    try session.needsApproval(in: transaction.index)
                {
                    return try session.request(effect, transaction)
                }
                ahead = counted.ahead(at: try transaction.index.ledgerSize())
                try activate(effect, request: nil, transaction)
                return nil
            }
            if let request { return .requested(request) }
            try session.afterwards { try session.refreshStandings(ahead: ahead, progress: progress) }
            return .done(impact)
        }
    }

    private static let otherSet = ArchiveError(
        .impactNotAccepted, "another policy was activated in the meantime", remedy: "look at the impact again")

    /// Makes active what an effect has, file and all.
    @discardableResult
    func activate(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> UInt64 {
        let file = try PolicyFile(Array((effect.text ?? "").utf8), path: effect.policy ?? "")
        let rules = try session.rules(in: transaction.index)
        try check(file, against: rules, in: transaction.index)
        let counts = effect.counts ?? [0, 0, 0]
        let replaces = rules.records.first { $0.name == file.name || ($0.form == .terms && file.form == .terms) }?
            .version
        let entry = try transaction.add(
            .policyActivated(
                .init(
                    form: file.form == .policy ? .policy : .terms, policy: file.name, version: UInt64(file.version),
                    file: file.digest.hex, set: UInt64(rules.set + 1), replaces: replaces.map { UInt64($0) },
                    earlier: UInt64(counts[0]), later: UInt64(counts[1]), never: UInt64(counts[2]), request: request)))
        let record = file.record(entry: entry)
        if try transaction.index.policyRecord(file.name, version: file.version) == nil {
            try transaction.index.insert(record)
        }
        let next = try rules.replacing(with: record, resolutions: rules.engine.resolutions)
        try transaction.index.insertPolicySet(
            next.set, entry: entry, members: next.records.map { ($0.name, $0.version) })
        return entry
    }

    /// Takes a policy or terms out of force, on the record. Decisions about every object follow as with an activation.
    ///
    /// - Parameters:
    ///   - digest: the impact that a person accepts; nil refuses and says which it is.
    ///   - confirm: as with ``activate(_:accepting:confirm:progress:)``.
    public func retire(
        _ name: String, reason: Reason, accepting digest: String?, confirm: (PolicyImpact) -> Bool,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Permitted<PolicyImpact> {
        try session.attempt(.policies, verb: GuardedVerb.policyRetire.rawValue) {
            let (counted, set) = try session.catalog.read { index in
                let rules = try session.rules(in: index)
                guard let record = rules.records.first(where: { $0.name == name }) else { throw Self.notActive(name) }
                let start = PolicyImpact(retiring: record)
                return (
                    try count(start, rules, try rules.removing(name), in: index, progress: progress), rules.set
                )
            }
            let impact = counted.impact
            var ahead: StandingsAhead?
            try Self.checkAccepted(digest, impact.digest, "\(name) was not retired", confirm: { confirm(impact) })
            let done = try session.guarded { transaction in
                guard try transaction.index.activeSetNumber() == set else { throw Self.otherSet }
                var effect = Effect(.policyRetire, reason: reason.text)
                (effect.policy, effect.version, effect.digest) = (name, impact.version, impact.digest)
                effect.counts = [impact.earlier, impact.later, impact.never]
                effect.says = [
                    "\(name) v\(impact.version) is no longer in force: \(impact.earlier) objects become due "
                        + "earlier, \(impact.later) later, \(impact.never) no longer; \(impact.dueNow) at once"
                ]
                return effect
            } carryOut: { effect, request, transaction in
                ahead = counted.ahead(at: try transaction.index.ledgerSize())
                return try retire(effect, request: request, transaction)
            }
            guard case .requested(let request) = done else {
                try session.afterwards { try session.refreshStandings(ahead: ahead, progress: progress) }
                return .done(impact)
            }
            return .requested(request)
        }
    }

    private static func notActive(_ name: String) -> ArchiveError {
        ArchiveError(
            .unknownPolicy, "no policy \(PlainText.excerpt(name)) is active",
            remedy: "\(verb: .policyList) shows what is")
    }

    @discardableResult
    func retire(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> UInt64 {
        let rules = try session.rules(in: transaction.index)
        let (name, counts) = (effect.policy ?? "", effect.counts ?? [0, 0, 0])
        guard rules.records.contains(where: { $0.name == name }) else { throw Self.notActive(name) }
        let next = try rules.removing(name)
        let entry = try transaction.add(
            .policyRetired(
                .init(
                    policy: name, version: UInt64(effect.version ?? 0), set: UInt64(next.set),
                    earlier: UInt64(counts[0]),
                    later: UInt64(counts[1]), never: UInt64(counts[2]),
                    reason: try transaction.commit(effect.reason, as: "reasonCommitment"), request: request)))
        try transaction.index.insertPolicySet(
            next.set, entry: entry, members: next.records.map { ($0.name, $0.version) })
        return entry
    }

    /// Decides anew about every object, whatever the index keeps of earlier decisions.
    ///
    /// - Returns: how many objects there are.
    public func refresh(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws -> Int {
        try session.attempt(.policies, verb: "policy refresh") {
            let done = try session.refreshAll(.all) { progress($0, $1) }
            try session.refreshStandings()
            return done
        }
    }

    // MARK: Parts

    /// Sees that a person wants an impact: by its digest, or by being asked.
    ///
    /// - Parameter refusal: what did not happen otherwise.
    static func checkAccepted(
        _ given: String?, _ digest: String, _ refusal: String, confirm: () -> Bool
    ) throws(ArchiveError) {
        guard !(given.map { accepts($0, digest) } ?? confirm()) else { return }
        var error = ArchiveError(
            .impactNotAccepted,
            refusal
                + (given == nil ? ": its impact was not accepted" : ": its impact is not the one that was accepted"),
            remedy: "to accept it, run the command again with \(input: .acceptImpact) \(digest.prefix(16))")
        error.digest = digest
        throw error
    }

    /// Whether what a person gave names a digest: its first 16 digits, or more of them.
    static func accepts(_ given: String, _ digest: String) -> Bool {
        given.utf8.count >= 16 && digest.hasPrefix(given.lowercased())
    }
}
