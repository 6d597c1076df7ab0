internal import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing
public import Vault

extension Destruction {
    /// Writes down what is due by a time, and why, to a new file.
    ///
    /// - Parameter until: now, where it is not given.
    public func plan(
        until: Date?, to path: String, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> PurgePlanSummary {
        try session.attempt(.purge, verb: "purge plan") {
            try checkAbsent(path, files: session.effects.files)
            try prepare(progress: progress)
            let now = session.now
            let until = until ?? now
            return try session.catalog.read { index in
                let rules = try session.rules(in: index)
                var (items, bytes, overdue) = ([PurgePlan.Item](), UInt64(0), 0)
                var cases: Set<CaseUID> = []
                var names: [CaseUID: String] = [:]
                var (examples, order): ([CaseUID: (media: [String], dueSince: Date)], [CaseUID]) = ([:], [])
                var dropped = try heldBack(in: index)
                var position: CatalogPosition?
                while true {
                    let rows = try index.retentionRows(.due(by: until), after: position, limit: 1000)
                    guard let last = rows.last else { break }
                    position = last.position
                    for row in rows {
                        let decision = rules.engine.decide(row.facts, at: until)
                        guard decision.status.isDue else {
                            dropped[decision.status.rawValue, default: 0] += 1
                            continue
                        }
                        if decision.status == .overdue { overdue += 1 }
                        // What stands in its way now has ended by then.
                        let now = row.standing.status.rawValue
                        if let count = dropped[now] { dropped[now] = count > 1 ? count - 1 : nil }
                        bytes += row.length
                        cases.insert(row.caseUID)
                        let rule = decision.decisive.first { $0.side == .atMost }
                        items.append(
                            PurgePlan.Item(
                                object: row.object.hex, caseUID: row.caseUID.hex, media: row.facts.media,
                                length: row.length, dueSince: Timestamp.exact(row.standing.dueAt ?? until),
                                rule: rule.map { "\($0.name)" },
                                caseID: try name(of: row.caseUID, &names, in: index)))
                        if examples[row.caseUID] == nil, examples.count < Self.mostExamples {
                            order.append(row.caseUID)
                        }
                        if examples[row.caseUID] != nil || order.last == row.caseUID {
                            examples[row.caseUID, default: ([], row.standing.dueAt ?? until)].media.append(
                                row.facts.media)
                        }
                    }
                }
                var plan = PurgePlan(
                    archive: session.configuration.archiveUID,
                    id: String(UID<PurgePlan>(from: session.effects.randomness).hex.prefix(8)), madeAt: now,
                    until: until,
                    validUntil: now.addingTimeInterval(session.configuration.retention.planLifetime), rules: rules,
                    objects: items, bytes: bytes, dropped: dropped)
                try plan.sign(session.keyring)
                try plan.encoded().withUnsafeBytes { try session.effects.files.createDurably(path, bytes: $0) }
                let (share, exceeds) = try share(of: items.count, in: index)
                let settings = session.configuration.retention
                return PurgePlanSummary(
                    id: plan.id, digest: plan.digest, output: path, objects: items.count, cases: cases.count,
                    bytes: bytes, until: until, validUntil: now.addingTimeInterval(settings.planLifetime),
                    dropped: dropped, overdue: overdue, share: share, limitShare: settings.limitShare,
                    limitObjects: settings.limitObjects, exceedsLimit: exceeds,
                    isAhead: until > now,
                    examples: order.map {
                        PurgePlanSummary.Example(
                            caseID: names[$0] ?? $0.hex, media: examples[$0]?.media.sorted() ?? [],
                            dueSince: examples[$0]?.dueSince ?? until)
                    })
            }
        }
    }

    /// Cases that the answer names.
    private static let mostExamples = 10

    private func name(
        of uid: CaseUID, _ names: inout [CaseUID: String], in index: IndexReader
    ) throws -> String? {
        if let known = names[uid] { return known }
        let name = try index.caseRecord(uid).map { try session.open($0).particulars.caseID }
        names[uid] = name
        return name
    }

    /// Destroys what is in a plan and still due.
    ///
    /// - Parameter digest: of the plan, where a person accepts that it destroys more than the limit.
    public func apply(
        _ path: String, accepting digest: String?, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Permitted<PurgeReport> {
        try session.attempt(.purge, verb: "purge apply") {
            let plan = try PurgePlan(
                try session.effects.files.contents(of: path, limit: PurgePlan.longest), path: path,
                archive: session.configuration.archiveUID, keyring: session.keyring)
            return try withPurgeLock {
                var report = PurgeReport()
                try complete(&report)
                try prepare()
                try checkFits(plan, path: path)
                let examination = try examine(&report)
                let named = try plan.objects.map { item in
                    guard let uid = ObjectUID(hex: item.object) else {
                        throw ArchiveError(.badPlan, "\(path) names an object that cannot be one")
                    }
                    return uid
                }
                // A plan that was interrupted goes on with what is left.
                let objects = try session.catalog.read { index in try named.filter { try index.hasObject($0) } }
                if objects.count < named.count { report.skipped["gone"] = named.count - objects.count }
                return try purge(
                    objects, into: report, digest: plan.digest, form: .plan, accepting: digest,
                    again: "\(verb: .purgeApply) \(path)", examined: examination.examined, progress: progress)
            }
        }
    }

    private func checkFits(_ plan: PurgePlan, path: String) throws {
        func problem(_ what: String) -> ArchiveError {
            ArchiveError(.planUnfit, "\(path): \(what)", remedy: "make a new plan")
        }
        guard let valid = Timestamp.parse(plan.validUntil), session.now <= valid else {
            throw problem(
                "the plan could be applied until "
                    + "\(Timestamp.parse(plan.validUntil).map(Timestamp.minute) ?? plan.validUntil)"
            )
        }
        try session.catalog.read { index in
            guard try index.activeSetNumber() == plan.set else {
                throw problem("other policies are active than when the plan was made")
            }
            var filter = LedgerFilter()
            filter.kind = Event.Kind.purgeStarted.rawValue
            filter.from = Timestamp.parse(plan.madeAt)
            var finished = LedgerFilter()
            finished.kind = Event.Kind.purgeFinished.rawValue
            let ends = try index.ledgerRows(finished, from: 0, limit: .max).compactMap { row -> UInt64? in
                guard case .purgeFinished(let event) = try Entry(row.bytes).event,
                    event.skipped[Self.interrupted] == nil
                else { return nil }
                return event.run
            }
            for row in try index.ledgerRows(filter, from: 0, limit: .max) {
                guard case .purgeStarted(let event) = try Entry(row.bytes).event, event.digest == plan.digest,
                    ends.contains(row.number)
                else { continue }
                throw problem("the plan was applied already, ledger entry \(row.number)")
            }
        }
    }
}
