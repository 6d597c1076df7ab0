internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Vault
internal import Vendor

/// Answers that have no media, or that cannot be read: when they are archived all the same, and how something better is
/// asked for later.
extension Intake {
    /// Asks about one that ended without media, or unreadable, once more: what is better is archived as another
    /// verification of the case, as if somebody had reopened it. Whatever else the vendor says changes nothing.
    func askForBetter(
        _ asking: Asking, of caseID: CaseID, key: borrowing SecretKey, _ client: any ProviderClient
    ) throws -> (report: VerificationReport, next: NextStep) {
        let old = asking.verification
        let nothing = (report: report(old, caseID: caseID, state: .unchanged), next: NextStep.over)
        var found: (answer: Answer, staged: StagedAnswer)?
        do {
            let (fetched, staged) = try client.fetchResult(
                of: try session.token(of: old, key: key), region: asking.region, until: session.limit
            ) { stageAnswer() }
            try session.unhurried.noteWitness(skew: client.clockSkew)
            if case .ended(let answer) = fetched,
                Self.state(of: answer, staged) == .archived || old.state == .unreadable
            {
                found = (answer, staged)
            } else {
                staged.discard()
            }
        } catch let error as any ProviderError {
            try session.unhurried.noteWitness(skew: client.clockSkew)
            // Who was not reached was not asked.
            if error.stopsPulling || error.isOutage {
                var failed = report(old, caseID: caseID, state: .failed)
                failed.problem = ArchiveError(error, subject: "case \(caseID.text)")
                return (failed, error.stopsPulling ? .stop : .outage)
            }
        }
        guard let (answer, staged) = found else {
            try session.unhurried.record { try $0.index.noteAskedAgain(old.uid, at: $0.now) }
            return nothing
        }
        let state = Self.state(of: answer, staged)
        try staged.add(document: answer.document)
        let reason = try Reason("asked again: the vendor has a better answer")
        return try Intake(session.unhurried).commit(staged) { transaction in
            _ = try proveCase(of: old, in: transaction.index)
            guard let current = try transaction.index.verification(old.uid), current.isOdd else {
                return (false, nothing)
            }
            let ended = try goOn(
                from: current, as: state, with: staged, answer: answer, for: reason, key: key, transaction
            ) { new in
                try Asking(verification: new, endpoint: asking.endpoint, region: asking.region)
                    .record(in: &new, .answered, problem: nil, transaction)
            }
            var done = report(ended, caseID: caseID, state: .init(state))
            done.objects = staged.objects.count
            done.bytes = staged.bytes
            return (true, (done, .over))
        }
    }

    /// The problems of a success without media, and of an answer that cannot be read, as the client names it.
    static let noMedia = "no-media"
    static let malformed = "malformed-answer"
    /// Seconds before the vendor may forget in which what it says is archived as it is, whatever it is.
    static let lastHours: TimeInterval = 6 * 3600
    /// Seconds before that in which nothing is asked twice first.
    private static let lastMinute: TimeInterval = 60
    /// Seconds after which an answer that cannot be read is archived though nothing shows that the way is whole.
    private static let longEnough: TimeInterval = 3600
    /// Seconds between two questions about what ended without media, or unreadable; fewer in the last hours.
    static func pauseForBetter(
        _ verification: VerificationRecord, at now: Date, _ provider: any Provider
    ) -> TimeInterval {
        // By the time of issue that was given, which can be wrong, as well as by the registration.
        let left = [verification.deadline, verification.lastDeadline(provider)].compactMap { $0 }
            .map { $0.timeIntervalSince(now) }.filter { $0 > 0 }.min()
        guard let left, left <= lastHours else { return 3600 }
        return max(10, min(refusalTime, left / 2))
    }

    /// Whether an answer without media, or one that cannot be read, is archived now: where such answers came for ten
    /// minutes, and no others, and the way to the vendor is whole, or for an hour; or where its hours run out. It is
    /// asked twice first, and asked about later as well (``askForBetter``): nothing is lost by it.
    func isDue(
        _ verification: VerificationRecord, isSecond: Bool, isWayWhole: Bool
    ) -> Bool {
        let now = session.now
        let lifetime = session.effects.provider.resultLifetime
        // At the earliest: a token is issued before it is registered, and one that was reopened long before.
        let left = min(verification.tokenIssuedAt ?? verification.registeredAt, verification.registeredAt)
            .addingTimeInterval(lifetime).timeIntervalSince(now)
        // Where they are over by the time that was given, the vendor's answer shows that it is wrong.
        if left > 0, left <= Self.lastMinute { return true }
        guard isSecond || verification.oddSince != nil else { return false }
        if left <= Self.lastHours { return true }
        // Where the time of issue is not known, nobody knows when the vendor forgets.
        if verification.tokenIssueIsAssumed { return true }
        guard let since = verification.oddSince else { return false }
        let passed = now.timeIntervalSince(since)
        return passed >= Self.refusalTime && (isWayWhole || passed >= Self.longEnough)
    }

    /// An answer as it came; nil where the vendor cannot be asked, or gives one that can be read.
    func unread(_ client: any ProviderClient, _ token: SDKToken, _ region: String) throws -> StagedAnswer? {
        let staged = stageAnswer()
        do {
            if try client.fetchUnread(of: token, region: region, until: session.limit, into: staged) { return staged }
        } catch is any ProviderError {
            // It is counted as what was said before; what is wrong with the disk is said.
        }
        staged.discard()
        return nil
    }
}
