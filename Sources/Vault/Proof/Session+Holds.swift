internal import Base
package import Catalog
internal import Foundation
internal import Sealing

/// What stands sealed beside a hold.
package struct HoldParticulars: Codable, Equatable {
    package var matter: String
    package var reason: String
    /// SHA-256 over a list of cases that is named in parts, so that no other list goes on with it.
    package var cases: String?

    package init(matter: String, reason: String, cases: String? = nil) {
        (self.matter, self.reason, self.cases) = (matter, reason, cases)
    }
}

extension Session {
    /// Days for which everything counts as held after a release, while one person can do all.
    package static let leastCoolingDays = 30.0

    /// Shown where somebody may not know which hold it is.
    public static let keptByLaw = "kept by law"

    /// Who has a token sees a confidential hold where its roles have to do with holds.
    package func maySee(_ hold: HoldRecord, in index: IndexReader) throws -> Bool {
        guard let token = recorder.actor.token, try isConfidential(hold, in: index) else { return true }
        return token.roles.contains { $0.permissions.contains(.hold) }
    }

    /// By the ledger; while it is being placed, by the index as well.
    private func isConfidential(_ hold: HoldRecord, in index: IndexReader) throws -> Bool {
        try hold.isConfidential || holdBook(in: index).holds[hold.uid]?.isConfidential ?? true
    }

    package func particulars(of hold: HoldRecord, in index: IndexReader) throws -> HoldParticulars {
        let key = try recorder.archiveKey(try index.archive())
        return try open(hold.sealed, key: key, context: contexts.hold(hold.uid))
    }

    /// Sees that the index has a hold as the ledger says: nothing goes on from it before.
    package func prove(_ hold: HoldRecord, in index: IndexReader) throws {
        func same(_ a: Date, _ b: Date) -> Bool { abs(a.timeIntervalSince(b)) < 0.0005 }
        let damaged = CatalogError.damaged("what it keeps of hold \(hold.uid) is not what the ledger says")
        guard let known = try holdBook(in: index).holds[hold.uid], known.state == hold.state,
            known.revision == hold.revision, known.author == hold.authorUID
        else { throw damaged }
        let scopes = try index.holdScopes(of: hold.uid)
        guard
            scopes.allSatisfy({ scope in
                known.scopes[scope.name.revision].map { known.state(of: $0) == scope.state } ?? false
            }),
            known.scopes.values.allSatisfy({ scope in
                known.state(of: scope) == .ended || scopes.contains { $0.name.revision == scope.revision }
            })
        else { throw damaged }
        // The rest is said by the entry that places it.
        guard known.scopes[1]?.isPlaced == true else { return }
        guard known.isConfidential == hold.isConfidential, same(known.reviewBy, hold.reviewBy),
            known.matterTag == hold.matterTag.bytes.hex
        else { throw damaged }
    }

    /// The matter of a hold, for who acts.
    package func shownMatter(_ hold: HoldRecord, in index: IndexReader) throws -> String {
        try maySee(hold, in: index) ? try particulars(of: hold, in: index).matter : Self.keptByLaw
    }

    /// The matters that bind an object, from the names that a decision has: for who acts, or for outsiders.
    package func matters(_ names: [String], forOutsiders: Bool = false, in index: IndexReader) throws -> [String] {
        Set(
            try names.map { name in
                guard let uid = HoldUID(hex: name), let hold = try index.hold(uid) else { return name }
                if forOutsiders, try isConfidential(hold, in: index) { return Self.keptByLaw }
                return try shownMatter(hold, in: index)
            }
        ).sorted()
    }

    /// The tags by which holds can expect a case, of its ID and its person, under the keys that are live; once its
    /// particulars are what was registered.
    package func expectations(of record: CaseRecord, in index: IndexReader) throws -> [HoldExpectation] {
        let opened = try open(record)
        try proveParticulars(opened, try provedEntries(of: record.uid, in: index), in: index)
        return expectations(of: opened.particulars)
    }

    package func expectations(of particulars: Particulars) -> [HoldExpectation] {
        var tags = [HoldExpectation(purpose: .caseID, tag: keyring.tag(particulars.caseID.utf8, purpose: .caseID))]
        if let tag = subjectTag(particulars.subject) { tags.append(HoldExpectation(purpose: .subject, tag: tag)) }
        return tags
    }
}
