internal import Base
internal import Catalog
internal import Foundation
internal import Synchronization
internal import Vault
internal import Vendor

/// One run of `pull`, which its workers share.
final class PullRun: Sendable {
    private struct State {
        var queue: PullQueue
        var summary: PullSummary
        var failuresInARow = 0
        /// Refused by the vendor since it answered last.
        var refused: Set<VerificationUID> = []
        /// About which it has answered last, and when; two different ones.
        var answered: [(uid: VerificationUID, at: Date)] = []
        var failures: [ArchiveError] = []

        mutating func stop(_ problem: ArchiveError) {
            summary.stopped = summary.stopped ?? problem
            summary.notAsked += queue.waiting
            queue.drop()
        }
    }

    /// After so many verifications in a row without contact, the rest is not tried.
    private static let failuresInARow = 8

    /// Seconds for which an answer about one says that the way to the vendor is whole.
    private static let answerCounts: TimeInterval = 300

    /// Seconds after which a success without media, or what cannot be read, is asked about again.
    private static let pauseForMedia: TimeInterval = 10

    /// So many different ones refused in a row are a fault of the way, and not of the tokens.
    private static let refusalsInARow = 5

    /// Seconds for which a run asks on after a deadline: the vendor's clock may be behind this one.
    private static let grace: TimeInterval = 600

    private let intake: Intake
    private var session: Session { intake.session }
    private let client: any ProviderClient
    private let options: PullOptions
    private let report: @Sendable (VerificationReport) -> Void
    private let state: Mutex<State>
    private let reporting = Mutex(())

    init(
        intake: Intake, client: any ProviderClient, options: PullOptions, queue: PullQueue, summary: PullSummary,
        report: @escaping @Sendable (VerificationReport) -> Void
    ) {
        self.intake = intake
        self.client = client
        self.options = options
        self.report = report
        state = Mutex(State(queue: queue, summary: summary))
    }

    var summary: PullSummary {
        var summary = state.withLock { $0.summary }
        summary.clockSkew = client.clockSkew
        return summary
    }

    /// The vendor has given an answer in this run.
    var wasAnswered: Bool { state.withLock { !$0.answered.isEmpty } }

    /// Why verifications failed in the end.
    var failures: [ArchiveError] { state.withLock { $0.failures } }

    func work() {
        while true {
            do { try session.limit.check() } catch {
                state.withLock { state in if state.queue.waiting > 0 { state.stop(ArchiveError(error)) } }
            }
            let now = session.now
            switch state.withLock({ $0.queue.next(now: now) }) {
            case .done: return
            case .idle:
                session.publishIfDue()
                session.effects.clock.sleep(0.05)
            case .wait(let until):
                session.publishIfDue()
                session.effects.clock.sleep(min(0.5, max(0.01, until.timeIntervalSince(now))))
            case .ask(let entry): ask(entry)
            }
        }
    }

    private func ask(_ entry: PullQueue.Entry) {
        do {
            let (report, next) = try intake.ask(
                entry.verification, client: client, region: options.region,
                answersOthers: { answersOthers(than: entry.verification.uid) }, isSecond: entry.wasOdd)
            note(next, of: entry.verification.uid, report)
            var again = entry
            if case .askAgain = next { again.wasOdd = false }
            switch next {
            // What is no better than before is nothing new.
            case .over where entry.verification.isOdd && report.state == .unchanged: break
            case .refused(let isAgain) where isAgain && !entry.isLast && !isStopped:
                // Perhaps it answers about one of those that come.
                state.withLock { $0.queue.returnAsLast(entry) }
                return
            case .refused
            where options.waits && !isStopped && report.state == .refused && mayBeShown
                && !entry.verification.isOver(at: session.now - Self.grace, session.effects.provider):
                state.withLock { $0.queue.return(entry, notBefore: session.now + Intake.refusalTime) }
                return
            case .askSoon where !entry.wasOdd && !isStopped:
                again.wasOdd = true
                state.withLock { $0.queue.return(again, notBefore: session.now + Self.pauseForMedia) }
                return
            // A while after the last deadline a run waits no longer, whether the vendor said that it is over or not.
            case .askAgain
            where options.waits && !isStopped
                && !entry.verification.isOver(at: session.now - Self.grace, session.effects.provider),
                .askSoon where options.waits && !isStopped,
                .outage
            where options.waits && !isStopped && entry.verification.state == .awaiting
                && !entry.verification.isOver(at: session.now - Self.grace, session.effects.provider):
                let deadline = entry.verification.lastDeadline(session.effects.provider)
                let later = session.now.addingTimeInterval(PullQueue.pollDelay(rounds: entry.rounds))
                // Never later than the deadline, where the last asking decides.
                let notBefore = session.now < deadline ? min(later, deadline) : later
                state.withLock { $0.queue.return(again, notBefore: notBefore) }
                return
            case .askAgain, .askSoon, .over, .refused: take(report)
            case .outage: take(report, isOutage: true)
            case .stop: take(report, stops: true)
            }
        } catch let ended as WaitEnded {
            // Who asked wants no more: that is no failure of this one.
            state.withLock { state in
                state.summary.notAsked += 1
                state.stop(ArchiveError(ended))
            }
        } catch {
            let problem = ArchiveError(error, subject: "verification \(entry.verification.uid)")
            // What is wrong with the disk is wrong for all; what is wrong with one row is not.
            take(VerificationReport(caseID: nil, state: .failed, problem: problem), stops: problem.concernsAll)
        }
        state.withLock { $0.queue.finish(entry) }
    }

    /// Whether another one waits that can show that the vendor answers. Otherwise nothing is waited for.
    private var mayBeShown: Bool { state.withLock { $0.queue.hasOthers(than: $0.refused) } }

    /// Whether the vendor has just answered about another one.
    private func answersOthers(than uid: VerificationUID) -> Bool {
        let now = session.now
        return state.withLock { state in
            state.answered.contains { $0.uid != uid && abs(now.timeIntervalSince($0.at)) < Self.answerCounts }
        }
    }

    /// Counts what is refused one after the other, whatever is asked again later.
    private func note(_ next: Intake.NextStep, of uid: VerificationUID, _ report: VerificationReport) {
        state.withLock { state in
            switch next {
            case .refused:
                state.refused.insert(uid)
                guard state.refused.count >= Self.refusalsInARow else { return }
                state.stop(
                    ArchiveError(
                        .vendor,
                        "the vendor has refused \(state.refused.count) different tokens one after the other"
                            + (report.refusal.map { ", the last with \($0)" } ?? report.problem.map {
                                ": \($0.message)"
                            }
                                ?? ""),
                        remedy: "look for a fault of the way and not of the tokens: endpoint, region and credentials; "
                            + "nothing that waits was lost"))
            case .over where [.archived, .incomplete].contains(report.state), .askSoon where report.state == .awaiting,
                .askAgain where report.state == .awaiting:
                state.refused = []
                let others = state.answered.filter { $0.uid != uid }
                state.answered = [(uid, session.now)] + others.prefix(1)
            default: break
            }
        }
    }

    private var isStopped: Bool { state.withLock { $0.summary.stopped != nil } }

    private func take(_ outcome: VerificationReport, isOutage: Bool = false, stops: Bool = false) {
        state.withLock { state in
            state.summary.counts[outcome.state, default: 0] += 1
            state.summary.bytes += outcome.bytes
            guard outcome.state == .failed, let problem = outcome.problem else {
                state.failuresInARow = 0
                return
            }
            state.failures.append(problem)
            // An answer that cannot be used says nothing about the next one.
            if isOutage { state.failuresInARow += 1 }
            state.summary.firstProblem = state.summary.firstProblem ?? problem
            if stops || state.failuresInARow >= Self.failuresInARow { state.stop(problem) }
        }
        reporting.withLock { _ in report(outcome) }
    }
}
