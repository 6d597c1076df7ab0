public import Base
package import Catalog
public import Foundation
internal import Ledger
package import Sealing

/// An object that is gone.
public struct DestroyedDetails: Encodable, Sendable {
    public let kind: String
    public let destroyedAt: Date
    /// The ledger entry of its destruction.
    public let entry: UInt64
    @OrNull public var policy: String?
    @OrNull public var version: Int?
    @OrNull public var rule: String?
}

extension Session {
    package func find(_ caseID: CaseID, in index: IndexReader) throws -> OpenedCase {
        if let record = try caseRecord(of: caseID, in: index) { return try prove(record, asked: caseID, in: index) }
        guard let destroyed = try remembered(caseID, in: index) else { throw try unknown(caseID, in: index) }
        throw ArchiveError(
            .destroyed, "destroyed on \(Timestamp.minute(destroyed.destroyedAt)), ledger entry \(destroyed.entry)",
            remedy:
                "\(verb: .certificate) shows what is known; this is remembered until "
                + "\(Timestamp.day(destroyed.forgetAt))"
        )
    }

    /// The name of a case that is there, or that is remembered as destroyed.
    package func caseUID(of caseID: CaseID, in index: IndexReader) throws -> CaseUID {
        if let record = try caseRecord(of: caseID, in: index) {
            return try prove(record, asked: caseID, in: index).record.uid
        }
        guard let destroyed = try remembered(caseID, in: index) else { throw Self.unknownCase }
        return destroyed.caseUID
    }

    /// A case that was found by its ID: proved, and the one that was asked for.
    package func prove(_ record: CaseRecord, asked caseID: CaseID, in index: IndexReader) throws -> OpenedCase {
        let opened = try prove(record, in: index)
        guard opened.particulars.caseID == caseID.text else {
            throw CatalogError.damaged("it leads from a case ID to another case")
        }
        return opened
    }

    /// Another case whose ID looks like this one; what the index says of it is opened before it is said.
    package func lookalike(of caseID: CaseID, in index: IndexReader) throws -> String? {
        let likeness = Likeness(of: caseID.text)
        for uid in try index.cases(alike: tag(of: likeness), limit: 4) {
            guard let record = try index.caseRecord(uid) else { continue }
            let other = try open(record).particulars.caseID
            if other != caseID.text, Likeness(of: other) == likeness { return other }
        }
        return nil
    }

    package func tag(of likeness: Likeness) -> Tag { keyring.tag(likeness.text.utf8, purpose: .likeness) }

    private func unknown(_ caseID: CaseID, in index: IndexReader) throws -> ArchiveError {
        guard let other = try lookalike(of: caseID, in: index),
            let difference = Likeness.difference(of: caseID.text, from: other)
        else { return Self.unknownCase }
        return ArchiveError(
            .unknownCase,
            "not in the archive; it looks like the case \(other), which is, and has \(difference.character) as its "
                + "character \(difference.place)",
            remedy: "give the ID as it was registered")
    }

    private static let unknownCase = ArchiveError(
        .unknownCase, "not in the archive", remedy: "check the case ID; \(verb: .caseList) shows what there is")

    /// What was destroyed of a case, by the number of the verification, in the order of the ledger.
    package func destructions(of uid: CaseUID, in index: IndexReader) throws -> [Int: [DestroyedDetails]] {
        var destroyed: [Int: [DestroyedDetails]] = [:]
        for (number, entry) in try provedEntries(of: uid, in: index) {
            guard case .objectDestroyed(let event) = entry.event else { continue }
            destroyed[Int(event.verification), default: []].append(
                DestroyedDetails(
                    kind: event.media, destroyedAt: entry.time, entry: number, policy: event.policy,
                    version: event.version.map(Int.init), rule: event.rule))
        }
        return destroyed
    }

    package func subjectTag(_ subject: String?) -> Tag? {
        subject.map { keyring.tag(ComparedName.form(of: $0).utf8, purpose: .subject) }
    }
}
