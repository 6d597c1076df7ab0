public import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Synchronization
public import Vault
internal import Vendor

/// What became of one verification, for a person or a program that follows a batch.
public struct VerificationReport: Sendable {
    public enum State: String, Sendable {
        case awaiting, archived, incomplete, unreadable, expired, rejected
        /// The vendor says that there is no result. It waits, and is asked again.
        case refused
        /// It could not be worked on; see `problem`. What was registered before stays.
        case failed
        /// Everything was there already.
        case unchanged
    }

    /// Nil where the case itself could not be read.
    public let caseID: CaseID?
    public internal(set) var number: Int?
    public internal(set) var state: State
    public internal(set) var outcome: Outcome?
    public internal(set) var objects = 0
    /// Plaintext bytes.
    public internal(set) var bytes: UInt64 = 0
    /// When the vendor forgets, for what waits.
    public internal(set) var deadline: Date?
    /// Objects that were due the moment they came: they wait for a person's word.
    public internal(set) var unconfirmed = 0
    /// Another case whose ID looks like this one's, and is not the same.
    public internal(set) var looksLike: String?
    public internal(set) var tokenIssuedAt: Date?
    public internal(set) var problem: ArchiveError?
    /// The vendor's code for why there is no result, of one that is refused.
    public internal(set) var refusal: String?
    /// Where in a table it stood.
    public internal(set) var line: Int?
}

extension VerificationReport.State {
    init(_ state: VerificationRecord.State) {
        switch state {
        case .awaiting: self = .awaiting
        case .archived: self = .archived
        case .incomplete: self = .incomplete
        case .unreadable: self = .unreadable
        case .expired: self = .expired
        case .rejected: self = .rejected
        }
    }
}

/// A saved answer and what is known of its verification.
public struct ImportItem: Sendable {
    public let registration: Registration
    /// A path, or `-` for standard input.
    public let file: String
    /// Where in a table it stood.
    public let line: Int?
    /// Take also what is no strict Base64 or JSON. That this was done stands on the ledger.
    public let isLenient: Bool
    /// A person says that its times are right: what is due by them at once goes with the next purge.
    public let isConfirmed: Bool

    public init(
        registration: Registration, file: String, line: Int? = nil, isLenient: Bool = false,
        isConfirmed: Bool = false
    ) throws(ArchiveError) {
        guard registration.captured != nil || registration.tokenIssuedAt != nil else {
            throw ArchiveError(
                .noTimeGiven, "neither captured-at nor token-issued-at is given",
                remedy: "retention counts from that time: give \(input: .capturedAt) or \(input: .tokenIssuedAt)")
        }
        self.registration = registration
        self.file = file
        self.line = line
        self.isLenient = isLenient
        self.isConfirmed = isConfirmed
    }
}

extension Intake {
    /// Threads that import a batch: twice as many as one transaction commits, so that half of them prepare answers
    /// while those of the others are written.
    public static let importWorkers = 32

    /// Archives one saved answer. Everything is durable when this returns, and nothing is changed when it
    /// throws.
    public func `import`(_ item: ImportItem) throws -> VerificationReport {
        defer { try? sweep() }
        return try session.attempt(.intake, verb: "import", caseID: item.registration.caseID) { try archive(item) }
    }

    private func archive(_ item: ImportItem) throws -> VerificationReport {
        try session.describing(item.file == "-" ? "standard input" : item.file) {
            try session.allow(.intake)
            // Who may bring something in may not say by that alone that it can go at once.
            if item.isConfirmed { try session.allow(.events) }
            let staged = stageAnswer()
            let answer = try session.effects.provider.readAnswer(
                cap: session.configuration.vendor.answerCap, isLenient: item.isLenient, into: staged
            ) { take in
                try readPieces(of: item.file) { piece in
                    try session.limit.check()
                    try take(piece)
                }
            }
            try Self.checkArchivable(answer)
            try staged.add(document: answer.document)
            return try commitImport(item, staged: staged, answer: answer)
        }
    }

    /// Archives many saved answers; a failure of one does not touch the others.
    ///
    /// - Parameter report: called once for each, when it is durable or has failed, from any thread but
    ///   never at the same time.
    public func `import`(_ items: [ImportItem], report: @escaping @Sendable (VerificationReport) -> Void) {
        let failures = Mutex<[ArchiveError]>([])
        Workers.forEach(items, workers: Self.importWorkers) { item in
            let outcome: VerificationReport
            do {
                var done = try self.archive(item)
                done.line = item.line
                outcome = done
            } catch {
                outcome = VerificationReport(
                    caseID: item.registration.caseID, state: .failed, problem: ArchiveError(error), line: item.line)
            }
            failures.withLock { failures in
                if let problem = outcome.problem { failures.append(problem) }
                report(outcome)
            }
        }
        session.recordFailures("import", failures.withLock { $0 })
        try? sweep()
    }

    /// What an answer with a result ends a verification as.
    static func state(of answer: Answer, _ staged: StagedAnswer) -> VerificationRecord.State {
        guard case .ended(let outcome, _) = answer.content, outcome.verdict == .passed else { return .archived }
        return staged.hasMedia ? .archived : .incomplete
    }

    private func commitImport(
        _ item: ImportItem, staged: StagedAnswer, answer: Answer
    ) throws -> VerificationReport {
        let registration = item.registration
        let tag = staged.tag
        let state = Self.state(of: answer, staged)
        return try commit(staged) { transaction in
            let index = transaction.index
            let tokenTag = registration.token.map { session.tag(of: $0) }
            // What is known is proved before anything is added to it.
            let found = try tokenTag.flatMap { try session.verification(token: $0, in: index) }
            let foundByAnswer = try session.caseRecord(of: registration.caseID, in: index).flatMap {
                try session.verification(answer: tag, of: $0.uid, in: index)
            }
            let opened = try openOrInsertCase(registration, transaction)
            let byToken = try found.map { try reconcile($0, with: registration, transaction) }
            if let tokenTag {
                try session.checkNotDestroyed(tokenTag, .token, "this SDK token's verification", in: index)
            }
            try session.checkNotDestroyed(tag, .answer, "this answer", in: index)
            if var known = foundByAnswer {
                _ = try completeTimes(of: known, with: registration)
                if let tokenTag, known.tokenTag != tokenTag {
                    guard known.tokenTag == nil, byToken == nil else {
                        throw otherParticulars("SDK token for this answer", of: registration.caseID)
                    }
                    let before = known
                    known.tokenTag = tokenTag
                    try update(before, to: known, transaction)
                }
                var done = report(known, caseID: registration.caseID, state: .unchanged)
                done.unconfirmed = try unconfirmed(of: known, in: index)
                return (false, done)
            }
            if let byToken, byToken.state != .awaiting {
                throw ArchiveError(
                    .tokenEnded,
                    "this SDK token's verification is \(byToken.state.rawValue) already, with another answer",
                    remedy: byToken.state.mayGoOn && byToken.sealedToken != nil
                        ? "where this one is better: \(verb: .caseReopen) \(registration.caseID.text), then try again"
                        : "see \(verb: .caseShow) \(registration.caseID.text)")
            }
            let verification =
                try byToken ?? makeVerification(registration, origin: .import, of: opened, transaction)
            let ended = try end(
                verification, as: state, with: staged, answer: answer, isLenient: item.isLenient,
                isFromFile: true, isConfirmed: item.isConfirmed, key: opened.key, transaction)
            var done = report(ended, caseID: registration.caseID, state: .init(state))
            done.objects = staged.objects.count
            done.bytes = staged.bytes
            done.looksLike = try session.lookalike(of: registration.caseID, in: index)
            done.unconfirmed = try unconfirmed(of: ended, in: index)
            return (true, done)
        }
    }

    /// Objects of a verification that were due before they came, and wait for a word.
    private func unconfirmed(of record: VerificationRecord, in index: IndexReader) throws -> Int {
        try index.retentionRows(.ofCase(record.caseUID), after: nil, limit: .max)
            .filter { $0.verificationUID == record.uid && $0.standing.status == .unconfirmed }.count
    }

    func report(
        _ record: VerificationRecord, caseID: CaseID, state: VerificationReport.State
    ) -> VerificationReport {
        VerificationReport(
            caseID: caseID, number: record.number, state: state, outcome: record.outcome,
            deadline: record.deadline, tokenIssuedAt: record.tokenIssuedAt)
    }

    static func checkArchivable(_ answer: Answer) throws(ArchiveError) {
        switch answer.content {
        case .notFinished(let code, _):
            throw ArchiveError(
                .answerNotFinished, "the answer says that the verification is not finished (Result \(code))",
                remedy: "ask the vendor again before the 72 hours end; there is nothing to archive yet")
        case .ended: break
        case .error(let code, _, _):
            throw ArchiveError(
                .answerIsError, "the answer is an error of the vendor: \(PlainText.excerpt(code))",
                remedy: "there is no result in it to archive")
        }
    }

    private func readPieces(of path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var descriptor: Int32 = -1
        while descriptor < 0 {
            descriptor = path == "-" ? dup(STDIN_FILENO) : Foundation.open(path, O_RDONLY | O_CLOEXEC)
            if descriptor >= 0 { break }
            guard errno == EINTR else {
                throw ArchiveError(
                    .badAnswer, "cannot be opened: \(String(cString: strerror(errno)).lowercased())",
                    remedy: "check the path"
                )
            }
            // A signal came while it waited for who writes into a pipe.
            try session.limit.check()
        }
        defer { close(descriptor) }
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 4096)
        defer {
            explicit_bzero(piece.baseAddress!, piece.count)
            piece.deallocate()
        }
        while true {
            let count = Foundation.read(descriptor, piece.baseAddress!, piece.count)
            if count < 0, errno == EINTR {
                try session.limit.check()
                continue
            }
            guard count >= 0 else {
                throw ArchiveError(
                    .badAnswer, "cannot be read: \(String(cString: strerror(errno)).lowercased())",
                    remedy: "check the path")
            }
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }
}
