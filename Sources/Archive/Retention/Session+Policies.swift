internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
public import Retention
internal import Sealing
internal import StrictYAML

extension Session {
    /// What a policy would change: every object is decided about twice. Changes nothing.
    public func simulate(
        _ file: PolicyFile, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> PolicyImpact {
        try attempt(.look, file.path) {
            try catalog.read { try impact(of: file, in: $0, progress: progress) }
        }
    }

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
        try attempt(.policies, file.path, verb: GuardedVerb.policyActivate.rawValue) {
            let (impact, set) = try catalog.read {
                (try self.impact(of: file, in: $0, progress: progress), try $0.activeSetNumber())
            }
            try Self.checkAccepted(
                digest, impact.digest, "\(file.name) v\(file.version) was not activated", confirm: { confirm(impact) })
            let request = try record { recording -> RequestSummary? in
                guard try recording.index.activeSetNumber() == set else { throw Self.otherSet }
                var effect = Effect(.policyActivate, reason: "\(file.name) v\(file.version) is to be active")
                (effect.policy, effect.version, effect.form) = (file.name, file.version, file.form.rawValue)
                (effect.text, effect.digest) = (file.text, impact.digest)
                effect.counts = [impact.earlier, impact.later, impact.never]
                effect.says = [
                    "\(file.name) v\(file.version) is active: \(impact.earlier) objects become due earlier, "
                        + "\(impact.later) later, \(impact.never) no longer; \(impact.dueNow) at once"
                ]
                // Only what makes something go needs a second person.
                if impact.earlier > 0, try needsApproval(in: recording.index) {
                    return try self.request(effect, recording)
                }
                try activate(effect, request: nil, recording)
                return nil
            }
            if let request { return .requested(request) }
            try afterwards { try refreshStandings(progress: progress) }
            return .done(impact)
        }
    }

    /// How many objects a change of policies would make due earlier now; nil for what is no such change.
    func objectsDueEarlier(by effect: Effect, in index: IndexReader) throws -> Int? {
        switch effect.verb {
        case .policyActivate:
            let file = try PolicyFile(Array((effect.text ?? "").utf8), path: effect.policy ?? "")
            return try impact(of: file, in: index, progress: { _, _ in }).earlier
        case .policyRetire:
            let rules = try rules(in: index)
            guard let record = rules.records.first(where: { $0.name == effect.policy }) else { return nil }
            return try count(
                PolicyImpact(retiring: record), rules, try rules.removing(record.name), in: index, progress: { _, _ in }
            ).earlier
        default: return nil
        }
    }

    private static let otherSet = ArchiveError(
        .impactNotAccepted, "another policy was activated in the meantime", hint: "look at the impact again")

    /// Makes active what an effect has, file and all.
    @discardableResult
    func activate(_ effect: Effect, request: UInt64?, _ recording: Recording) throws -> UInt64 {
        let file = try PolicyFile(Array((effect.text ?? "").utf8), path: effect.policy ?? "")
        let rules = try rules(in: recording.index)
        try check(file, against: rules, in: recording.index)
        let counts = effect.counts ?? [0, 0, 0]
        let replaces = rules.records.first { $0.name == file.name || ($0.form == .terms && file.form == .terms) }?
            .version
        let entry = try recording.add(
            .policyActivated(
                .init(
                    form: file.form == .policy ? .policy : .terms, policy: file.name, version: UInt64(file.version),
                    file: file.digest.hex, set: UInt64(rules.set + 1), replaces: replaces.map { UInt64($0) },
                    earlier: UInt64(counts[0]), later: UInt64(counts[1]), never: UInt64(counts[2]), request: request)))
        let record = file.record(entry: entry)
        if try recording.index.policyRecord(file.name, version: file.version) == nil {
            try recording.index.insert(record)
        }
        let next = try rules.replacing(with: record, resolutions: rules.engine.resolutions)
        try recording.index.insertPolicySet(
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
        try attempt(.policies, verb: GuardedVerb.policyRetire.rawValue) {
            let (impact, set) = try catalog.read { index in
                let rules = try rules(in: index)
                guard let record = rules.records.first(where: { $0.name == name }) else { throw Self.notActive(name) }
                let start = PolicyImpact(retiring: record)
                return (
                    try count(start, rules, try rules.removing(name), in: index, progress: progress), rules.set
                )
            }
            try Self.checkAccepted(digest, impact.digest, "\(name) was not retired", confirm: { confirm(impact) })
            let done = try guarded { recording in
                guard try recording.index.activeSetNumber() == set else { throw Self.otherSet }
                var effect = Effect(.policyRetire, reason: reason.text)
                (effect.policy, effect.version, effect.digest) = (name, impact.version, impact.digest)
                effect.counts = [impact.earlier, impact.later, impact.never]
                effect.says = [
                    "\(name) v\(impact.version) is no longer in force: \(impact.earlier) objects become due "
                        + "earlier, \(impact.later) later, \(impact.never) no longer; \(impact.dueNow) at once"
                ]
                return effect
            } carryOut: { effect, request, recording in
                try retire(effect, request: request, recording)
            }
            guard case .requested(let request) = done else {
                try afterwards { try refreshStandings(progress: progress) }
                return .done(impact)
            }
            return .requested(request)
        }
    }

    private static func notActive(_ name: String) -> ArchiveError {
        ArchiveError(
            .unknownPolicy, "no policy \(PlainText.excerpt(name)) is active",
            hint: "strongroom policy list shows what is")
    }

    @discardableResult
    func retire(_ effect: Effect, request: UInt64?, _ recording: Recording) throws -> UInt64 {
        let rules = try rules(in: recording.index)
        let (name, counts) = (effect.policy ?? "", effect.counts ?? [0, 0, 0])
        guard rules.records.contains(where: { $0.name == name }) else { throw Self.notActive(name) }
        let next = try rules.removing(name)
        let entry = try recording.add(
            .policyRetired(
                .init(
                    policy: name, version: UInt64(effect.version ?? 0), set: UInt64(next.set),
                    earlier: UInt64(counts[0]),
                    later: UInt64(counts[1]), never: UInt64(counts[2]),
                    reason: try recording.commit(effect.reason, as: "reasonCommitment"), request: request)))
        try recording.index.insertPolicySet(next.set, entry: entry, members: next.records.map { ($0.name, $0.version) })
        return entry
    }

    /// Every policy and every terms that was ever active.
    public func policies() throws -> [PolicySummary] {
        try attempt(.look) {
            try catalog.read { index in
                let active = try rules(in: index).records
                return try index.policyRecords().map { record in
                    try summary(of: record, isActive: active.contains(record), withText: false, in: index)
                }
            }
        }
    }

    /// One of them with its text; the active version, or the newest, where none is named.
    public func policy(_ name: String, version: Int?) throws -> PolicySummary {
        try attempt(.look) {
            try catalog.read { index in
                let active = try rules(in: index).records
                let known = try index.policyRecords().filter { $0.name == name }
                let record =
                    version.map { number in known.first { $0.version == number } }
                    ?? active.first { $0.name == name } ?? known.last
                guard let record else {
                    throw ArchiveError(
                        .unknownPolicy,
                        "no policy \(PlainText.excerpt(name))\(version.map { " v\($0)" } ?? "") was ever active",
                        hint: "strongroom policy list shows those that were")
                }
                return try summary(of: record, isActive: active.contains(record), withText: true, in: index)
            }
        }
    }

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
        try attempt(.policies, verb: "policy resolve") {
            try refreshStandings(progress: progress)
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
            let done = try guarded { recording in
                let rules = try rules(in: recording.index)
                try check(lower, \.atLeast, "at-least", rules)
                try check(upper, \.atMost, "at-most", rules)
                guard !rules.engine.resolutions.contains(where: { $0.lower == lower && $0.upper == upper }) else {
                    throw ArchiveError(
                        .policyActive, "the conflict of these two rules is resolved already",
                        hint: "a new version of one of the policies takes the resolution away")
                }
                guard conflicts > 0 else {
                    throw ArchiveError(
                        .noConflict, "no object is in conflict by \(lower) and \(upper)",
                        hint: "strongroom explain CASE shows which rules contradict each other")
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
            } carryOut: { effect, request, recording in
                try resolve(effect, request: request, recording)
            }
            switch done {
            case .requested(let request): return .requested(request)
            case .done(let entry):
                try afterwards { try refreshStandings(progress: progress) }
                let left = try self.conflicts(between: lower, and: upper)
                return .done(
                    ResolvedConflict(
                        entry: entry, lower: "\(lower)", upper: "\(upper)", winner: winner.rawValue,
                        objects: conflicts - left))
            }
        }
    }

    func resolve(_ effect: Effect, request: UInt64?, _ recording: Recording) throws -> UInt64 {
        guard let lower = effect.lower.flatMap(RuleName.init(recorded:)),
            let upper = effect.upper.flatMap(RuleName.init(recorded:)),
            let winner = effect.winner.flatMap(Resolution.Winner.init(rawValue:))
        else { throw CatalogError.damaged("what a request is about") }
        let rules = try rules(in: recording.index)
        try check(lower, \.atLeast, "at-least", rules)
        try check(upper, \.atMost, "at-most", rules)
        let entry = try recording.add(
            .conflictResolved(
                .init(
                    lower: .init(lower), upper: .init(upper), winner: winner == .keep ? .keep : .destroy,
                    set: UInt64(rules.set + 1), reason: try recording.commit(effect.reason, as: "reasonCommitment"),
                    request: request)))
        try recording.index.insert(Resolution(entry: entry, lower: lower, upper: upper, winner: winner))
        try recording.index.insertPolicySet(
            rules.set + 1, entry: entry, members: rules.records.map { ($0.name, $0.version) })
        return entry
    }

    /// Decides anew about every object, whatever the index keeps of earlier decisions.
    ///
    /// - Returns: how many objects there are.
    public func refreshDecisions(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws -> Int {
        try attempt(.policies, verb: "policy refresh") {
            let done = try refreshAll(.all) { progress($0, $1) }
            try refreshStandings()
            return done
        }
    }

    /// Reads `POLICY/RULE` as the rule of the active version of a policy.
    public func activeRule(_ text: String) throws -> RuleName {
        try attempt(.look) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            let active = try catalog.read { try rules(in: $0).engine.policies }
            guard parts.count == 2, let policy = active.first(where: { $0.name == parts[0] }),
                policy.rules.contains(where: { $0.name == parts[1] })
            else {
                throw ArchiveError(
                    .unknownPolicy, "'\(PlainText.excerpt(text))' is not a rule of an active policy",
                    hint:
                        "give POLICY/RULE, such as hk-amlo/evidence-of-identity; strongroom policy list shows "
                        + "the policies"
                )
            }
            return RuleName(policy: policy.name, version: policy.version, rule: parts[1])
        }
    }

    // MARK: Parts

    private func impact(
        of file: PolicyFile, in index: IndexReader, progress: (Int, Int) -> Void
    ) throws -> PolicyImpact {
        let rules = try rules(in: index)
        try check(file, against: rules, in: index)
        let next = try rules.replacing(with: file.record(entry: 0), resolutions: rules.engine.resolutions)
        return try count(PolicyImpact(file, replacing: rules), rules, next, in: index, progress: progress)
    }

    /// Decides about every object by two sets of rules.
    private func count(
        _ start: PolicyImpact, _ rules: ActiveRules, _ next: ActiveRules, in index: IndexReader,
        progress: (Int, Int) -> Void
    ) throws -> PolicyImpact {
        var impact = start
        // One time for all.
        let now = now
        if impact.form == PolicyRecord.Form.policy.rawValue {
            let total = try index.objectCount()
            var position: CatalogPosition?
            while true {
                let rows = try index.retentionRows(.all, after: position, limit: 2000)
                guard let last = rows.last else { break }
                position = last.position
                for row in rows { try compare(row, rules, next, at: now, &impact, in: index) }
                progress(impact.objects, total)
            }
        }
        impact.finish(set: rules.set)
        return impact
    }

    private func compare(
        _ row: RetentionRow, _ rules: ActiveRules, _ next: ActiveRules, at now: Date, _ impact: inout PolicyImpact,
        in index: IndexReader
    ) throws {
        // Without holds: what they keep now would go with them.
        var facts = row.facts
        facts.holds = []
        let old = rules.engine.decide(facts, at: now)
        let new = next.engine.decide(facts, at: now)
        guard let change = impact.count(old, new) else { return }
        guard impact.examples.filter({ $0.change == change }).count < PolicyImpact.examplesOfEach,
            let record = try index.caseRecord(row.caseUID)
        else { return }
        impact.examples.append(
            PolicyImpact.Example(
                change: change, caseID: try open(record).particulars.caseID, kind: row.facts.media, before: old.dueAt,
                after: new.dueAt, statusBefore: old.status.rawValue, statusAfter: new.status.rawValue))
    }

    private func check(_ file: PolicyFile, against rules: ActiveRules, in index: IndexReader) throws {
        if let active = rules.records.first(where: { $0.name == file.name }), active.form != file.form {
            throw ArchiveError(
                .policyExists,
                "\(file.name) is the name of \(active.form == .terms ? "terms" : "a policy") that is active",
                hint: "give it another name")
        }
        if let known = try index.policyRecord(file.name, version: file.version), known.digest != file.digest {
            throw ArchiveError(
                .policyExists, "\(file.name) v\(file.version) was activated with other contents",
                hint: "a policy never changes once it was active: give the file a new version")
        }
        guard !rules.records.contains(where: { $0.name == file.name && $0.version == file.version }) else {
            throw ArchiveError(
                .policyActive, "\(file.name) v\(file.version) is active already", hint: "there is nothing to do")
        }
        let newest = try index.policyRecords().filter { $0.name == file.name }.map(\.version).max()
        if let newest, file.version < newest, try index.policyRecord(file.name, version: file.version) == nil {
            throw ArchiveError(
                .policyExists, "\(file.name) v\(file.version) is older than v\(newest), which was active",
                hint: "give the file a version above \(newest)")
        }
    }

    private func check(
        _ name: RuleName, _ bound: KeyPath<Policy.Rule, RetentionPeriod?>, _ key: String, _ rules: ActiveRules
    ) throws {
        let policy = rules.engine.policies.first { $0.name == name.policy && $0.version == name.version }
        guard policy?.rules.first(where: { $0.name == name.rule })?[keyPath: bound] != nil else {
            throw ArchiveError(.unknownPolicy, "\(name) has no \(key)", hint: "name a rule that has one")
        }
    }

    private func conflicts(between lower: RuleName, and upper: RuleName) throws -> Int {
        try catalog.read { index in
            let rules = try rules(in: index)
            var (position, found): (CatalogPosition?, Int) = (nil, 0)
            while true {
                let rows = try index.retentionRows(.all, after: position, limit: 2000)
                guard let last = rows.last else { return found }
                position = last.position
                for row in rows where row.standing.status == .conflict {
                    let decision = rules.engine.decide(row.facts, at: now)
                    let names = Set(decision.decisive.map(\.name))
                    if decision.status == .conflict, names.contains(lower), names.contains(upper) { found += 1 }
                }
            }
        }
    }

    private func summary(
        of record: PolicyRecord, isActive: Bool, withText: Bool, in index: IndexReader
    ) throws -> PolicySummary {
        let activation = try newestActivation(of: record, in: index)
        let title = record.form == .terms ? try? Terms(yaml: record.text).title : try? Policy(yaml: record.text).title
        return PolicySummary(
            form: record.form.rawValue, policy: record.name, version: record.version, title: title ?? "",
            isActive: isActive, file: record.digest.hex, entry: activation.number,
            activatedAt: activation.time, text: withText ? record.text : nil)
    }

    /// The entry that activated it last.
    private func newestActivation(
        of record: PolicyRecord, in index: IndexReader
    ) throws -> (number: UInt64, time: Date) {
        var filter = LedgerFilter()
        filter.kind = Event.Kind.policyActivated.rawValue
        for row in try index.ledgerRows(filter, from: record.entry, limit: .max).reversed() {
            guard case .policyActivated(let event) = try Entry(row.bytes).event, event.policy == record.name,
                event.version == UInt64(record.version)
            else { continue }
            return (row.number, row.time)
        }
        throw CatalogError.damaged("the activation of \(record.name) v\(record.version) is not on the ledger")
    }

    /// Sees that a person wants an impact: by its digest, or by being asked.
    ///
    /// - Parameter refusal: what did not happen otherwise.
    private static func checkAccepted(
        _ given: String?, _ digest: String, _ refusal: String, confirm: () -> Bool
    ) throws(ArchiveError) {
        guard !(given.map { accepts($0, digest) } ?? confirm()) else { return }
        var error = ArchiveError(
            .impactNotAccepted,
            refusal
                + (given == nil ? ": its impact was not accepted" : ": its impact is not the one that was accepted"),
            hint: "to accept it, run the command again with --accept-impact \(digest.prefix(16))")
        error.digest = digest
        throw error
    }

    /// Whether what a person gave names a digest: its first 16 digits, or more of them.
    static func accepts(_ given: String, _ digest: String) -> Bool {
        given.utf8.count >= 16 && digest.hasPrefix(given.lowercased())
    }
}

extension PolicyImpact {
    fileprivate init(retiring record: PolicyRecord) {
        self.init(
            form: record.form.rawValue, policy: record.name, version: record.version, title: "no longer in force",
            file: record.digest.hex, replaces: nil)
    }

    fileprivate init(_ file: PolicyFile, replacing rules: ActiveRules) {
        self.init(
            form: file.form.rawValue, policy: file.name, version: file.version, title: file.title,
            file: file.digest.hex,
            replaces: rules.records.first { $0.name == file.name || ($0.form == .terms && file.form == .terms) }?
                .version)
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
