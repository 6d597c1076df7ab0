internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
public import Vault

extension Destruction {
    static let purgeLockName = "purge.lock"
    /// Why an object was not destroyed: the run did not come so far.
    static let interrupted = "interrupted"
    /// Objects that one transaction destroys.
    private static let batch = 250

    /// Destroys everything that is due, within the limits. What a crash interrupted is completed first.
    ///
    /// - Parameter digest: of the impact, where a person accepts that it destroys more than the limit.
    public func run(
        accepting digest: String?, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> Permitted<PurgeReport> {
        try session.attempt(.purge, verb: "purge run") {
            try withPurgeLock {
                var report = PurgeReport()
                try complete(&report)
                try prepare()
                let examination = try examine(&report)
                let (due, set) = try due()
                let objects = due.filter { !examination.altered.contains($0) }
                return try purge(
                    objects, into: report, digest: Self.digest(of: objects, set: set), form: .run, accepting: digest,
                    again: "\(verb: .purgeRun)", examined: examination.examined, progress: progress)
            }
        }
    }

    /// One purge at a time: two together could pass the limit that each keeps.
    func withPurgeLock<Result>(_ body: () throws -> Result) throws -> Result {
        let lock = try FileLock(session.directory + "/" + Self.purgeLockName)
        guard try lock.tryToTake() else {
            throw ArchiveError(.purgeBusy, "another purge of this archive is at work", remedy: "wait for it")
        }
        defer { lock.release() }
        // On a full disk it needs some space before it frees any.
        let reserve = SpaceReserve(in: session.directory)
        reserve.release()
        defer { reserve.provide() }
        return try body()
    }

    /// What comes before any destruction: the clock is believed, and decisions are those of now.
    func prepare(progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }) throws {
        // A jump of the clock stays on the record also where it stops everything.
        let refusal = try session.record { transaction -> ArchiveError? in
            do { try session.checkClock(transaction) } catch let error as ArchiveError { return error }
            return nil
        }
        if let refusal { throw refusal }
        try session.catalog.read { try session.checkNothingIsLost(in: $0) }
        try session.holds.workOnHolds()
        try session.refreshStandings(progress: progress)
    }

    /// Looks at this run's slice of all cases. Standings that are not what follows are set right: what is due by that
    /// is destroyed by this run; one that applies a plan leaves it to the next plan.
    func examine(_ report: inout PurgeReport) throws -> Examination {
        let examination = try session.examine()
        for first in stride(from: 0, to: examination.stale.count, by: 100) {
            let cases = examination.stale[first..<min(first + 100, examination.stale.count)]
            try session.record { transaction in
                for uid in cases { try session.refresh(uid, transaction) }
            }
        }
        report.altered += examination.altered.count
        if examination.unreadable > 0 {
            report.altered += 1
            report.problem =
                "what the ledger says of \(Holds.count(examination.unreadable, "case")) was altered; index and "
                + "ledger have to be reconciled"
        }
        return examination
    }

    /// What an earlier run left: no decision is needed for it, and nothing stops it.
    func complete(_ report: inout PurgeReport) throws {
        try endInterruptedRun()
        guard try session.catalog.read({ try $0.blobRemovalCount() }) > 0 else { return }
        try removeBlobs(&report)
        report.residueErased = try eraseResidue()
    }

    /// Puts the end of a run on the ledger whose program died.
    private func endInterruptedRun() throws {
        guard try session.catalog.read({ try session.head(in: $0).run }) != nil else { return }
        try session.record { transaction in
            guard let run = transaction.head.run else { return }
            try transaction.add(
                .purgeFinished(
                    .init(
                        run: run.entry, destroyed: run.destroyed, bytes: run.bytes,
                        skipped: [Self.interrupted: run.objects - min(run.objects, run.destroyed)])))
        }
    }

    /// What a run has destroyed, by the ledger.
    private func destroyed(by run: UInt64, in index: IndexReader) throws -> (objects: UInt64, bytes: UInt64) {
        var filter = LedgerFilter()
        filter.kind = Event.Kind.objectDestroyed.rawValue
        var (objects, bytes) = (UInt64(0), UInt64(0))
        for row in try index.ledgerRows(filter, from: run, limit: .max) {
            guard case .objectDestroyed(let gone) = try Entry(row.bytes).event, gone.run == run else { continue }
            objects += 1
            bytes += gone.length
        }
        return (objects, bytes)
    }

    /// Whether nothing is left beside the index. What was destroyed is so, also where the disk fails now.
    private func eraseResidue() throws -> Bool {
        do { return try session.catalog.eraseResidue(until: session.limit) } catch  where CatalogError.isFailure(error)
        {
            return false
        }
    }

    private func due() throws -> (objects: [ObjectUID], set: Int) {
        try session.catalog.read { index in
            let rules = try session.rules(in: index)
            var (objects, position): ([ObjectUID], CatalogPosition?) = ([], nil)
            while true {
                try session.limit.check()
                let rows = try index.retentionRows(.due(by: session.now), after: position, limit: 1000)
                guard let last = rows.last else { return (objects, rules.set) }
                position = last.position
                objects += rows.filter { rules.engine.decide($0.facts, at: session.now).status.isDue }.map(\.object)
            }
        }
    }

    /// Objects whose time has come and which something forbids to destroy, by what does.
    func heldBack(in index: IndexReader) throws -> [String: Int] {
        let standings = try index.standingCounts()
        var held: [String: Int] = [:]
        for status in [Decision.Status.held, .conflict, .backstopReview, .erasurePending, .unconfirmed] {
            if let count = standings[status], count > 0 { held[status.rawValue] = count }
        }
        return held
    }

    /// The share of the archive that goes with so many objects, with those of the last 24 hours: by what the keys vouch
    /// for, so that rows which somebody puts into the index make nothing look small.
    func share(of count: Int, in index: IndexReader) throws -> (share: Double, exceeds: Bool) {
        let head = try session.head(in: index)
        let earlier = Int(clamping: head.destroyed(hours: 24, before: session.clockReading))
        let gone = count + earlier
        let settings = session.configuration.retention
        let all = Int(clamping: head.objects) + earlier
        let share = all == 0 ? 0 : Double(gone) / Double(all)
        return (share, count > 0 && gone > settings.limitObjects && share > settings.limitShare)
    }

    func purge(
        _ due: [ObjectUID], into earlier: PurgeReport, digest: String, form: Event.PurgeStarted.Form,
        accepting accepted: String?, again command: Remedy, examined: Head.Examined,
        progress: (_ done: Int, _ of: Int) -> Void
    ) throws -> Permitted<PurgeReport> {
        var report = earlier
        // Of a plan, only what is in it counts.
        if form == .run { report.skipped.merge(try session.catalog.read { try heldBack(in: $0) }, uniquingKeysWith: +) }
        let begun: Begun
        switch try begin(
            due, report, digest: digest, form: form, accepting: accepted, again: command, examined: examined)
        {
        case .requested(let request): return .requested(request)
        case .done(let allowed): begun = allowed
        }
        let (run, objects, request) = begun
        report.run = run
        do {
            if !objects.isEmpty { try session.publishBeginning(of: run) }
            try destroyAll(objects, in: run, &report, progress: progress)
        } catch {
            // What was destroyed is destroyed: the run is ended as far as it came.
            report.problem = ArchiveError(error).message
            // The last batch may be there although nobody said so.
            if let (count, bytes) = try? session.catalog.read({ try destroyed(by: run, in: $0) }) {
                report.handled += Int(count) - report.destroyed
                (report.destroyed, report.bytes) = (Int(count), bytes)
            }
            report.skipped[Self.interrupted] = objects.count - report.handled
            if report.destroyed == 0 { report.failure = ArchiveError(error) }
        }
        if report.altered > 0 {
            report.problem =
                report.problem
                ?? "what the index says of \(report.altered) objects is not what the ledger says: they were not "
                + "destroyed; index and ledger have to be reconciled"
        }
        let isWhole = report.skipped[Self.interrupted] == nil
        // Where nothing was due it has ended already.
        if !objects.isEmpty {
            let done = report
            try session.unhurried.record { try finish(run, done, request: isWhole ? request : nil, $0) }
        }
        if let failure = report.failure { throw failure }
        while isWhole, try session.catalog.read({ try $0.hasDestroyedTags(forgottenBy: session.now) }) {
            try session.record { try forgetTags($0) }
        }
        try removeBlobs(&report)
        report.residueErased = try eraseResidue()
        if let after = session.configuration.retention.compactAfter, isWhole, try compactionIsDue(after) {
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
        _ objects: [ObjectUID], _ report: PurgeReport, digest: String, form: Event.PurgeStarted.Form,
        accepting accepted: String?, again command: Remedy, examined: Head.Examined
    ) throws -> Permitted<Begun> {
        let settings = session.configuration.retention
        return try session.record { transaction in
            try session.checkClock(transaction)
            // One that has nothing to do is one transaction.
            func start(_ objects: [ObjectUID], digest: String, limitAccepted: Bool?, request: UInt64?) throws
                -> Permitted<Begun>
            {
                transaction.examined = examined
                let run = try transaction.add(
                    .purgeStarted(
                        .init(
                            form: form, digest: digest, objects: UInt64(objects.count),
                            set: UInt64(try transaction.index.activeSetNumber()), limitAccepted: limitAccepted,
                            request: request)))
                if objects.isEmpty { try finish(run, report, request: nil, transaction) }
                return .done((run, objects, request))
            }
            let (share, exceeds) = try share(of: objects.count, in: transaction.index)
            if exceeds, let permit = try permittedPurge(transaction),
                case let allowed = objects.filter(permit.objects.contains),
                !allowed.isEmpty
            {
                let hash =
                    allowed.count == objects.count
                    ? digest : Self.digest(of: allowed, set: try transaction.index.activeSetNumber())
                return try start(allowed, digest: hash, limitAccepted: true, request: permit.request)
            }
            var refusal: ArchiveError?
            if let accepted, !objects.isEmpty, !Policies.accepts(accepted, digest) {
                refusal = ArchiveError(
                    .impactNotAccepted, "what would be destroyed is not what was accepted",
                    remedy: "look again; to accept what is due now, give \(input: .acceptImpact) \(digest.prefix(16))")
            } else if exceeds, accepted == nil {
                refusal = ArchiveError(
                    .limitExceeded,
                    "this would destroy \(objects.count) objects; with those of the last 24 hours "
                        + "\(Self.percent(share)) of the archive, where the limit is "
                        + "\(Self.percent(settings.limitShare)) and \(settings.limitObjects) objects",
                    remedy:
                        "find out why so much is due; to destroy it, run: \(remedy: command) \(input: .acceptImpact) "
                        + "\(digest.prefix(16))"
                )
            }
            if var refusal {
                refusal.digest = digest
                throw refusal
            }
            if exceeds, try session.needsApproval(in: transaction.index) {
                var effect = Effect(.purge, reason: "more is due than the limit lets go")
                (effect.objects, effect.digest) = (objects.map(\.hex).sorted(), digest)
                effect.says = [
                    "\(Holds.count(objects.count, "object")) that \(objects.count == 1 ? "is" : "are") due go; "
                        + "with those of the last 24 hours \(Self.percent(share)) of the archive, where the "
                        + "limit is \(Self.percent(settings.limitShare)) and \(settings.limitObjects) objects"
                ]
                return .requested(try session.request(effect, transaction))
            }
            return try start(
                objects, digest: digest, limitAccepted: exceeds && accepted != nil ? true : nil, request: nil)
        }
    }

    /// A purge beyond the limit that others have allowed, under the policies that are active now.
    private func permittedPurge(_ transaction: Transaction) throws -> (request: UInt64, objects: Set<ObjectUID>)? {
        let index = transaction.index
        for request in try session.authority(in: index).requests.values.sorted(by: { $0.number < $1.number })
        where request.verb == .purge && request.isOpen(at: transaction.now) && request.isApproved {
            guard try index.activeSetNumber() == request.set else {
                try transaction.add(.requestClosed(.init(request: request.number, outcome: .void)))
                continue
            }
            let effect = try session.effect(of: request, in: index)
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

    private func destroyAll(
        _ objects: [ObjectUID], in run: UInt64, _ report: inout PurgeReport, progress: (_ done: Int, _ of: Int) -> Void
    ) throws {
        for first in stride(from: 0, to: objects.count, by: Self.batch) {
            try session.limit.check()
            let part = Array(objects[first..<min(first + Self.batch, objects.count)])
            // What has cooled ends on the record before anything goes by it.
            if try session.catalog.read({ try $0.hasCoolingHolds(by: session.now) }) {
                try session.record { try session.holds.endCooled($0) }
            }
            try session.compareWithPublished(since: run)
            let done = try session.record { try session.destroy(part, in: run, $0) }
            try session.writeMark()
            report.destroyed += done.destroyed
            report.bytes += done.bytes
            report.cases += done.cases
            report.altered += done.skipped["altered"] ?? 0
            report.handled += part.count
            report.skipped.merge(done.skipped, uniquingKeysWith: +)
            progress(first + part.count, objects.count)
        }
    }

    /// Puts the end of a run on the ledger. One that came to its end closes what allowed it, and forgets the tags whose
    /// time is over.
    private func finish(_ run: UInt64, _ report: PurgeReport, request: UInt64?, _ transaction: Transaction) throws {
        try transaction.add(
            .purgeFinished(
                .init(
                    run: run, destroyed: UInt64(report.destroyed), bytes: transaction.head.run?.bytes ?? 0,
                    skipped: report.skipped.mapValues { UInt64($0) })))
        guard report.skipped[Self.interrupted] == nil else { return }
        if let request { try transaction.add(.requestClosed(.init(request: request, outcome: .done))) }
        try forgetTags(transaction)
    }

    /// Tags that one transaction forgets at most.
    private static let forgottenAtOnce = 1_000

    private func forgetTags(_ transaction: Transaction) throws {
        let count = try transaction.index.deleteDestroyedTags(
            forgottenBy: transaction.now, limit: Self.forgottenAtOnce)
        if count > 0 { try transaction.add(.tagsForgotten(.init(count: UInt64(count)))) }
    }

    static func percent(_ share: Double) -> String {
        "\((share * 1000).rounded() / 10) %".replacingOccurrences(of: ".0 %", with: " %")
    }
}
