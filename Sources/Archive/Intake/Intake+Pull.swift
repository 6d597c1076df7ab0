internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Vault
internal import Vendor

extension Intake {
    /// Asks the vendor about what waits, and archives what it answers.
    ///
    /// - Parameter report: called once for each verification, when its state is durable, from any thread
    ///   but never at the same time.
    public func pull(
        _ options: PullOptions, report: @escaping @Sendable (VerificationReport) -> Void
    ) throws -> PullSummary {
        let (chosen, ended) = try session.attempt(.intake) { try choose(options.only) }
        var summary = PullSummary()
        for (name, record) in ended {
            let state = record.state == .archived ? .unchanged : VerificationReport.State(record.state)
            summary.counts[state, default: 0] += 1
            report(self.report(record, caseID: name.caseID, state: state))
        }
        guard !chosen.isEmpty else {
            try? sweep()
            return summary
        }
        var settings = session.configuration.vendor
        settings.endpoint = options.endpoint ?? settings.endpoint
        let client = session.effects.provider.makeClient(
            options.credentials, settings: settings, stateFile: session.directory + "/" + OpenArchive.paceName,
            clock: session.effects.clock)
        let provider = session.effects.provider
        let run = PullRun(
            intake: self, client: client, options: options, queue: PullQueue(chosen) { $0.wasRefused(by: provider) },
            summary: summary, report: report)
        Workers.run(min(options.workers, chosen.count)) { run.work() }
        session.recordFailures("pull", run.failures)
        // One clock alone deletes nothing: this one may be wrong, and the token is gone for ever.
        if run.wasAnswered, let skew = client.leastSkew { try? deleteTokensLeft(skew: min(skew, client.clockSkew)) }
        try? sweep()
        return run.summary
    }

    /// How many verifications wait for the vendor.
    public func waitingCount() throws -> Int {
        try session.attempt(.status) { try session.catalog.read { try $0.awaiting().count } }
    }

    /// Of those that are named, or of all, what waits and what has ended before.
    private func choose(
        _ names: Set<VerificationName>?
    ) throws -> (waiting: [VerificationRecord], ended: [(VerificationName, VerificationRecord)]) {
        try session.catalog.read { index in
            let waiting = try index.awaiting()
            // Perhaps the vendor has something better by now.
            let (now, provider) = (session.now, session.effects.provider)
            // Its clock may be another than this one: it is asked a while longer.
            let since = now.addingTimeInterval(-provider.resultLifetime - Self.tokenGrace)
            let odd = try index.odd(since: since).filter { verification in
                let pause = Self.pauseForBetter(verification, at: now, provider)
                let last = verification.askedAgainAt ?? verification.endedAt ?? verification.registeredAt
                return abs(now.timeIntervalSince(last)) >= pause
            }
            // What is said to have ended would never be asked about.
            guard try session.head(in: index).waiting == UInt64(waiting.count) else {
                throw CatalogError.damaged("how many verifications wait is not what the head says")
            }
            guard let names else { return (waiting + odd, []) }
            let uids = Set(names.map(\.uid))
            let chosen = (waiting + odd).filter { uids.contains($0.uid) }
            let chosenUIDs = Set(chosen.map(\.uid))
            let others = try names.filter { !chosenUIDs.contains($0.uid) }.compactMap { name in
                try index.verification(name.uid).map { (name, $0) }
            }
            return (chosen, others)
        }
    }

    /// Seconds for which the token of what ended is kept after its hours.
    static let tokenGrace: TimeInterval = 24 * 3600

    /// Deletes the tokens of what ended, once its hours and a day are over by both clocks.
    ///
    /// - Parameter skew: seconds by which the vendor's clock, which has just answered, is ahead of this one.
    private func deleteTokensLeft(skew: TimeInterval) throws {
        let time = session.now.addingTimeInterval(
            min(0, skew) - session.effects.provider.resultLifetime - Self.tokenGrace)
        try session.deleteTokensLeft(issuedBefore: time)
    }

    enum NextStep {
        case over, askAgain
        /// A success came without media: perhaps that is only not there yet.
        case askSoon
        /// The vendor says that there is no result, for the first time, or where nothing shows that it answers for
        /// others: as it would where the way to it is at fault.
        case refused(isAgain: Bool)
        /// The vendor could not be reached; others will meet the same.
        case outage
        /// Nothing will work until a person changes something.
        case stop
    }

    /// Asks about one verification once and makes what follows durable.
    ///
    /// - Parameters:
    ///   - answersOthers: whether the vendor has just given an answer about another one.
    ///   - isSecond: this run has been told a while ago of a success without media, or of what cannot be read.
    ///   - isLast: it is not asked anew where it answers differently at once.
    func ask(
        _ verification: VerificationRecord, client: any ProviderClient, region: String?,
        answersOthers: () -> Bool = { false }, isSecond: Bool = false, isLast: Bool = false
    ) throws -> (report: VerificationReport, next: NextStep) {
        // A verification that was altered or put back is not asked about: its answer would stand on the ledger. What it
        // is asked by, and until when, is what was proved now, and not what was read when the run began.
        let (record, verification) = try session.catalog.read { index in
            let record = try proveCase(of: verification, in: index)
            guard let current = try index.verifications(of: record.uid).first(where: { $0.uid == verification.uid })
            else { throw CatalogError.damaged("a verification is gone") }
            return (record, current)
        }
        let opened = try session.open(record)
        let caseID = try CaseID(opened.particulars.caseID)
        let asking = Asking(
            verification: verification, endpoint: client.host,
            region: region ?? verification.region ?? session.configuration.vendor.region)
        guard verification.state == .awaiting else {
            if verification.isOdd { return try askForBetter(asking, of: caseID, key: opened.key, client) }
            // Another run was first.
            let isKnown = verification.state == .archived || verification.goesOn
            return (
                self.report(
                    verification, caseID: caseID,
                    state: isKnown ? .unchanged : VerificationReport.State(verification.state)), .over
            )
        }
        let token = try session.token(of: verification, key: opened.key)
        let fetched: Fetched
        let staged: StagedAnswer
        do {
            (fetched, staged) = try client.fetchResult(
                of: token, region: asking.region, until: session.limit
            ) { stageAnswer() }
            try session.unhurried.noteWitness(skew: client.clockSkew)
        } catch let error as any ProviderError {
            try session.unhurried.noteWitness(skew: client.clockSkew)
            if error.isUnreadable,
                isDue(verification, isSecond: isSecond, isWayWhole: answersOthers())
            {
                if let raw = try unread(client, token, asking.region) {
                    return (
                        try end(asking, of: caseID, key: opened.key, as: .unreadable, staged: raw, answer: nil), .over
                    )
                }
                // This time it was another answer, which nobody kept.
                if !isLast {
                    return try ask(
                        verification, client: client, region: region, answersOthers: answersOthers, isSecond: isSecond,
                        isLast: true)
                }
            }
            try Intake(session.unhurried).note(asking, problem: error.code, isOdd: error.isUnreadable ? true : nil)
            var failed = self.report(verification, caseID: caseID, state: .failed)
            failed.problem = ArchiveError(error, subject: "case \(caseID.text)")
            let next: NextStep =
                error.stopsPulling
                ? .stop
                : error.isRefusal
                    ? .refused(isAgain: false)
                    : error.isUnreadable ? .askSoon : error.isOutage ? .outage : .askAgain
            return (failed, next)
        }
        switch fetched {
        case .ended(let answer):
            let state = Self.state(of: answer, staged)
            if state == .incomplete, !isDue(verification, isSecond: isSecond, isWayWhole: true) {
                staged.discard()
                try Intake(session.unhurried).note(asking, problem: Self.noMedia, isOdd: true)
                return (self.report(verification, caseID: caseID, state: .awaiting), .askSoon)
            }
            return (
                try end(asking, of: caseID, key: opened.key, as: state, staged: staged, answer: answer), .over
            )
        case .rejected(let answer, let vendorTime):
            staged.discard()
            return try refused(
                asking, of: caseID, key: opened.key, as: .rejected, answer: answer, vendorTime: vendorTime,
                answersOthers: answersOthers())
        case .expired(let answer, let vendorTime):
            staged.discard()
            return try refused(
                asking, of: caseID, key: opened.key, as: .expired, answer: answer, vendorTime: vendorTime,
                answersOthers: answersOthers())
        case .notFinished(let answer, let vendorTime):
            staged.discard()
            // A token that is not finished lives. It is over by both clocks together, or not at all: one wrong `Date`,
            // one wrong clock here or one mistyped time of issue ends nothing.
            if isOver(verification, vendorTime) {
                return (
                    try end(
                        asking, of: caseID, key: opened.key, as: .expired, staged: stageAnswer(), answer: answer),
                    .over
                )
            }
            try Intake(session.unhurried).note(asking, problem: nil, isOdd: false)
            return (self.report(verification, caseID: caseID, state: .awaiting), .askAgain)
        }
    }

    /// Whether the vendor forgets the result by both clocks, this machine's and its own.
    private func isOver(_ verification: VerificationRecord, _ vendorTime: Date?) -> Bool {
        vendorTime.map { verification.isOver(at: min($0, session.now), session.effects.provider) } ?? false
    }

    /// Seconds after which the vendor's word that there is no result is believed, where it says the same again.
    static let refusalTime: TimeInterval = 600

    /// What follows from the vendor's word that there is no result. One answer ends nothing, nor does the same answer
    /// again where the way to the vendor may be at fault: it ends where both clocks say that the hours are over, or
    /// where it was said ten minutes before, too, and the vendor answers for others.
    private func refused(
        _ asking: Asking, of caseID: CaseID, key: borrowing SecretKey, as state: VerificationRecord.State,
        answer: Answer, vendorTime: Date?, answersOthers: Bool
    ) throws -> (report: VerificationReport, next: NextStep) {
        guard case .error(_, let recorded, _) = answer.content else {
            preconditionFailure("the vendor refuses with an error")
        }
        let verification = asking.verification
        func ended() throws -> (report: VerificationReport, next: NextStep) {
            (try end(asking, of: caseID, key: key, as: state, staged: stageAnswer(), answer: answer), .over)
        }
        if isOver(verification, vendorTime) { return try ended() }
        let isAgain = try Intake(session.unhurried).note(asking, refusal: recorded)
        if isAgain, answersOthers { return try ended() }
        var report = self.report(verification, caseID: caseID, state: .refused)
        report.refusal = recorded
        report.deadline = verification.lastDeadline(session.effects.provider)
        return (report, .refused(isAgain: isAgain))
    }

    /// Counts a refusal; the first of its kind stands on the ledger.
    ///
    /// - Returns: whether the same was said ten minutes before, too.
    private func note(_ asking: Asking, refusal problem: String) throws -> Bool {
        try session.record { transaction in
            let index = transaction.index
            guard var current = try index.verification(asking.verification.uid), current.state == .awaiting else {
                return false
            }
            let before = try replay(of: current.caseUID, in: index).refusal(of: current.number)
            // An answer since, also that it is not finished, makes this the first again.
            let isKnown = before?.problem == problem && current.lastProblem == problem
            try asking.record(in: &current, .failed, problem: problem, transaction)
            if !isKnown {
                try transaction.add(
                    .vendorRefused(
                        .init(
                            caseUID: current.caseUID, verification: UInt64(current.number),
                            endpoint: asking.endpoint, region: asking.region, problem: problem)))
            }
            current.attempts += 1
            current.lastProblem = problem
            try index.countAsking(current)
            return isKnown && transaction.now.timeIntervalSince(before!.at) >= Self.refusalTime
        }
    }

    private func replay(of uid: CaseUID, in index: IndexReader) throws -> CaseReplay {
        var replay = CaseReplay(uid)
        for (number, entry) in try session.provedEntries(of: uid, in: index) { replay.apply(entry, number: number) }
        return replay
    }

    /// The case of a verification, once the ledger says the same of both.
    func proveCase(of verification: VerificationRecord, in index: IndexReader) throws -> CaseRecord {
        guard let record = try index.caseRecord(verification.caseUID) else {
            throw CatalogError.damaged("a verification without a case")
        }
        _ = try session.prove(record, in: index)
        return record
    }

    /// One asking of the vendor.
    struct Asking {
        let verification: VerificationRecord
        /// A host.
        let endpoint: String
        let region: String

        /// Counts it; the first stands on the ledger.
        func record(
            in current: inout VerificationRecord, _ outcome: Event.VendorAsked.Outcome, problem: String?,
            _ transaction: Transaction
        ) throws {
            if current.lastAskedAt == nil {
                try transaction.add(
                    .vendorAsked(
                        .init(
                            caseUID: current.caseUID, verification: UInt64(current.number), endpoint: endpoint,
                            region: region, outcome: outcome, problem: problem)))
            }
            current.lastAskedAt = transaction.now
        }
    }

    private func end(
        _ asking: Asking, of caseID: CaseID, key: borrowing SecretKey, as state: VerificationRecord.State,
        staged: StagedAnswer, answer: Answer?
    ) throws -> VerificationReport {
        let verification = asking.verification
        try staged.add(
            document: answer?.document
                ?? Self.unansweredDocument(of: verification, as: state, now: session.now))
        return try Intake(session.unhurried).commit(staged) { transaction in
            // Another process may have ended it in the meantime; what it archived stands.
            guard var current = try transaction.index.verification(verification.uid) else {
                throw CatalogError.damaged("a verification is gone")
            }
            _ = try proveCase(of: verification, in: transaction.index)
            guard current.state == .awaiting else {
                let state = current.state == .archived ? .unchanged : VerificationReport.State(current.state)
                return (false, self.report(current, caseID: caseID, state: state))
            }
            // The vendor has what was destroyed here still.
            if try session.isDestroyed(staged.tag, .answer, in: transaction.index) {
                try session.endAsDestroyed([current], of: current.caseUID, transaction)
                return (false, self.report(current, caseID: caseID, state: .rejected))
            }
            let isAnswered = answer != nil || state == .unreadable
            try asking.record(in: &current, isAnswered ? .answered : .failed, problem: nil, transaction)
            current.oddSince = nil
            if state == .unreadable { current.lastProblem = Self.malformed }
            let ended = try end(current, as: state, with: staged, answer: answer, key: key, transaction)
            var done = self.report(
                ended, caseID: caseID, state: VerificationReport.State(state))
            done.objects = staged.objects.count
            done.bytes = staged.bytes
            return (true, done)
        }
    }

    /// Counts an asking that did not end the verification.
    ///
    /// - Parameter isOdd: it was answered without media, or with what cannot be read, or with neither; nil where it was
    ///   no answer.
    private func note(_ asking: Asking, problem: String?, isOdd: Bool?) throws {
        try session.record { transaction in
            guard var current = try transaction.index.verification(asking.verification.uid), current.state == .awaiting
            else { return }
            try asking.record(in: &current, problem == nil ? .notFinished : .failed, problem: problem, transaction)
            current.attempts += 1
            current.lastProblem = problem
            if let isOdd { current.oddSince = isOdd ? current.oddSince ?? transaction.now : nil }
            try transaction.index.countAsking(current)
        }
    }

    /// The `result` of a verification that ended without an answer of the vendor, or without one that can be read.
    private static func unansweredDocument(
        of verification: VerificationRecord, as state: VerificationRecord.State, now: Date
    ) -> [UInt8] {
        let deadline = verification.deadline.map { #","Deadline":"\#(Timestamp.format($0))""# } ?? ""
        return Array(
            #"{"Strongroom":{"State":"\#(state.rawValue)","EndedAt":"\#(Timestamp.format(now))"\#(deadline)}}"#.utf8)
    }
}
