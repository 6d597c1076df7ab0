internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Vendor

/// What identifies the person of a case; in the index it stands under the case key.
struct Particulars: Codable, Equatable {
    var caseID: String
    var subject: String?
    var consent: String?
}

/// What an answer said beside its media; in the index it stands under the case key.
struct AnswerDetails: Codable, Equatable {
    var description: String?
    var requestID: String?
}

/// The contexts in which values of the index are sealed: moved to another row, none of them opens.
struct SealedContexts: Sendable {
    let archiveUID: ArchiveUID

    func caseKey(_ caseUID: CaseUID, epoch: Epoch) -> SealingContext {
        SealingContext("strongroom case key 1").adding(archiveUID.bytes).adding(UInt64(epoch.number)).adding(
            caseUID.bytes)
    }

    func objectKey(
        _ object: ObjectUID, verification: VerificationUID, caseUID: CaseUID, kind: MediaKind, address: BlobAddress,
        length: UInt64, epoch: Epoch
    ) -> SealingContext {
        SealingContext("strongroom object key 1").adding(archiveUID.bytes).adding(UInt64(epoch.number))
            .adding(object.bytes).adding(verification.bytes).adding(caseUID.bytes).adding(Array(kind.name.utf8))
            .adding(address.bytes).adding(length)
    }

    func archiveKey(epoch: Epoch) -> SealingContext {
        SealingContext("strongroom archive key 1").adding(archiveUID.bytes).adding(UInt64(epoch.number))
    }

    func actorName(_ actor: ActorUID) -> SealingContext {
        SealingContext("strongroom actor name 1").adding(archiveUID.bytes).adding(actor.bytes)
    }

    var entryNote: SealingContext { SealingContext("strongroom entry note 1").adding(archiveUID.bytes) }

    func hold(_ uid: HoldUID) -> SealingContext {
        SealingContext("strongroom hold 1").adding(archiveUID.bytes).adding(uid.bytes)
    }

    /// What opens a commitment of a ledger entry.
    func opening(entry: UInt64, member: String, caseUID: CaseUID?) -> SealingContext {
        SealingContext("strongroom opening 1").adding(archiveUID.bytes).adding(caseUID?.bytes ?? []).adding(entry)
            .adding(Array(member.utf8))
    }

    func particulars(_ caseUID: CaseUID) -> SealingContext {
        SealingContext("strongroom particulars 1").adding(archiveUID.bytes).adding(caseUID.bytes)
    }

    func token(_ verification: VerificationUID, caseUID: CaseUID) -> SealingContext {
        SealingContext("strongroom token 1").adding(archiveUID.bytes).adding(caseUID.bytes).adding(verification.bytes)
    }

    func details(_ verification: VerificationUID, caseUID: CaseUID) -> SealingContext {
        SealingContext("strongroom answer details 1").adding(archiveUID.bytes).adding(caseUID.bytes)
            .adding(verification.bytes)
    }
}

/// A case with its key and what stands under it.
struct OpenedCase: ~Copyable {
    var record: CaseRecord
    var particulars: Particulars
    let key: SecretKey
}

extension Session {
    var contexts: SealedContexts { recorder.contexts }
    var keyring: Keyring { recorder.keyring }

    func open(_ record: CaseRecord) throws -> OpenedCase {
        let key = try keyring.unwrap(record.key, context: contexts.caseKey(record.uid, epoch: record.key.epoch))
        let particulars: Particulars = try open(
            record.sealedParticulars, key: key, context: contexts.particulars(record.uid))
        return OpenedCase(record: record, particulars: particulars, key: key)
    }

    func details(of verification: VerificationRecord, key: borrowing SecretKey) throws -> AnswerDetails? {
        guard let sealed = verification.sealedDetails else { return nil }
        return try open(sealed, key: key, context: contexts.details(verification.uid, caseUID: verification.caseUID))
    }

    func token(of verification: VerificationRecord, key: borrowing SecretKey) throws -> SDKToken {
        guard let sealed = verification.sealedToken else {
            throw CatalogError.damaged("a waiting verification has no token")
        }
        let bytes = try key.openField(sealed, context: contexts.token(verification.uid, caseUID: verification.caseUID))
        guard let token = SDKToken(String(decoding: bytes, as: UTF8.self)) else {
            throw CatalogError.damaged("a token")
        }
        return token
    }

    func objectKey(of object: ObjectRecord) throws -> SecretKey {
        try keyring.unwrap(
            object.key,
            context: contexts.objectKey(
                object.uid, verification: object.verificationUID, caseUID: object.caseUID, kind: object.kind,
                address: object.address, length: object.length, epoch: object.key.epoch))
    }

    func seal(_ value: some Encodable, key: borrowing SecretKey, context: SealingContext) throws -> [UInt8] {
        key.sealField([UInt8](try JSONEncoder().encode(value)), context: context, randomness: effects.randomness)
    }

    func open<Value: Decodable>(
        _ sealed: [UInt8], key: borrowing SecretKey, context: SealingContext
    ) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(try key.openField(sealed, context: context)))
    }
}
