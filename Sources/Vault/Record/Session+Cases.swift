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
        guard let destroyed = try remembered(caseID, in: index) else { throw Self.unknownCase }
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
