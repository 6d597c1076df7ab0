package import Base
package import Catalog
package import Ledger
internal import Synchronization

/// What a process has read of an archive and proved, kept for what comes next.
package final class Proofs: Sendable {
    package let watch = HeadWatch()
    package let rules = LedgerBook(RulesBook(), of: .rules) { $0.apply($1, number: $2) }
    package let holds = LedgerBook(HoldBook(), of: .holds, finish: { $0.prepare() }) { $0.apply($1, number: $2) }
    package let authority = LedgerBook(Authority(), of: .people) { $0.apply($1, number: $2) }

    package let cases = StrandCache()
    /// Who acted for the first time under a name that looks like another's, with that.
    let lookalike = Mutex<(name: String, other: String)?>(nil)

    package init() {}

    /// This process put entries behind a state that it knows.
    func advance(from old: LedgerRoots, to new: LedgerRoots, by entries: [Entry]) {
        let strands = Set(entries.map(\.strand))
        rules.advance(from: old, to: new, by: strands)
        holds.advance(from: old, to: new, by: strands)
        authority.advance(from: old, to: new, by: strands)
    }

    /// Whatever was read belongs to another history.
    func forget() {
        rules.forget()
        holds.forget()
        authority.forget()
        cases.forget()
    }
}

extension Recorder {
    /// What the keys vouch for of a state of the index.
    package func head(in index: IndexReader) throws -> Head {
        try proofs.watch.check(index, by: keyring, archive: contexts.archiveUID)
    }
}

extension Session {
    /// What the keys vouch for of a state of the index.
    package func head(in index: IndexReader) throws -> Head { try recorder.head(in: index) }

    /// All entries about a case, proved: from what the keys vouch for unless other roots are given.
    package func provedEntries(
        of caseUID: CaseUID, in index: IndexReader, _ roots: LedgerRoots? = nil
    ) throws -> [(number: UInt64, entry: Entry)] {
        try recorder.proofs.cases.entries(of: .ofCase(caseUID), in: index, try roots ?? head(in: index).roots)
    }

    /// What is held, by the ledger alone.
    package func holdBook(in index: IndexReader) throws -> HoldBook {
        try recorder.proofs.holds.content(in: index, head(in: index).roots)
    }
}
