internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Vault

extension Holds {
    /// Does what holds left to be done: pins what their clauses take in, ends what has cooled, computes decisions anew
    /// about what they take in or took in, and deletes what is left of those that have ended. In short transactions;
    /// what a crash interrupts, the next call goes on with. What is held is protected also before.
    func workOnHolds(progress: () -> Void = {}) throws {
        var limit = 5000
        while true {
            let began = session.effects.clock.ticks()
            guard try session.catalog.read({ try $0.hasUncompiledClauses() }),
                try session.pinHolds(limit: limit)
            else { break }
            progress()
            let seconds = Double(session.effects.clock.ticks() &- began) / 1e9
            limit = max(500, min(50_000, seconds > 0 ? Int(Double(limit) * Self.holdBatchSeconds / seconds) : limit))
        }
        // A clock in doubt ends nothing.
        if try session.catalog.read({ try $0.hasCoolingHolds(by: session.now) && session.clockDoubt(in: $0) == nil }) {
            try session.record { try endCooled($0) }
        }
        while let scope = try session.catalog.read({ try $0.staleHoldScope() }) {
            let state = try session.catalog.read { try $0.holdScopes(of: scope.hold).first { $0.name == scope }?.state }
            guard let state else { throw CatalogError.damaged("a revision of a hold is gone") }
            try decideAnew(scope)
            // Another process may have lifted or ended it meanwhile: then it is decided about once more.
            try session.noteFresh(scope, in: state)
            progress()
        }
        guard try session.catalog.read({ try $0.hasEndedPins() }) else { return }
        while try session.deleteEndedPins(limit: 5000) { progress() }
    }

    /// The same, after an order that has taken effect.
    public func finish(progress: () -> Void) throws {
        try session.attempt(.own) { try session.afterwards { try workOnHolds(progress: progress) } }
    }

    /// Seconds that a batch of pins takes.
    private static let holdBatchSeconds = 0.025

    private func decideAnew(_ scope: HoldScopeName) throws {
        let form = try session.catalog.read { try $0.holdScopes(of: scope.hold).first { $0.name == scope }?.form }
        guard form == .cases else {
            _ = try session.refreshAll(.heldBy(scope)) { _, _ in }
            return
        }
        var after: CaseUID?
        while true {
            let page = try session.catalog.read { try $0.holdCases(of: scope, after: after, limit: 100) }
            guard let last = page.last else { return }
            after = last
            try session.record { transaction in for uid in page { try session.refresh(uid, transaction) } }
        }
    }

    /// Ends what has cooled, on the record. The index proposes; that it was released, and when it has cooled, is the
    /// ledger's word.
    func endCooled(_ transaction: Transaction) throws {
        let index = transaction.index
        guard try index.hasCoolingHolds(by: transaction.now) else { return }
        try session.checkClock(transaction)
        let book = try session.holdBook(in: index)
        let ended = try index.endCooled(by: transaction.now)
        func vouch(_ until: Date?, _ what: String) throws {
            guard let until, until <= transaction.now else {
                throw CatalogError.damaged("\(what) has not cooled by the ledger, as the index says")
            }
        }
        for uid in Set(ended.scopes.map(\.hold) + ended.released).sorted(by: { $0.hex < $1.hex }) {
            guard let hold = book.holds[uid], var record = try index.hold(uid) else {
                throw CatalogError.damaged("a hold that cools was never placed by the ledger")
            }
            // What was taken back before the release ends by itself, where its own time is over.
            var narrowings: Set<Int> = []
            for revision in ended.scopes.filter({ $0.hold == uid }).map(\.revision) {
                guard let scope = hold.scopes[revision] else {
                    throw CatalogError.damaged("a revision of a hold that cools was never placed by the ledger")
                }
                if let narrowing = scope.narrowedBy, let until = scope.coolingUntil, until <= transaction.now {
                    narrowings.insert(narrowing)
                } else {
                    try vouch(hold.coolingUntil, "a hold")
                }
            }
            for narrowing in narrowings.sorted() {
                try transaction.add(.holdEnded(.init(hold: uid, cause: .narrowed, revision: UInt64(narrowing))))
            }
            // A released hold ends when it has cooled itself, also where its last revision was taken back before and
            // has ended earlier.
            if ended.released.contains(uid) {
                try vouch(hold.coolingUntil, "a hold")
                record.state = .ended
                try index.update(record)
                try transaction.add(.holdEnded(.init(hold: uid, cause: .released, revision: nil)))
            }
        }
        for (scope, cases) in ended.exclusions.sorted(by: { $0.key.hold.hex < $1.key.hold.hex }) {
            for uid in cases {
                let known = book.holds[scope.hold]?.exclusions[uid]?.first { $0.revision == scope.revision }
                try vouch(known?.coolingUntil, "a case that was taken out of a hold")
            }
            if book.holds[scope.hold]?.endedAt == nil {
                try transaction.add(
                    .holdEnded(.init(hold: scope.hold, cause: .narrowed, revision: UInt64(scope.revision))))
            }
            for uid in cases { try session.refresh(uid, transaction) }
        }
    }
}
