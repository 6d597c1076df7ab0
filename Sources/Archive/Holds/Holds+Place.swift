internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
internal import Vault

extension Holds {
    /// Cases that one transaction names.
    private static let casesAtOnce = 1500
    /// Up to so many, decisions about a case's objects are computed anew in the transaction that names it.
    private static let casesDecidedAtOnce = 200
    /// Objects of held cases that were destroyed before, in one answer.
    private static let mostDestroyed = 10_000

    /// Places an order to preserve. When this returns, nothing that it takes in is destroyed, whatever arrives.
    public func place(_ order: HoldOrder, preview: Bool = false) throws -> HoldAnswer {
        try session.attempt(.hold, verb: preview ? nil : "hold place") {
            guard let reviewBy = order.reviewBy else {
                throw ArchiveError(
                    .badScope, "no day of review is given",
                    remedy: "give \(input: .reviewBy): nothing ends by itself then")
            }
            try checkReview(reviewBy)
            if case .review = order.scope { throw Self.noScope }
            return hinting(try place(order, reviewBy: reviewBy, extends: false, preview: preview))
        }
    }

    /// Adds to a matter that is held: a new revision.
    public func extend(_ order: HoldOrder, preview: Bool = false) throws -> HoldAnswer {
        try session.attempt(.hold, verb: preview ? nil : "hold extend") {
            if let reviewBy = order.reviewBy { try checkReview(reviewBy) }
            if case .review = order.scope, order.reviewBy == nil { throw Self.noScope }
            return hinting(try place(order, reviewBy: order.reviewBy, extends: true, preview: preview))
        }
    }

    /// Unknown cases of an order that are looked at.
    private static let mostHints = 20

    /// Adds what looks like something else. The order stands whatever comes of it.
    private func hinting(_ answer: HoldAnswer) -> HoldAnswer {
        var answer = answer
        let lookalikes = try? session.catalog.read { index in
            try answer.unknownCases.prefix(Self.mostHints).reduce(into: [String: String]()) { found, name in
                found[name] = try session.lookalike(of: try CaseID(name), in: index)
            }
        }
        answer.lookalikes = lookalikes ?? [:]
        if answer.revision == 1, let holds = try? list(all: true) {
            let likeness = Likeness(of: answer.matter)
            answer.matterLooksLike = holds.map(\.matter).first { $0 != answer.matter && Likeness(of: $0) == likeness }
        }
        return answer
    }

    private static let noScope = ArchiveError(
        .badScope, "the order is about nothing",
        remedy:
            "give \(input: .caseID), \(input: .caseList), \(input: .subject), "
            + "\(input: .expression), or \(input: .everything) spelled out"
    )

    private func checkReview(_ time: Date) throws {
        guard time > session.now else {
            throw ArchiveError(
                .badScope, "the day of review (\(Timestamp.day(time))) is over", remedy: "give one to come")
        }
    }

    /// What an order comes to before anything is written.
    private struct Prepared {
        var form: HoldScopeRecord.Form?
        var clauses: [HoldClause] = []
        var judgedOnly = false
        var cases: [CaseID] = []
        var subject: String?
        var expression: String?
    }

    private func prepare(_ scope: HoldOrder.Scope) throws -> Prepared {
        var prepared = Prepared()
        switch scope {
        case .cases(let cases):
            var seen: Set<CaseID> = []
            prepared.cases = cases.filter { seen.insert($0).inserted }
            guard !prepared.cases.isEmpty else { throw Self.noScope }
            prepared.form = .cases
        case .subject(let subject):
            let subject = try PlainText.name(subject, "subject", longest: 500, code: .badParticular)
            (prepared.form, prepared.subject) = (.cases, subject)
        case .expression(let text, let judgedOnly, let zone):
            let expression = try Self.expression(text, purposes: session.configuration.purposes, timeZone: zone)
            (prepared.form, prepared.judgedOnly) = (.where, judgedOnly)
            prepared.clauses = expression.clauses.map(Self.withUnreadableAnswers)
            prepared.expression = expression.description
        case .everything: prepared.form = .everything
        case .review: break
        }
        return prepared
    }

    /// An answer that cannot be read can have all kinds of media in it: who names one takes it in, too.
    private static func withUnreadableAnswers(_ clause: HoldClause) -> HoldClause {
        var clause = clause
        clause.media?.insert(MediaKind.unreadableAnswer.name)
        return clause
    }

    static func expression(_ text: String, purposes: [String], timeZone: TimeZone) throws -> HoldExpression {
        let kinds = [MediaKind.bestFrame, .video, .actionVideo, .result, .unreadableAnswer].map(\.name)
        do throws(HoldExpression.Problem) {
            return try HoldExpression(text, .init(media: kinds, purposes: purposes, timeZone: timeZone))
        } catch {
            var problem = ArchiveError(.badExpression, "column \(error.column): \(error.message)", remedy: error.remedy)
            problem.mark = (text, error.column)
            throw problem
        }
    }

    private func place(_ order: HoldOrder, reviewBy: Date?, extends: Bool, preview: Bool) throws -> HoldAnswer {
        let prepared = try prepare(order.scope)
        var placing = Placing(order, uid: HoldUID(from: session.effects.randomness), isPreview: preview)
        if preview {
            // The same transaction, which is undone: what it would say is what it says.
            return try session.rehearse { transaction in
                // The body may be run again.
                var placing = placing
                try begin(&placing, prepared, reviewBy: reviewBy, extends: extends, transaction)
                try name(prepared.cases, in: &placing, transaction)
                try finish(&placing, prepared, reviewBy: reviewBy, transaction)
                return try answer(placing, prepared, in: transaction.index)
            }
        }
        let isSmall = prepared.cases.count <= Self.casesAtOnce
        var current = placing
        // The first part comes with the hold itself; the last transaction says that it is placed.
        try session.record(isUrgent: true) { transaction in
            current = placing
            try begin(&current, prepared, reviewBy: reviewBy, extends: extends, transaction)
            try name(Array(prepared.cases.prefix(Self.casesAtOnce)), in: &current, transaction)
            if isSmall { try finish(&current, prepared, reviewBy: reviewBy, transaction) }
        }
        placing = current
        if !isSmall {
            for first in stride(from: Self.casesAtOnce, to: prepared.cases.count, by: Self.casesAtOnce) {
                do { try session.limit.check() } catch {
                    throw ArchiveError(
                        error == .cancelled ? .interrupted : .timedOut,
                        "the order is not placed to its end: \(first) of \(prepared.cases.count) cases are "
                            + "named, and protected",
                        remedy: "run the same command again to finish it, or take it back with \(verb: .holdWithdraw)")
                }
                let part = Array(prepared.cases[first..<min(first + Self.casesAtOnce, prepared.cases.count)])
                try session.record(isUrgent: true) { transaction in
                    current = placing
                    try checkIsOpen(current, transaction)
                    try name(part, in: &current, transaction)
                }
                placing = current
            }
            try session.record(isUrgent: true) { transaction in
                current = placing
                try checkIsOpen(current, transaction)
                try finish(&current, prepared, reviewBy: reviewBy, transaction)
            }
            placing = current
        }
        // Before anybody is told that it stands: an older archive that knows nothing of it is known as such from now
        // on.
        var isMarked = true
        do { try session.writeMark() } catch { isMarked = false }
        var said = try session.catalog.read { try answer(placing, prepared, in: $0) }
        said.isMarked = isMarked
        return said
    }

    /// An order on its way.
    private struct Placing {
        let order: HoldOrder
        let isPreview: Bool
        var uid: HoldUID
        var revision = 1
        var entry: UInt64?
        var unknown: [String] = []
        var destroyed: [HoldAnswer.Destroyed] = []
        /// Cases that were named now.
        var named: [CaseUID] = []

        init(_ order: HoldOrder, uid: HoldUID, isPreview: Bool) {
            self.order = order
            self.uid = uid
            self.isPreview = isPreview
        }

        var scope: HoldScopeName { HoldScopeName(hold: uid, revision: revision) }
    }

    /// Makes the hold, or its new revision; goes on with one that was interrupted.
    private func begin(
        _ placing: inout Placing, _ prepared: Prepared, reviewBy: Date?, extends: Bool, _ transaction: Transaction
    ) throws {
        let index = transaction.index
        let matter = placing.order.matter.text
        let tag = session.keyring.tag(matter.utf8, purpose: .matter)
        let known = try holds(of: matter, in: index).last { $0.state == .placing || $0.state == .standing }
        let stamp = try transaction.actorStamp()
        let isLarge = prepared.cases.count > Self.casesAtOnce
        let state: HoldScopeRecord.State = isLarge ? .placing : .standing
        if extends {
            guard var hold = known else { throw try noHold(of: matter, in: index) }
            guard hold.state == .standing else {
                throw ArchiveError(
                    .matterOver, "matter \(matter) is still being placed",
                    remedy: "finish it first: run \(verb: .holdPlace) again")
            }
            placing.uid = hold.uid
            // An extension by the same person that was interrupted goes on.
            if isLarge, let open = try index.holdScopes(of: hold.uid).last(where: { $0.state == .placing }),
                let book = try session.holdBook(in: index).holds[hold.uid]?.scopes[
                    open.name.revision],
                try isSamePerson(book.author, in: index)
            {
                placing.revision = open.name.revision
                return
            }
            hold.revision += 1
            placing.revision = hold.revision
            try index.update(hold)
        } else if let hold = known {
            guard hold.state == .placing, isLarge, try isSamePerson(hold.authorUID, in: index) else {
                throw ArchiveError(
                    .matterExists,
                    hold.state == .placing
                        ? "matter \(matter) is being placed by \(try session.name(of: hold.authorUID, in: index))"
                        : "matter \(matter) is held already, since \(Timestamp.minute(hold.placedAt))",
                    remedy: hold.state == .placing
                        ? "who began it finishes it by the same command, or takes it back: \(verb: .holdWithdraw)"
                        : "add to it with \(verb: .holdExtend)")
            }
            let begun = try session.particulars(of: hold, in: index)
            guard begun.reason == placing.order.reason.text, begun.cases == Self.digest(of: prepared.cases) else {
                throw ArchiveError(
                    .matterExists, "matter \(matter) is being placed with another list of cases, or another reason",
                    remedy: "finish it with the same command as before, or take it back: \(verb: .holdWithdraw)")
            }
            placing.uid = hold.uid
            return
        } else {
            let key = try session.recorder.archiveKey(try index.archive())
            let sealed = try session.seal(
                HoldParticulars(
                    matter: matter, reason: placing.order.reason.text,
                    cases: isLarge ? Self.digest(of: prepared.cases) : nil), key: key,
                context: session.contexts.hold(placing.uid))
            try index.insert(
                HoldRecord(
                    uid: placing.uid, matterTag: tag, sealed: sealed, isConfidential: placing.order.isConfidential,
                    authorUID: stamp.uid, placedAt: transaction.now, reviewBy: reviewBy ?? transaction.now, revision: 1,
                    state: isLarge ? .placing : .standing))
        }
        guard let form = prepared.form else { return }
        try index.insert(
            HoldScopeRecord(
                name: placing.scope, form: form, state: state, judgedOnly: prepared.judgedOnly,
                clauses: prepared.clauses))
        if let subject = prepared.subject { try name(subject: subject, in: &placing, transaction) }
    }

    private static func digest(of cases: [CaseID]) -> String {
        SHA256.digest(of: cases.map(\.text).sorted().joined(separator: "\n").utf8).hex
    }

    /// Sees that nobody finished, released or took back meanwhile what is still being placed.
    private func checkIsOpen(_ placing: Placing, _ transaction: Transaction) throws {
        let index = transaction.index
        guard let hold = try index.hold(placing.uid), hold.state == .placing || hold.state == .standing,
            try index.holdScopes(of: placing.uid).contains(where: { $0.name == placing.scope && $0.state == .placing })
        else {
            throw ArchiveError(
                .matterOver,
                "matter \(placing.order.matter.text) was finished, released or taken back while it was being placed",
                remedy: "see \(verb: .holdShow), and place what is missing")
        }
    }

    /// Names cases: those that are there are held, the others when they come.
    private func name(_ cases: [CaseID], in placing: inout Placing, _ transaction: Transaction) throws {
        let index = transaction.index
        var covered: [CaseUID] = []
        var expected: [HoldExpectation] = []
        for caseID in cases {
            let tag = session.keyring.tag(caseID.text.utf8, purpose: .caseID)
            if let uid = try session.caseRecord(of: caseID, in: index)?.uid {
                if try index.addCase(uid, to: placing.scope) { covered.append(uid) }
                continue
            }
            expected.append(HoldExpectation(purpose: .caseID, tag: tag))
            if let gone = try session.remembered(caseID, in: index) {
                placing.destroyed.append(
                    HoldAnswer.Destroyed(caseID: caseID.text, entry: gone.entry, at: gone.destroyedAt, isWhole: true))
            } else {
                placing.unknown.append(caseID.text)
            }
        }
        try put(covered, expected, of: placing.scope, transaction)
        placing.named += covered
    }

    private func name(subject: String, in placing: inout Placing, _ transaction: Transaction) throws {
        guard let tag = session.subjectTag(subject) else { return }
        let index = transaction.index
        let covered = try session.cases(ofSubject: tag, in: index).sorted { $0.hex < $1.hex }
        for uid in covered { _ = try index.addCase(uid, to: placing.scope) }
        try put(covered, [HoldExpectation(purpose: .subject, tag: tag)], of: placing.scope, transaction)
        placing.named += covered
    }

    private func put(
        _ covered: [CaseUID], _ expected: [HoldExpectation], of scope: HoldScopeName, _ transaction: Transaction
    ) throws {
        for first in stride(from: 0, to: covered.count, by: Event.HoldCovers.most) {
            let part = Array(covered[first..<min(first + Event.HoldCovers.most, covered.count)])
            try transaction.add(.holdCovers(.init(hold: scope.hold, revision: UInt64(scope.revision), cases: part)))
        }
        for expectation in expected { try transaction.index.insert(expectation, of: scope) }
        for (key, same) in Dictionary(grouping: expected, by: { HoldExpectationKey($0) }).sorted(by: { $0.key < $1.key }
        ) {
            let tags = same.map(\.tag.bytes.hex)
            for first in stride(from: 0, to: tags.count, by: Event.HoldExpects.most) {
                try transaction.add(
                    .holdExpects(
                        .init(
                            hold: scope.hold, revision: UInt64(scope.revision),
                            purpose: key.purpose == .caseID ? .caseID : .subject, tagKey: UInt64(key.number),
                            tags: Array(tags[first..<min(first + Event.HoldExpects.most, tags.count)]))))
            }
        }
    }

    /// Says that it is placed.
    private func finish(
        _ placing: inout Placing, _ prepared: Prepared, reviewBy: Date?, _ transaction: Transaction
    ) throws {
        let index = transaction.index
        guard var hold = try index.hold(placing.uid) else { throw CatalogError.damaged("a hold is gone") }
        let order = placing.order
        if prepared.form != nil {
            let isNew = try index.holdScopes(of: hold.uid).contains { $0.name == placing.scope && $0.state == .placing }
            if isNew { try index.setState(.standing, coolingUntil: nil, of: placing.scope) }
            hold.state = .standing
        } else {
            placing.revision = hold.revision
        }
        if let reviewBy { hold.reviewBy = reviewBy }
        try index.update(hold)
        let isCases = prepared.form == .cases
        let cases = isCases ? try index.holdCounts(of: placing.scope).cases : 0
        let expected = isCases ? try index.holdExpectationCount(of: placing.scope) : 0
        placing.entry = try transaction.add(
            .holdPlaced(
                .init(
                    hold: placing.uid, revision: UInt64(placing.revision),
                    form: prepared.form.map { .init($0) } ?? .review,
                    clauses: prepared.form == .where ? prepared.clauses.map(\.recorded) : nil,
                    judgedOnly: prepared.form == .where ? prepared.judgedOnly : nil, cases: UInt64(cases),
                    expected: UInt64(expected), reviewBy: hold.reviewBy, isConfidential: hold.isConfidential,
                    matterTag: hold.matterTag.bytes.hex, tagKey: UInt64(hold.matterTag.keyNumber),
                    matter: try transaction.commit(order.matter.text, as: "matterCommitment"),
                    reason: try transaction.commit(order.reason.text, as: "reasonCommitment"))))
        guard isCases, placing.named.count <= Self.casesDecidedAtOnce, prepared.cases.count <= Self.casesDecidedAtOnce
        else { return }
        for uid in placing.named { try session.refresh(uid, transaction) }
        try index.setFresh(placing.scope, in: .standing)
    }

    private func answer(_ placing: Placing, _ prepared: Prepared, in index: IndexReader) throws -> HoldAnswer {
        var answer = HoldAnswer(
            matter: placing.order.matter.text, hold: placing.uid.hex, revision: placing.revision,
            entry: placing.isPreview ? nil : placing.entry, expression: prepared.expression,
            isPreview: placing.isPreview)
        answer.unknownCases = placing.unknown
        answer.alreadyDestroyed = placing.destroyed
        answer.expectsSubject = prepared.subject != nil
        guard prepared.form != nil else {
            answer.isReview = true
            return answer
        }
        let counts = try index.holdCounts(of: placing.scope)
        (answer.heldObjects, answer.heldCases) = (counts.objects, counts.cases)
        if !prepared.judgedOnly {
            answer.unjudged = Dictionary(uniqueKeysWithValues: counts.unjudged.map { ($0.key.rawValue, $0.value) })
        }
        guard prepared.form == .cases else { return answer }
        for gone in try index.destroyedBefore(placing.scope, limit: Self.mostDestroyed) {
            guard let record = try index.caseRecord(gone.caseUID) else { continue }
            answer.alreadyDestroyed.append(
                HoldAnswer.Destroyed(
                    caseID: try session.open(record).particulars.caseID, entry: gone.entry, at: gone.time,
                    isWhole: false))
        }
        return answer
    }

    // MARK: Parts

    private func isSamePerson(_ uid: ActorUID, in index: IndexReader) throws -> Bool {
        Actor.isSamePerson(try session.name(of: uid, in: index), session.recorder.actor.name)
    }
}

/// Expectations that fit into one entry.
private struct HoldExpectationKey: Hashable, Comparable {
    let purpose: HoldExpectation.Purpose
    let number: UInt32

    init(_ expectation: HoldExpectation) { (purpose, number) = (expectation.purpose, expectation.tag.keyNumber) }

    static func < (a: Self, b: Self) -> Bool { (a.purpose.rawValue, a.number) < (b.purpose.rawValue, b.number) }
}
