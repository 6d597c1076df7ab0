public import Base
internal import Catalog
public import Foundation
internal import Ledger
internal import Retention
internal import Sealing
public import Vault
internal import Vendor

/// Which cases to list.
public struct CaseQuery: Sendable {
    public var jurisdiction: Jurisdiction?
    public var purpose: String?
    public var subject: String?
    /// Cases with a verification in this state: `awaiting`, `archived`, `expired` or `rejected`.
    public var state: String?
    public var registeredFrom: Date?
    public var registeredBefore: Date?
    /// Cases with a verification that ended so: `passed`, `failed`, or a code of the vendor.
    public var result: String?
    /// Cases with a verification whose person stood before the camera, or can have, at this time or later, and before
    /// another.
    public var capturedFrom: Date?
    public var capturedBefore: Date?
    /// Cases with an object of this standing, such as `held`, `due` or `conflict`, as the last decision has it.
    public var standing: String?
    /// The last case UID of the page before.
    public var after: String?
    public var limit = 100

    public init() {}
}

public struct CaseSummary: Encodable, Sendable {
    public let caseID: String
    public let caseUID: String
    public let registeredAt: Date
    public let jurisdictions: [String]
    @OrNull public var purpose: String?
    /// The states of its verifications, in their order.
    public let states: [String]
    /// The vendor's codes that they ended with, in their order; null where there is none.
    public let results: [String?]
    /// How many of its objects have each standing, as the last decisions have it.
    public let standings: [String: Int]
}

public struct CaseDetails: Encodable, Sendable {
    public let caseID: String
    public let caseUID: String
    public let registeredAt: Date
    public let jurisdictions: [String]
    @OrNull public var subject: String?
    @OrNull public var purpose: String?
    @OrNull public var consent: String?
    @OrNull public var age: String?
    /// What the active terms ask for and the case has not.
    public let lacks: [String]
    public let events: [CaseEventDetails]
    public let verifications: [VerificationDetails]
}

public struct VerificationDetails: Encodable, Sendable {
    public let number: Int
    public let state: String
    public let origin: String
    public let registeredAt: Date
    public let vendor: String
    public let api: String
    /// `passed` or `failed`; nil where it ended without a word of the vendor.
    @OrNull public var outcome: String?
    /// The vendor's code.
    @OrNull public var resultCode: String?
    /// What the code means, where that is known.
    @OrNull public var meaning: String?
    @OrNull public var description: String?
    @OrNull public var requestID: String?
    @OrNull public var tokenIssuedAt: Date?
    /// The time of issue was not given: the registration stands for it.
    public let tokenIssueAssumed: Bool
    @OrNull public var deadline: Date?
    @OrNull public var capturedFrom: Date?
    @OrNull public var capturedUntil: Date?
    /// How often the vendor was asked without an end.
    public let attempts: Int
    @OrNull public var lastAskedAt: Date?
    /// The last failure, as a code.
    @OrNull public var problem: String?
    @OrNull public var endedAt: Date?
    @OrNull public var archivedAt: Date?
    /// The number of the verification that it goes on as.
    @OrNull public var goesOnAs: Int?
    /// The vendor's answer showed that the time of issue is wrong.
    public let issueDisproved: Bool
    /// A person had its answer read leniently.
    public let readLeniently: Bool
    public let objects: [ObjectDetails]
    public let destroyed: [DestroyedDetails]
}

public struct ObjectDetails: Encodable, Sendable {
    public let kind: String
    public let mediaType: String
    /// It is not what a medium of its kind should be: a film in place of a picture, or of no type that is known.
    public let contradictsKind: Bool
    /// Bytes.
    public let length: UInt64
    public let address: String
    public let archivedAt: Date
    /// The IDs of other cases in which the same bytes are archived.
    public let alsoIn: [String]
    /// The matters whose holds bind it.
    public let heldBy: [String]
}

extension Retrieval {
    /// Cases in the order of their registration, at most `limit` of them.
    public func cases(_ query: CaseQuery) throws -> [CaseSummary] {
        var filter = CaseFilter()
        filter.jurisdiction = query.jurisdiction?.code
        filter.purpose = try query.purpose.map {
            try PlainText.name($0, "purpose", longest: 500, code: .badParticular)
        }
        filter.subjectTag = session.subjectTag(
            try query.subject.map { try PlainText.name($0, "subject", longest: 500, code: .badParticular) })
        filter.registeredFrom = query.registeredFrom
        filter.registeredBefore = query.registeredBefore
        if let state = query.state {
            guard let known = VerificationRecord.State(rawValue: state) else {
                throw ArchiveError(
                    .badParticular, "'\(PlainText.excerpt(state))' is not a state",
                    remedy: "use one of \(VerificationRecord.State.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            filter.state = known
        }
        if let result = query.result {
            guard Outcome.Verdict(rawValue: result) != nil || result.wholeMatch(of: /-?[0-9]{1,9}/) != nil else {
                throw ArchiveError(
                    .badParticular, "'\(PlainText.excerpt(result))' is not a result",
                    remedy: "use passed, failed, or a code of the vendor, such as 1004")
            }
            filter.result = result
        }
        if let standing = query.standing {
            guard let known = Decision.Status(rawValue: standing) else {
                throw ArchiveError(
                    .badParticular, "'\(PlainText.excerpt(standing))' is not a standing",
                    remedy: "use one of \(Decision.Status.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            filter.standing = known
        }
        filter.capturedFrom = query.capturedFrom
        filter.capturedBefore = query.capturedBefore
        return try session.attempt(.look) {
            try session.catalog.read { index in
                var after: CaseUID?
                if let text = query.after {
                    after = CaseUID(hex: text)
                    guard let uid = after, try index.caseRecord(uid) != nil else {
                        throw ArchiveError(
                            .unknownCase, "the page before ends with no case of this archive",
                            remedy: "give the last caseUID of the page before")
                    }
                }
                let records = try index.cases(filter, after: after, limit: query.limit)
                if let tag = filter.subjectTag { try session.prove(records, ofSubject: tag, in: index) }
                return try records.map { record in
                    let verifications = try index.verifications(of: record.uid)
                    return CaseSummary(
                        caseID: try session.open(record).particulars.caseID, caseUID: record.uid.hex,
                        registeredAt: record.registeredAt, jurisdictions: record.jurisdictions, purpose: record.purpose,
                        states: verifications.map(\.state.rawValue), results: verifications.map { $0.outcome?.code },
                        standings: try index.retentionRows(.ofCase(record.uid), after: nil, limit: .max)
                            .reduce(into: [:]) { $0[$1.standing.status.rawValue, default: 0] += 1 })
                }
            }
        }
    }

    /// The case ID that was meant: where there is no such case, and a case has this UID, that one's.
    public func named(_ caseID: CaseID) throws -> CaseID {
        guard let uid = CaseUID(hex: caseID.text) else { return caseID }
        return try session.attempt(.look) {
            try session.catalog.read { index in
                guard try session.caseRecord(of: caseID, in: index) == nil, let record = try index.caseRecord(uid)
                else { return caseID }
                return try CaseID(try session.prove(record, in: index).particulars.caseID)
            }
        }
    }

    /// Everything that is known of one case, without its media.
    public func caseDetails(_ caseID: CaseID) throws -> CaseDetails {
        try session.attempt(.look, "case \(caseID.text)") {
            try session.catalog.read { index in
                let opened = try session.find(caseID, in: index)
                let verifications = try index.verifications(of: opened.record.uid)
                let destroyed = try session.destructions(of: opened.record.uid, in: index)
                let marks = try marks(of: opened.record.uid, in: index)
                var details: [VerificationDetails] = []
                for verification in verifications {
                    details.append(
                        try self.details(
                            verification, destroyed: destroyed[verification.number] ?? [],
                            marks: marks[verification.number] ?? Marks(), key: opened.key, in: index))
                }
                return CaseDetails(
                    caseID: opened.particulars.caseID, caseUID: opened.record.uid.hex,
                    registeredAt: opened.record.registeredAt, jurisdictions: opened.record.jurisdictions,
                    subject: opened.particulars.subject, purpose: opened.record.purpose,
                    consent: opened.particulars.consent, age: opened.record.age,
                    lacks: try session.policies.unmetTerms(of: opened.record, in: index)?.lacks ?? [],
                    events: try index.caseEvents(of: opened.record.uid).map { CaseEventDetails($0.event) },
                    verifications: details)
            }
        }
    }

    /// What the ledger says of a verification beside its row.
    private struct Marks {
        var goesOnAs: Int?
        var issueDisproved = false
        var readLeniently = false
    }

    private func marks(of uid: CaseUID, in index: IndexReader) throws -> [Int: Marks] {
        var marks: [Int: Marks] = [:]
        for (_, entry) in try session.provedEntries(of: uid, in: index) {
            switch entry.event {
            case .verificationReopened(let event):
                marks[Int(event.verification), default: Marks()].goesOnAs = Int(event.as)
            case .verificationEnded(let event):
                marks[Int(event.verification), default: Marks()].issueDisproved = event.issueDisproved ?? false
                marks[Int(event.verification), default: Marks()].readLeniently = event.lenient ?? false
            // A time of issue that was put right since is not the one that was disproved.
            case .caseCorrected(let event):
                guard let verification = event.verification, event.tokenIssued != nil else { break }
                marks[Int(verification), default: Marks()].issueDisproved = false
            default: break
            }
        }
        return marks
    }

    private func details(
        _ verification: VerificationRecord, destroyed: [DestroyedDetails], marks: Marks, key: borrowing SecretKey,
        in index: IndexReader
    ) throws -> VerificationDetails {
        let answer = try session.details(of: verification, key: key)
        let records = try index.objects(of: verification.uid)
        let held = try index.retentionRows(.objects(records.map(\.uid)), after: nil, limit: records.count)
            .reduce(into: [ObjectUID: [String]]()) { $0[$1.object] = $1.facts.holds.map(\.matter) }
        let objects = try records.map { object in
            ObjectDetails(
                kind: object.kind.name, mediaType: object.mediaType,
                contradictsKind: !(MediaType(rawValue: object.mediaType) ?? .unknown).fits(object.kind),
                length: object.length, address: object.address.hex,
                archivedAt: object.archivedAt, alsoIn: try caseIDs(sharing: object, in: index),
                heldBy: try session.matters(held[object.uid] ?? [], in: index))
        }
        return VerificationDetails(
            number: verification.number, state: verification.state.rawValue, origin: verification.origin.rawValue,
            registeredAt: verification.registeredAt, vendor: verification.vendor, api: verification.api,
            outcome: verification.outcome?.verdict.rawValue, resultCode: verification.outcome?.code,
            meaning: verification.outcome.flatMap { session.effects.provider.meaning(of: $0.code) },
            description: answer?.description,
            requestID: answer?.requestID, tokenIssuedAt: verification.tokenIssuedAt,
            tokenIssueAssumed: verification.tokenIssueIsAssumed, deadline: verification.deadline,
            capturedFrom: verification.capturedFrom, capturedUntil: verification.capturedUntil,
            attempts: verification.attempts, lastAskedAt: verification.lastAskedAt, problem: verification.lastProblem,
            endedAt: verification.endedAt, archivedAt: verification.state == .archived ? verification.endedAt : nil,
            goesOnAs: marks.goesOnAs, issueDisproved: marks.issueDisproved, readLeniently: marks.readLeniently,
            objects: objects, destroyed: destroyed)
    }

    /// Other cases with the same bytes that are named.
    private static let mostSharing = 100

    private func caseIDs(sharing object: ObjectRecord, in index: IndexReader) throws -> [String] {
        guard object.kind != .result else { return [] }
        return try index.cases(withContent: object.contentTag, limit: Self.mostSharing + 1).filter {
            $0 != object.caseUID
        }.compactMap { uid in
            try index.caseRecord(uid).map { try session.open($0).particulars.caseID }
        }
    }
}
