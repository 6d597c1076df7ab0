internal import Base
@_spi(Deciding) internal import Catalog
internal import Foundation
internal import Ledger
internal import Retention

/// What a transaction concludes about the destruction of an object.
enum Verdict: ~Copyable {
    case permitted(DestructionPermit, Decision)
    /// The rules, or a hold, say otherwise.
    case refused(Decision.Status)
    /// Index and ledger do not say the same of it.
    case altered
}

/// Decides in one transaction which objects may be destroyed. The only maker of permits.
struct Deciding {
    private let session: Session
    /// It is kept by it.
    private unowned let transaction: Transaction
    private let authority: Authority
    private let book: HoldBook
    private let rules: ActiveRules
    private var ledger: [CaseUID: LedgerFacts] = [:]
    private var tags: [CaseUID: [HoldExpectation]] = [:]

    /// Throws where nothing may be destroyed at all: the clock is in doubt, or holds or rules were lost with a fork.
    init(_ session: Session, _ transaction: Transaction) throws {
        self.session = session
        self.transaction = transaction
        try session.checkClock(transaction)
        try session.checkNothingIsLost(in: transaction.index)
        rules = try session.rules(in: transaction.index)
        book = try session.holdBook(in: transaction.index)
        authority = try session.authority(in: transaction.index)
    }

    /// Sees that index and ledger say the same of an object and of the holds that bind it, and decides again, now.
    mutating func decide(_ row: RetentionRow) throws -> Verdict {
        // Entries that cannot be read agree with nothing, and stop nothing else.
        let facts =
            try ledger[row.caseUID]
            ?? unlessTheIndexFails {
                try LedgerFacts(
                    of: row.caseUID, in: transaction.index, transaction.head.roots, by: session.recorder)
            }
        ledger[row.caseUID] = facts
        guard let facts,
            facts.agree(with: row, isAllowed: { $0.map { authority.allowed(.backstop, by: $0) } ?? true }),
            try agree(with: row, facts)
        else { return .altered }
        let decision = try session.refresh(row, by: rules, transaction)
        guard decision.status.isDue else { return .refused(decision.status) }
        return .permitted(DestructionPermit(row, in: transaction.index), decision)
    }

    /// What the ledger said of a case; nil where nobody asked.
    func known(_ caseUID: CaseUID) -> LedgerFacts? { ledger[caseUID] }

    /// Whether the index knows of every hold that binds an object by the ledger.
    private mutating func agree(with row: RetentionRow, _ facts: LedgerFacts) throws -> Bool {
        guard !book.isEmpty else { return true }
        guard let history = facts.history(of: row.object) else { return false }
        if book.expectsAny, tags[row.caseUID] == nil {
            let index = transaction.index
            // Particulars that were exchanged say of nobody that they are not expected.
            let found = try unlessTheIndexFails {
                try index.caseRecord(row.caseUID).map { try session.expectations(of: $0, in: index) }
            }
            guard let found, let found else { return false }
            tags[row.caseUID] = found
        }
        let known = Set(row.facts.holds.map(\.matter))
        return book.binding(history, expected: tags[row.caseUID] ?? []).allSatisfy { known.contains($0.hex) }
    }
}

/// Whether what was destroyed before, and came back with an older index, may go again.
enum PermitAgain: ~Copyable {
    case permitted(DestructionPermit)
    /// A hold takes it in, by the ledger.
    case held
    /// Index and ledger do not say the same of it, or of what holds it.
    case altered
}

extension Transaction {
    /// The permit for what was destroyed before a fork was accepted: it was decided then.
    func permit(again gone: Event.ObjectDestroyed, _ row: RetentionRow, by session: Session) throws -> PermitAgain {
        let facts = try LedgerFacts(of: row.caseUID, in: index, head.roots, by: session.recorder)
        guard row.object == gone.object, row.caseUID == gone.caseUID, row.address == gone.address,
            facts.agree(with: row), let history = facts.history(of: row.object)
        else { return .altered }
        let book = try session.holdBook(in: index)
        let tags =
            book.expectsAny
            ? try index.caseRecord(row.caseUID).map { try session.expectations(of: $0, in: index) } ?? [] : []
        guard book.binding(history, expected: tags).isEmpty else { return .held }
        guard row.facts.holds.isEmpty else { return .altered }
        return .permitted(DestructionPermit(row, in: index))
    }
}

/// What `body` returns; nil where what it read contradicts itself. An index that fails, as on a bad disk, is no
/// contradiction: nothing goes on after it.
package func unlessTheIndexFails<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
        return try body()
    } catch  where CatalogError.isFailure(error) {
        throw error
    } catch {
        return nil
    }
}
