internal import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing

extension Session {
    static let purgeLockName = "purge.lock"
    /// Why an object was not destroyed: the run did not come so far.
    private static let interrupted = "interrupted"
    /// Objects that one transaction destroys.
    private static let batch = 250

    // MARK: Plan

    /// Writes down what is due by a time, and why, to a new file.
    ///
    /// - Parameter until: now, where it is not given.
    public func planPurge(
        until: Date?, to path: String, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> PurgePlanSummary {
        try attempt(.purge, verb: "purge plan") {
            try checkAbsent(path, files: effects.files)
            try prepare(progress: progress)
            let now = now
            let until = until ?? now
            return try catalog.read { index in
                let rules = try rules(in: index)
                var (items, bytes, overdue) = ([PurgePlan.Item](), UInt64(0), 0)
                var cases: Set<CaseUID> = []
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
                                length: row.length, dueSince: Timestamp.format(row.standing.dueAt ?? until),
                                rule: rule.map { "\($0.name)" }))
                    }
                }
                var plan = PurgePlan(
                    archive: configuration.archiveUID,
                    id: String(UID<PurgePlan>(from: effects.randomness).hex.prefix(8)), madeAt: now, until: until,
                    validUntil: now.addingTimeInterval(configuration.retention.planLifetime), rules: rules,
                    objects: items, bytes: bytes, dropped: dropped)
                try plan.sign(keyring)
                try plan.encoded().withUnsafeBytes { try effects.files.createDurably(path, bytes: $0) }
                let (share, exceeds) = try share(of: items.count, counted: false, in: index)
                let settings = configuration.retention
                return PurgePlanSummary(
                    id: plan.id, digest: plan.digest, output: path, objects: items.count, cases: cases.count,
                    bytes: bytes, until: until, validUntil: now.addingTimeInterval(settings.planLifetime),
                    dropped: dropped, overdue: overdue, share: share, limitShare: settings.limitShare,
                    limitObjects: settings.limitObjects, exceedsLimit: exceeds)
            }
        }
    }

    /// Destroys what is in a plan and still due.
    ///
    /// - Parameter digest: of the plan, where a person accepts that it destroys more than the limit.
    public func applyPurge(
        _ path: String, accepting digest: String?, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Permitted<PurgeReport> {
        try attempt(.purge, verb: "purge apply") {
            let plan = try PurgePlan(
                try effects.files.contents(of: path, limit: PurgePlan.longest), path: path,
                archive: configuration.archiveUID, keyring: keyring)
            return try withPurgeLock {
                var report = PurgeReport()
                try complete(&report)
                try prepare()
                try checkFits(plan, path: path)
                let named = try plan.objects.map { item in
                    guard let uid = ObjectUID(hex: item.object) else {
                        throw ArchiveError(.badPlan, "\(path) names an object that cannot be one")
                    }
                    return uid
                }
                // A plan that was interrupted goes on with what is left.
                let objects = try catalog.read { index in try named.filter { try index.hasObject($0) } }
                if objects.count < named.count { report.skipped["gone"] = named.count - objects.count }
                return try purge(
                    objects, into: report, digest: plan.digest, form: .plan, accepting: digest,
                    again: "purge apply \(path)",
                    progress: progress)
            }
        }
    }

    /// Destroys everything that is due, within the limits. What a crash interrupted is completed first.
    ///
    /// - Parameter digest: of the impact, where a person accepts that it destroys more than the limit.
    public func runPurge(
        accepting digest: String?, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Permitted<PurgeReport> {
        try attempt(.purge, verb: "purge run") {
            try withPurgeLock {
                var report = PurgeReport()
                try complete(&report)
                try prepare()
                let (objects, set) = try due()
                return try purge(
                    objects, into: report, digest: Self.digest(of: objects, set: set), form: .run, accepting: digest,
                    again: "purge run", progress: progress)
            }
        }
    }

    /// Rewrites the index without what deleted rows left inside it. Nobody can write meanwhile.
    public func compact() throws -> Compaction {
        try attempt(.purge, verb: "purge compact") {
            let (before, after) = try catalog.compact()
            guard try catalog.eraseResidue() else {
                throw ArchiveError(
                    .archiveBusy, "the index was rewritten, but another command reads its older state",
                    hint: "run it again when that has ended")
            }
            try unhurried.record { recording in
                try recording.add(.indexCompacted(.init(bytesBefore: before, bytesAfter: after)))
                try recording.index.setCompactedAt(recording.now)
            }
            return Compaction(bytesBefore: before, bytesAfter: after)
        }
    }

    // MARK: Parts

    /// One purge at a time: two together could pass the limit that each keeps.
    private func withPurgeLock<Result>(_ body: () throws -> Result) throws -> Result {
        let lock = try FileLock(directory + "/" + Self.purgeLockName)
        guard try lock.tryToTake() else {
            throw ArchiveError(.purgeBusy, "another purge of this archive is at work", hint: "wait for it")
        }
        defer { lock.release() }
        return try body()
    }

    /// What comes before any destruction: the clock is believed, and decisions are those of now.
    private func prepare(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws {
        // Puts a jump of the clock on the record before it is asked about.
        try record { _ in }
        try record { try checkClock($0) }
        try catalog.read { try checkNoHoldIsLost(in: $0) }
        try workOnHolds()
        try refreshStandings(progress: progress)
    }

    /// What an earlier run left: no decision is needed for it, and nothing stops it.
    private func complete(_ report: inout PurgeReport) throws {
        try endInterruptedRun()
        guard try catalog.read({ try $0.blobRemovalCount() }) > 0 else { return }
        try removeBlobs(&report)
        report.residueErased = try catalog.eraseResidue()
    }

    /// Puts the end of a run on the ledger whose program died.
    private func endInterruptedRun() throws {
        func newest(_ kind: Event.Kind, in index: IndexReader) throws -> LedgerRow? {
            var filter = LedgerFilter()
            filter.kind = kind.rawValue
            return try index.newestLedgerRows(filter, limit: 1).last
        }
        try record { recording in
            let index = recording.index
            guard let start = try newest(.purgeStarted, in: index),
                try newest(.purgeFinished, in: index)?.number ?? 0 < start.number,
                case .purgeStarted(let event) = try Entry(start.bytes).event
            else { return }
            var filter = LedgerFilter()
            filter.kind = Event.Kind.objectDestroyed.rawValue
            var (destroyed, bytes) = (UInt64(0), UInt64(0))
            for row in try index.ledgerRows(filter, from: start.number, limit: .max) {
                guard case .objectDestroyed(let gone) = try Entry(row.bytes).event, gone.run == start.number else {
                    continue
                }
                destroyed += 1
                bytes += gone.length
            }
            try recording.add(
                .purgeFinished(
                    .init(
                        run: start.number, destroyed: destroyed, bytes: bytes,
                        skipped: [Self.interrupted: event.objects - min(event.objects, destroyed)])))
        }
    }

    private func checkFits(_ plan: PurgePlan, path: String) throws {
        func problem(_ what: String) -> ArchiveError {
            ArchiveError(.planUnfit, "\(path): \(what)", hint: "make a new plan")
        }
        guard let valid = Timestamp.parse(plan.validUntil), now <= valid else {
            throw problem(
                "the plan could be applied until "
                    + "\(Timestamp.parse(plan.validUntil).map(Timestamp.minute) ?? plan.validUntil)"
            )
        }
        try catalog.read { index in
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

    private func due() throws -> (objects: [ObjectUID], set: Int) {
        try catalog.read { index in
            let rules = try rules(in: index)
            var (objects, position): ([ObjectUID], CatalogPosition?) = ([], nil)
            while true {
                let rows = try index.retentionRows(.due(by: now), after: position, limit: 1000)
                guard let last = rows.last else { return (objects, rules.set) }
                position = last.position
                objects += rows.filter { rules.engine.decide($0.facts, at: now).status.isDue }.map(\.object)
            }
        }
    }

    /// Objects whose time has come and which something forbids to destroy, by what does.
    private func heldBack(in index: IndexReader) throws -> [String: Int] {
        let standings = try index.standingCounts()
        var held: [String: Int] = [:]
        for status in [Decision.Status.held, .conflict, .backstopReview, .erasurePending] {
            if let count = standings[status], count > 0 { held[status.rawValue] = count }
        }
        return held
    }

    /// The share of the archive that goes with so many objects, with those of the last 24 hours.
    private func share(of count: Int, counted: Bool, in index: IndexReader) throws -> (
        share: Double, exceeds: Bool
    ) {
        let earlier = try index.ledgerCount(
            kind: Event.Kind.objectDestroyed.rawValue, since: now.addingTimeInterval(-86_400))
        let all = try (counted ? index.countObjects() : index.objectCount()) + earlier
        let gone = count + earlier
        let share = all == 0 ? 0 : Double(gone) / Double(all)
        let settings = configuration.retention
        return (share, count > 0 && gone > settings.limitObjects && share > settings.limitShare)
    }

    private func purge(
        _ due: [ObjectUID], into earlier: PurgeReport, digest: String, form: Event.PurgeStarted.Form,
        accepting accepted: String?, again command: String, progress: (_ done: Int, _ of: Int) -> Void
    ) throws -> Permitted<PurgeReport> {
        var report = earlier
        // Of a plan, only what is in it counts.
        if form == .run { report.skipped.merge(try catalog.read { try heldBack(in: $0) }, uniquingKeysWith: +) }
        let begun: Begun
        switch try begin(due, digest: digest, form: form, accepting: accepted, again: command) {
        case .requested(let request): return .requested(request)
        case .done(let allowed): begun = allowed
        }
        let (run, objects, request) = begun
        report.run = run
        do {
            try destroyAll(objects, in: run, &report, progress: progress)
        } catch {
            // What was destroyed is destroyed: the run is ended as far as it came.
            report.problem = ArchiveError(error).message
            report.skipped[Self.interrupted] = objects.count - report.handled
            if report.destroyed == 0 { report.failure = ArchiveError(error) }
        }
        if report.altered > 0 {
            report.problem =
                report.problem
                ?? "what the index says of \(report.altered) objects is not what the ledger says: they were not "
                + "destroyed; run strongroom audit reconcile"
        }
        let (destroyed, bytes) = (UInt64(report.destroyed), report.bytes)
        let counts = report.skipped.mapValues { UInt64($0) }
        _ = try unhurried.record { recording in
            try recording.add(
                .purgeFinished(.init(run: run, destroyed: destroyed, bytes: bytes, skipped: counts)))
        }
        if let failure = report.failure { throw failure }
        try removeBlobs(&report)
        let isWhole = report.skipped[Self.interrupted] == nil
        if let request, isWhole {
            _ = try unhurried.record { try $0.add(.requestClosed(.init(request: request, outcome: .done))) }
        }
        if isWhole { try unhurried.forgetTags() }
        report.residueErased = try catalog.eraseResidue()
        if let after = configuration.retention.compactAfter, isWhole, try compactionIsDue(after) {
            do {
                report.compacted = try compact()
            } catch {
                report.problem = report.problem ?? "the index was not compacted: \(ArchiveError(error).message)"
            }
        }
        return .done(report)
    }

    /// What a run that has begun destroys, and the request that allows it to pass the limit.
    private typealias Begun = (run: UInt64, objects: [ObjectUID], request: UInt64?)

    /// Puts the beginning of a run on the ledger, where the limit and the clock allow it. Beyond the limit, what
    /// another person has allowed may go, and nothing that became due since.
    private func begin(
        _ objects: [ObjectUID], digest: String, form: Event.PurgeStarted.Form, accepting accepted: String?,
        again command: String
    ) throws -> Permitted<Begun> {
        let settings = configuration.retention
        return try record { recording in
            try checkClock(recording)
            func start(_ objects: [ObjectUID], digest: String, limitAccepted: Bool?, request: UInt64?) throws
                -> Permitted<Begun>
            {
                let run = try recording.add(
                    .purgeStarted(
                        .init(
                            form: form, digest: digest, objects: UInt64(objects.count),
                            set: UInt64(try recording.index.activeSetNumber()), limitAccepted: limitAccepted,
                            request: request)))
                return .done((run, objects, request))
            }
            let (share, exceeds) = try share(of: objects.count, counted: true, in: recording.index)
            if exceeds, let permit = try permittedPurge(recording),
                case let allowed = objects.filter(permit.objects.contains),
                !allowed.isEmpty
            {
                let hash =
                    allowed.count == objects.count
                    ? digest : Self.digest(of: allowed, set: try recording.index.activeSetNumber())
                return try start(allowed, digest: hash, limitAccepted: true, request: permit.request)
            }
            var refusal: ArchiveError?
            if let accepted, !objects.isEmpty, !Self.accepts(accepted, digest) {
                refusal = ArchiveError(
                    .impactNotAccepted, "what would be destroyed is not what was accepted",
                    hint: "look again; to accept what is due now, give --accept-impact \(digest.prefix(16))")
            } else if exceeds, accepted == nil {
                refusal = ArchiveError(
                    .limitExceeded,
                    "this would destroy \(objects.count) objects; with those of the last 24 hours "
                        + "\(Self.percent(share)) of the archive, where the limit is "
                        + "\(Self.percent(settings.limitShare)) and \(settings.limitObjects) objects",
                    hint:
                        "find out why so much is due; to destroy it, run: strongroom \(command) --accept-impact "
                        + "\(digest.prefix(16))"
                )
            }
            if var refusal {
                refusal.digest = digest
                throw refusal
            }
            if exceeds, try needsApproval(in: recording.index) {
                var effect = Effect(.purge, reason: "more is due than the limit lets go")
                (effect.objects, effect.digest) = (objects.map(\.hex).sorted(), digest)
                effect.says = [
                    "\(Self.count(objects.count, "object")) that \(objects.count == 1 ? "is" : "are") due go; "
                        + "with those of the last 24 hours \(Self.percent(share)) of the archive, where the "
                        + "limit is \(Self.percent(settings.limitShare)) and \(settings.limitObjects) objects"
                ]
                return .requested(try request(effect, recording))
            }
            return try start(
                objects, digest: digest, limitAccepted: exceeds && accepted != nil ? true : nil, request: nil)
        }
    }

    /// A purge beyond the limit that others have allowed, under the policies that are active now.
    private func permittedPurge(_ recording: Recording) throws -> (request: UInt64, objects: Set<ObjectUID>)? {
        let index = recording.index
        for request in try authority(in: index).requests.values.sorted(by: { $0.number < $1.number })
        where request.verb == .purge && request.isOpen(at: recording.now) && request.isApproved {
            guard try index.activeSetNumber() == request.set else {
                try recording.add(.requestClosed(.init(request: request.number, outcome: .void)))
                continue
            }
            let effect = try effect(of: request, in: index)
            return (request.number, Set((effect.objects ?? []).compactMap { ObjectUID(hex: $0) }))
        }
        return nil
    }

    /// SHA-256 over what a run is about to destroy, and by which policies.
    private static func digest(of objects: [ObjectUID], set: Int) -> String {
        var hash = SHA256()
        Array("strongroom purge 1\n\(set)\n".utf8).withUnsafeBytes { hash.update($0) }
        for uid in objects.map(\.hex).sorted() { Array(uid.utf8).withUnsafeBytes { hash.update($0) } }
        return hash.finish().hex
    }

    /// Lets objects of a case go whose event never came and whose backstop has passed. Needs a second person where
    /// there are two; the next purge destroys them.
    ///
    /// - Parameter media: one kind; all that are past their backstop, where it is nil.
    public func approveBackstop(of caseID: CaseID, media: String?, reason: Reason) throws -> Permitted<UInt64> {
        try attempt(.purge, "case \(caseID.text)", verb: GuardedVerb.backstop.rawValue, caseID: caseID) {
            try workOnHolds()
            return try guarded { recording in
                let index = recording.index
                let uid = try find(caseID, in: index).record.uid
                let rules = try rules(in: index)
                let rows = try index.retentionRows(.ofCase(uid), after: nil, limit: .max).filter {
                    (media == nil || $0.facts.media == media)
                        && rules.engine.decide($0.facts, at: recording.now).status == .backstopReview
                }
                guard !rows.isEmpty else {
                    throw ArchiveError(
                        .noConflict, "nothing of it is past its backstop",
                        hint: "strongroom explain CASE shows what is kept and why")
                }
                var effect = Effect(.backstop, reason: reason.text)
                effect.cases = [uid.hex]
                effect.objects = rows.map(\.object.hex).sorted()
                effect.says = [
                    "\(rows.map(\.facts.media).sorted().joined(separator: ", ")) of one case "
                        + "\(rows.count == 1 ? "is" : "are") due: the event never came, and the backstop has passed"
                ]
                return effect
            } carryOut: { effect, request, recording in
                try approveBackstop(effect, request: request, recording)
            }
        }
    }

    private func destroyAll(
        _ objects: [ObjectUID], in run: UInt64, _ report: inout PurgeReport, progress: (_ done: Int, _ of: Int) -> Void
    ) throws {
        for first in stride(from: 0, to: objects.count, by: Self.batch) {
            let part = Array(objects[first..<min(first + Self.batch, objects.count)])
            // What has cooled ends on the record before anything goes by it.
            if try catalog.read({ try $0.hasCoolingHolds(by: now) }) { try record { try endCooled($0) } }
            let done = try record { try destroy(part, in: run, $0) }
            report.destroyed += done.destroyed
            report.bytes += done.bytes
            report.cases += done.cases
            report.altered += done.skipped["altered"] ?? 0
            report.handled += part.count
            report.skipped.merge(done.skipped, uniquingKeysWith: +)
            progress(first + part.count, objects.count)
        }
    }

    private func forgetTags() throws {
        try record { recording in
            let count = try recording.index.deleteDestroyedTags(forgottenBy: recording.now)
            if count > 0 { try recording.add(.tagsForgotten(.init(count: UInt64(count)))) }
        }
    }

    private func compactionIsDue(_ after: TimeInterval) throws -> Bool {
        let last = try catalog.read { try $0.compactedAt() ?? $0.archive().createdAt }
        return now.timeIntervalSince(last) >= after
    }

    static func percent(_ share: Double) -> String {
        "\((share * 1000).rounded() / 10) %".replacingOccurrences(of: ".0 %", with: " %")
    }
}
