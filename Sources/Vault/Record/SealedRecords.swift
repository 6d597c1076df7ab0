package import Base
package import Catalog
internal import Foundation
package import Sealing
package import Vendor

/// What identifies the person of a case; in the index it stands under the case key.
package struct Particulars: Codable, Equatable {
    package var caseID: String
    package var subject: String?
    package var consent: String?

    package init(caseID: String, subject: String?, consent: String?) {
        (self.caseID, self.subject, self.consent) = (caseID, subject, consent)
    }
}

/// What an answer said beside its media; in the index it stands under the case key.
package struct AnswerDetails: Codable, Equatable {
    package var description: String?
    package var requestID: String?

    package init(description: String?, requestID: String?) {
        (self.description, self.requestID) = (description, requestID)
    }
}

/// The contexts in which values of the index are sealed: moved to another row, none of them opens.
package struct SealedContexts: Sendable {
    package let archiveUID: ArchiveUID

    package func caseKey(_ caseUID: CaseUID, epoch: Epoch) -> SealingContext {
        SealingContext("strongroom case key 1").adding(archiveUID.bytes).adding(UInt64(epoch.number)).adding(
            caseUID.bytes)
    }

    package func objectKey(
        _ object: ObjectUID, verification: VerificationUID, caseUID: CaseUID, kind: MediaKind, address: BlobAddress,
        length: UInt64, epoch: Epoch
    ) -> SealingContext {
        SealingContext("strongroom object key 1").adding(archiveUID.bytes).adding(UInt64(epoch.number))
            .adding(object.bytes).adding(verification.bytes).adding(caseUID.bytes).adding(Array(kind.name.utf8))
            .adding(address.bytes).adding(length)
    }

    package func archiveKey(epoch: Epoch) -> SealingContext {
        SealingContext("strongroom archive key 1").adding(archiveUID.bytes).adding(UInt64(epoch.number))
    }

    func actorName(_ actor: ActorUID) -> SealingContext {
        SealingContext("strongroom actor name 1").adding(archiveUID.bytes).adding(actor.bytes)
    }

    package func hold(_ uid: HoldUID) -> SealingContext {
        SealingContext("strongroom hold 1").adding(archiveUID.bytes).adding(uid.bytes)
    }

    /// What opens a commitment of a ledger entry.
    package func opening(entry: UInt64, member: String, caseUID: CaseUID?) -> SealingContext {
        SealingContext("strongroom opening 1").adding(archiveUID.bytes).adding(caseUID?.bytes ?? []).adding(entry)
            .adding(Array(member.utf8))
    }

    package func particulars(_ caseUID: CaseUID) -> SealingContext {
        SealingContext("strongroom particulars 1").adding(archiveUID.bytes).adding(caseUID.bytes)
    }

    package func token(_ verification: VerificationUID, caseUID: CaseUID) -> SealingContext {
        SealingContext("strongroom token 1").adding(archiveUID.bytes).adding(caseUID.bytes).adding(verification.bytes)
    }

    package func details(_ verification: VerificationUID, caseUID: CaseUID) -> SealingContext {
        SealingContext("strongroom answer details 1").adding(archiveUID.bytes).adding(caseUID.bytes)
            .adding(verification.bytes)
    }
}

/// A case with its key and what stands under it.
package struct OpenedCase: ~Copyable {
    package var record: CaseRecord
    package var particulars: Particulars
    package let key: SecretKey

    package init(record: CaseRecord, particulars: Particulars, key: consuming SecretKey) {
        (self.record, self.particulars) = (record, particulars)
        self.key = key
    }
}

extension Session {
    package var contexts: SealedContexts { recorder.contexts }
    package var keyring: Keyring { recorder.keyring }

    package func open(_ record: CaseRecord) throws -> OpenedCase {
        let key = try keyring.unwrap(record.key, context: contexts.caseKey(record.uid, epoch: record.key.epoch))
        let particulars: Particulars = try open(
            record.sealedParticulars, key: key, context: contexts.particulars(record.uid))
        return OpenedCase(record: record, particulars: particulars, key: key)
    }

    package func details(of verification: VerificationRecord, key: borrowing SecretKey) throws -> AnswerDetails? {
        guard let sealed = verification.sealedDetails else { return nil }
        return try open(sealed, key: key, context: contexts.details(verification.uid, caseUID: verification.caseUID))
    }

    package func token(of verification: VerificationRecord, key: borrowing SecretKey) throws -> SDKToken {
        guard let sealed = verification.sealedToken else {
            throw CatalogError.damaged("a waiting verification has no token")
        }
        var bytes = try key.openField(sealed, context: contexts.token(verification.uid, caseUID: verification.caseUID))
        defer { bytes.zero() }
        guard let token = SDKToken(SecretText(bytes)) else {
            throw CatalogError.damaged("a token")
        }
        return token
    }

    /// The SDK token of a verification, under its case's key.
    package func seal(
        _ token: SDKToken, of verification: VerificationUID, _ caseUID: CaseUID, key: borrowing SecretKey
    ) -> [UInt8] {
        token.secret.withBytes {
            key.sealField(
                $0, context: contexts.token(verification, caseUID: caseUID), randomness: effects.randomness)
        }
    }

    /// What an SDK token is found by.
    package func tag(of token: SDKToken) -> Tag {
        token.secret.withBytes { keyring.tag($0, purpose: .token) }
    }

    package func objectKey(of object: ObjectRecord) throws -> SecretKey {
        try keyring.unwrap(
            object.key,
            context: contexts.objectKey(
                object.uid, verification: object.verificationUID, caseUID: object.caseUID, kind: object.kind,
                address: object.address, length: object.length, epoch: object.key.epoch))
    }

    package func seal(_ value: some Encodable, key: borrowing SecretKey, context: SealingContext) throws -> [UInt8] {
        key.sealField([UInt8](try JSONEncoder().encode(value)), context: context, randomness: effects.randomness)
    }

    package func open<Value: Decodable>(
        _ sealed: [UInt8], key: borrowing SecretKey, context: SealingContext
    ) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(try key.openField(sealed, context: context)))
    }
}
