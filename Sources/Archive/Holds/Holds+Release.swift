internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Retention
internal import Sealing
public import Vault

extension Holds {
    /// Objects up to which a request says how many of them would be due.
    private static let mostDecided = 50_000
    /// Cases that one narrowing takes out.
    private static let mostNarrowed = 1500

    /// Lifts a hold, after a time of cooling in which everything counts as held. Needs a second person where there are
    /// two.
    public func release(_ matter: Matter, reason: Reason) throws -> Permitted<HoldChange> {
        try session.attempt(.release, verb: GuardedVerb.holdRelease.rawValue) {
            try workOnHolds()
            // What it comes to is read before the transaction: nobody waits for that.
            let says = try session.catalog.read { index in
                let hold = try standingHold(matter, in: index)
                return (
                    text: try self.says(of: hold, matter: matter.text, in: index),
                    counts: try releaseCounts(of: hold.uid, in: index)
                )
            }
            let done = try session.guarded { transaction in
                try session.checkClock(transaction)
                let hold = try standingHold(matter, in: transaction.index)
                var effect = Effect(.holdRelease, reason: reason.text)
                (effect.hold, effect.matter, effect.revision) = (hold.uid.hex, matter.text, hold.revision)
                effect.says = says.text
                effect.counts = says.counts
                return effect
            } carryOut: { effect, request, transaction in
                try release(effect, request: request, transaction)
            }
            if case .done = done { try session.afterwards { try workOnHolds() } }
            return done
        }
    }

    private func says(of hold: HoldRecord, matter: String, in index: IndexReader) throws -> [String] {
        let counts = try index.heldCounts(by: hold.uid)
        let days = try coolingDays(in: index)
        var sentence =
            "matter \(matter) is released: \(Self.count(counts.cases, "case")), \(Self.count(counts.objects, "object"))"
        sentence += "; \(days.formatted()) days of cooling"
        if counts.objects <= Self.mostDecided {
            let due = try dueWithout(hold.uid, at: session.now.addingTimeInterval(days * 86_400), in: index)
            sentence += ", then \(due) of them \(due == 1 ? "is" : "are") due"
        }
        return [sentence]
    }

    /// What a release comes to, so that more is worse: objects that it lets go, hours by which its cooling is shorter
    /// than ten years, and objects that are due then.
    func releaseCounts(of hold: HoldUID, in index: IndexReader) throws -> [Int] {
        let days = try coolingDays(in: index)
        let objects = try index.heldCounts(by: hold).objects
        let due =
            objects <= Self.mostDecided
            ? try dueWithout(hold, at: session.now.addingTimeInterval(days * 86_400), in: index) : 0
        return [objects, 87_600 - Int(min(days, 3650) * 24), due]
    }

    /// How many objects of a hold would be due at a time without it.
    private func dueWithout(_ hold: HoldUID, at time: Date, in index: IndexReader) throws -> Int {
        let rules = try session.rules(in: index)
        var due: Set<ObjectUID> = []
        for scope in try index.holdScopes(of: hold) where scope.state != .ended {
            var position: CatalogPosition?
            while case let rows = try index.retentionRows(.heldBy(scope.name), after: position, limit: 2000),
                let last = rows.last
            {
                position = last.position
                for row in rows {
                    var facts = row.facts
                    facts.holds.removeAll { $0.matter == hold.hex }
                    if rules.engine.decide(facts, at: time).status.isDue { due.insert(row.object) }
                }
            }
        }
        return due.count
    }

    private func coolingDays(in index: IndexReader) throws -> Double {
        try session.needsApproval(in: index)
            ? session.configuration.coolingDays : max(Session.leastCoolingDays, session.configuration.coolingDays)
    }

    /// Counted from the newest time on record: a clock that is behind shortens nothing.
    private func coolingEnd(_ transaction: Transaction) throws -> Date {
        let start = max(transaction.now, transaction.head.newestTime ?? transaction.now)
        return start.addingTimeInterval(try coolingDays(in: transaction.index) * 86_400)
    }

    func release(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> HoldChange {
        let index = transaction.index
        var hold = try hold(of: effect, in: index)
        let until = try coolingEnd(transaction)
        (hold.state, hold.coolingUntil) = (.released, until)
        try index.update(hold)
        for scope in try index.holdScopes(of: hold.uid) where scope.state != .ended {
            // An extension that was never finished cools like the rest.
            if scope.state == .placing { try index.setState(.standing, coolingUntil: nil, of: scope.name) }
            // What cools already goes on; the hold ends with its last revision.
            guard scope.state != .cooling else { continue }
            try index.setState(.cooling, coolingUntil: until, of: scope.name)
        }
        let entry = try transaction.add(
            .holdReleased(
                .init(
                    hold: hold.uid, coolingUntil: until, request: request,
                    reason: try transaction.commit(effect.reason, as: "reasonCommitment"))))
        return HoldChange(
            matter: effect.matter ?? "", entry: entry, coolingUntil: until,
            sentence:
                "\(effect.matter ?? "") is released; it cools until \(Timestamp.minute(until)): nothing of it is "
                + "destroyed before"
        )
    }

    /// Takes cases, or a whole revision, out of a hold, after a time of cooling. Needs a second person where there are
    /// two.
    public func narrow(
        _ matter: Matter, cases: [CaseID], revision: Int?, reason: Reason
    ) throws -> Permitted<HoldChange> {
        try session.attempt(.release, verb: GuardedVerb.holdNarrow.rawValue) {
            guard cases.isEmpty != (revision == nil) else {
                throw ArchiveError(
                    .badScope, "say what is taken out of the order",
                    remedy: "give \(input: .caseID), \(input: .caseList), or \(input: .revision)")
            }
            guard Set(cases).count <= Self.mostNarrowed else {
                throw ArchiveError(
                    .badScope, "\(cases.count) cases are more than one narrowing takes out",
                    remedy: "give at most \(Self.mostNarrowed)")
            }
            try workOnHolds()
            let done = try session.guarded { transaction in
                try session.checkClock(transaction)
                let index = transaction.index
                let hold = try standingHold(matter, in: index)
                var effect = Effect(.holdNarrow, reason: reason.text)
                (effect.hold, effect.matter, effect.revision) = (hold.uid.hex, matter.text, hold.revision)
                let days = try coolingDays(in: index).formatted()
                if let revision {
                    guard let scope = try index.holdScopes(of: hold.uid).first(where: { $0.name.revision == revision }),
                        scope.state == .standing
                    else {
                        throw ArchiveError(
                            .badScope, "matter \(matter.text) has no revision \(revision) in force",
                            remedy: "\(verb: .holdShow) lists them")
                    }
                    effect.scope = revision
                    effect.says = [
                        "revision \(revision) of matter \(matter.text) is taken back; \(days) days of cooling"
                    ]
                } else {
                    let found = try cases.map { caseID in
                        let uid = try session.find(caseID, in: index).record.uid
                        let isHeld =
                            try index.holdScopes(naming: uid).contains { $0.hold == hold.uid }
                            || index.retentionRows(.ofCase(uid), after: nil, limit: .max).contains {
                                $0.facts.holds.contains { $0.matter == hold.uid.hex }
                            }
                        guard isHeld else {
                            throw ArchiveError(
                                .badScope, "matter \(matter.text) does not hold case \(caseID.text)",
                                remedy: "check the case ID; \(verb: .holdReport) shows what it covers")
                        }
                        return uid
                    }
                    effect.cases = Set(found).map(\.hex).sorted()
                    effect.says = [
                        "matter \(matter.text) is no longer about \(Self.count(effect.cases!.count, "case")); "
                            + "\(days) days of cooling"
                    ]
                }
                return effect
            } carryOut: { effect, request, transaction in
                try narrow(effect, request: request, transaction)
            }
            if case .done = done { try session.afterwards { try workOnHolds() } }
            return done
        }
    }

    func narrow(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> HoldChange {
        let index = transaction.index
        var hold = try hold(of: effect, in: index)
        hold.revision += 1
        try index.update(hold)
        let until = try coolingEnd(transaction)
        let cases = effect.cases?.compactMap { CaseUID(hex: $0) }
        for uid in cases ?? [] {
            guard try index.caseRecord(uid) != nil else { continue }
            try index.exclude(uid, from: HoldScopeName(hold: hold.uid, revision: hold.revision), coolingUntil: until)
            try session.refresh(uid, transaction)
        }
        if let scope = effect.scope {
            try index.setState(.cooling, coolingUntil: until, of: HoldScopeName(hold: hold.uid, revision: scope))
        }
        let entry = try transaction.add(
            .holdNarrowed(
                .init(
                    hold: hold.uid, revision: UInt64(hold.revision), cases: cases,
                    scope: effect.scope.map { UInt64($0) },
                    coolingUntil: until, request: request,
                    reason: try transaction.commit(effect.reason, as: "reasonCommitment"))))
        return HoldChange(
            matter: effect.matter ?? "", entry: entry, coolingUntil: until,
            sentence: "\(effect.matter ?? "") is narrowed; what was taken out cools until \(Timestamp.minute(until))")
    }

    /// Takes back an order that was never completed. Its author does.
    public func withdraw(_ matter: Matter) throws -> HoldChange {
        try session.attempt(.hold, verb: "hold withdraw") {
            let done = try session.record { transaction in
                let index = transaction.index
                let known = try holds(of: matter.text, in: index)
                guard var hold = known.last(where: { $0.state == .placing }) else {
                    if known.contains(where: { $0.state == .standing }) {
                        throw ArchiveError(
                            .matterExists, "matter \(matter.text) is placed to its end",
                            remedy: "\(verb: .holdRelease) lifts it")
                    }
                    throw try noHold(of: matter.text, in: index)
                }
                let author = try session.name(of: hold.authorUID, in: index)
                // Who was known by a token takes it back by a token.
                let uid = hold.uid
                let began = try provedEntries(of: .holds, in: index, session.head(in: index).roots)
                    .first { $0.entry.event.hold == uid }
                let wasToken = began.map { $0.entry.actor.known == .token } ?? true
                guard Actor.isSamePerson(author, session.recorder.actor.name),
                    !wasToken || session.recorder.actor.known == .token
                else {
                    throw ArchiveError(
                        .notAllowed, "matter \(matter.text) is being placed by \(author)",
                        remedy: "who began it takes it back")
                }
                hold.state = .ended
                try index.update(hold)
                for scope in try index.holdScopes(of: hold.uid) {
                    try index.setState(.ended, coolingUntil: nil, of: scope.name)
                }
                let entry = try transaction.add(.holdEnded(.init(hold: hold.uid, cause: .withdrawn, revision: nil)))
                return HoldChange(
                    matter: matter.text, entry: entry, coolingUntil: transaction.now,
                    sentence: "\(matter.text) was never placed to its end, and is taken back")
            }
            try session.afterwards { try workOnHolds() }
            return done
        }
    }

    // MARK: Parts

    func standingHold(_ matter: Matter, in index: IndexReader) throws -> HoldRecord {
        guard
            let hold = try holds(of: matter.text, in: index)
                .last(where: { $0.state == .standing || $0.state == .placing })
        else {
            throw try noHold(of: matter.text, in: index)
        }
        guard try session.maySee(hold, in: index) else { throw Self.neverPlaced(matter.text) }
        guard hold.state == .standing else {
            throw ArchiveError(
                .matterOver, "matter \(matter.text) is still being placed",
                remedy: "who began it finishes it by the same command, or takes it back: \(verb: .holdWithdraw)")
        }
        return hold
    }

    private func hold(of effect: Effect, in index: IndexReader) throws -> HoldRecord {
        guard let hold = try effect.hold.flatMap(HoldUID.init(hex:)).flatMap({ try index.hold($0) }),
            hold.state == .standing
        else {
            throw ArchiveError(
                .matterOver, "the hold does not stand any more", remedy: "\(verb: .holdList) shows the matters")
        }
        try session.prove(hold, in: index)
        return hold
    }

    static func count(_ number: Int, _ noun: String) -> String {
        Event.count(UInt64(number), noun, noun + "s")
    }
}
