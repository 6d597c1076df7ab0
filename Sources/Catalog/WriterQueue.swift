internal import Base
internal import Foundation
internal import Synchronization

/// Writers of one process who share transactions. Whoever finds nobody at work leads: runs their own body, then those
/// of the others who wait, and commits for all. Nobody waits for more to come; the group ends where nobody waits, with
/// the 16th, or 20 ms after it began.
///
/// Only the order stands here; what a transaction is, the leader knows.
final class WriterQueue: Sendable {
    /// Bodies that one transaction commits.
    static let mostTogether = 16
    /// Nanoseconds after which a group takes in no more.
    static let longest: UInt64 = 20_000_000

    /// What somebody wants to write.
    ///
    /// Unchecked because the compiler cannot see the order: until `isDone` is signalled only the leader touches it,
    /// afterwards only its owner, who does nothing but wait in between.
    final class Job: @unchecked Sendable {
        /// Runs in a transaction, perhaps on the leader's thread, perhaps more than once; gone once there is an
        /// outcome, because it must not outlive the call that it was given in.
        private var body: ((IndexWriter) throws -> Void)?
        /// What became of it; nil for who is to lead now.
        var outcome: Result<Void, any Error>?
        /// How long its owner waits.
        let limit: WaitLimit
        /// Goes before those who are not.
        fileprivate let isUrgent: Bool
        fileprivate let wake = DispatchSemaphore(value: 0)

        init(until limit: WaitLimit = .none, isUrgent: Bool = false, _ body: @escaping (IndexWriter) throws -> Void) {
            self.limit = limit
            self.isUrgent = isUrgent
            self.body = body
        }

        func run(_ session: IndexWriter) throws { try body!(session) }

        fileprivate func end() { body = nil }
    }

    private struct State {
        var isLed = false
        /// Who leads.
        var leader: pthread_t?
        /// Those who are urgent first, each in the order in which they came.
        var waiting: [Job] = []

        mutating func append(_ job: Job) {
            let place = job.isUrgent ? waiting.firstIndex { !$0.isUrgent } : nil
            waiting.insert(job, at: place ?? waiting.count)
        }
    }

    private let state = Mutex(State())

    /// Returns when the job has its outcome.
    ///
    /// Where the job's limit is over while it waits for others, ``WaitEnded`` is thrown, and it never runs.
    ///
    /// - Parameter lead: runs it and others from ``next()``, and gives each its outcome.
    func perform(_ job: Job, lead: () -> [Job]) throws {
        let mustWait = state.withLock { state in
            let isNested = state.leader.map { pthread_equal($0, pthread_self()) != 0 } ?? false
            precondition(!isNested, "a write inside of a write")
            if state.isLed { state.append(job) }
            defer { state.isLed = true }
            return state.isLed
        }
        if mustWait { try wait(job) }
        guard job.outcome == nil else { return }
        state.withLock { $0.leader = pthread_self() }
        let done = lead()
        for job in done { job.end() }
        // The next leads before anybody of this group goes on: who writes again comes behind who waits.
        let next = state.withLock { state -> Job? in
            state.leader = nil
            state.isLed = !state.waiting.isEmpty
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        next?.wake.signal()
        for other in done where other !== job { other.wake.signal() }
    }

    private func wait(_ job: Job) throws {
        guard job.limit.isBounded else { return job.wake.wait() }
        while job.wake.wait(timeout: .now() + .milliseconds(5)) == .timedOut {
            do { try job.limit.check() } catch {
                // Whoever was taken up is run, and has its outcome soon.
                let isMine = state.withLock { state -> Bool in
                    guard let place = state.waiting.firstIndex(where: { $0 === job }) else { return false }
                    state.waiting.remove(at: place)
                    return true
                }
                guard isMine else { return job.wake.wait() }
                job.end()
                throw error
            }
        }
    }

    /// Another that waits, for the leader.
    func next() -> Job? {
        state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }
}
