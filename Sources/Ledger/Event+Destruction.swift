public import Base
public import Foundation

extension Event {
    /// A run begins to destroy what is due.
    public struct PurgeStarted: EventFields {
        public enum Form: String, Codable, Sendable {
            /// What is due.
            case run
            case plan
            /// What was destroyed before a fork was accepted.
            case replay
        }

        public let form: Form
        /// SHA-256 over what it is about to destroy, in hexadecimal.
        public let digest: String
        public let objects: UInt64
        /// The set of policies that it decides by.
        public let set: UInt64
        /// Somebody accepted that it destroys more than the limit.
        public let limitAccepted: Bool?
        /// The request that allowed that; nil where one person could.
        public let request: UInt64?

        public init(
            form: Form, digest: String, objects: UInt64, set: UInt64, limitAccepted: Bool?, request: UInt64? = nil
        ) {
            self.form = form
            self.digest = digest
            self.objects = objects
            self.set = set
            self.limitAccepted = limitAccepted
            self.request = request
        }

        static var kind: Event.Kind { .purgeStarted }
        var asEvent: Event { .purgeStarted(self) }

        func check() throws(EntryError) {
            guard Digest(hex: digest) != nil else { throw .badMember("digest") }
        }
    }

    /// The key of an object is gone: nobody can open it any more.
    public struct ObjectDestroyed: EventFields {
        public enum Cause: String, Codable, Sendable {
            /// The upper bound of a rule.
            case upperBound = "upper-bound"
            /// Erasure was asked for.
            case erasure
            /// Persons decided so after its backstop.
            case backstop
        }

        public let caseUID: CaseUID
        public let verification: UInt64
        public let object: ObjectUID
        public let media: String
        /// Bytes of the content, rounded up to a power of two.
        public let length: UInt64
        /// Of the sealed bytes.
        public let address: BlobAddress
        public let cause: Cause
        public let policy: String?
        public let version: UInt64?
        public let rule: String?
        /// SHA-256 of the policy's file, in hexadecimal.
        public let file: String?
        public let keepUntil: CalendarDay?
        public let goneBy: CalendarDay?
        /// The entry of the run that destroyed it.
        public let run: UInt64

        public init(
            caseUID: CaseUID, verification: UInt64, object: ObjectUID, media: String, length: UInt64,
            address: BlobAddress, cause: Cause, policy: String?, version: UInt64?, rule: String?, file: String?,
            keepUntil: CalendarDay?, goneBy: CalendarDay?, run: UInt64
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.object = object
            self.media = media
            self.length = Exact.rounded(length)
            self.address = address
            self.cause = cause
            self.policy = policy
            self.version = version
            self.rule = rule
            self.file = file
            self.keepUntil = keepUntil
            self.goneBy = goneBy
            self.run = run
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, object, media, length, address, cause, policy,
                version = "policyVersion", rule, file, keepUntil, goneBy, run
        }

        static var kind: Event.Kind { .objectDestroyed }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .objectDestroyed(self) }

        /// The same, in another run.
        public func again(in run: UInt64) -> ObjectDestroyed {
            ObjectDestroyed(
                caseUID: caseUID, verification: verification, object: object, media: media, length: length,
                address: address,
                cause: cause, policy: policy, version: version, rule: rule, file: file, keepUntil: keepUntil,
                goneBy: goneBy,
                run: run)
        }

        func check() throws(EntryError) {
            if let file, Digest(hex: file) == nil { throw .badMember("file") }
            guard Exact.rounded(length) == length else { throw .badMember("length") }
        }
    }

    /// The sealed bytes of destroyed objects are gone from the store.
    public struct BlobsRemoved: EventFields {
        public let caseUID: CaseUID
        public let objects: [ObjectUID]
        /// Of which nothing was there any more.
        public let missing: [ObjectUID]?

        public init(caseUID: CaseUID, objects: [ObjectUID], missing: [ObjectUID]?) {
            self.caseUID = caseUID
            self.objects = objects
            self.missing = missing
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", objects, missing
        }

        static var kind: Event.Kind { .blobsRemoved }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .blobsRemoved(self) }
    }

    /// Nothing of a case is left: its key is gone, and with it what identified the person.
    public struct CaseDestroyed: EventFields {
        public let caseUID: CaseUID
        /// Until when keyed tags of it are kept.
        public let rememberedUntil: Date

        public init(caseUID: CaseUID, rememberedUntil: Date) {
            self.caseUID = caseUID
            self.rememberedUntil = rememberedUntil
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", rememberedUntil
        }

        static var kind: Event.Kind { .caseDestroyed }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .caseDestroyed(self) }
    }

    /// A run ended.
    public struct PurgeFinished: EventFields {
        /// The entry that started it.
        public let run: UInt64
        public let destroyed: UInt64
        /// Of content: the sum of what the entries of its objects say.
        public let bytes: UInt64
        /// Not destroyed, by the status that forbade it, or `gone` where somebody else had done it.
        public let skipped: [String: UInt64]

        public init(run: UInt64, destroyed: UInt64, bytes: UInt64, skipped: [String: UInt64]) {
            self.run = run
            self.destroyed = destroyed
            self.bytes = bytes
            self.skipped = skipped
        }

        static var kind: Event.Kind { .purgeFinished }
        var asEvent: Event { .purgeFinished(self) }
    }

    /// The index was rewritten without what deleted rows had left in its pages.
    public struct IndexCompacted: EventFields {
        /// Of the file.
        public let bytesBefore: UInt64
        public let bytesAfter: UInt64

        public init(bytesBefore: UInt64, bytesAfter: UInt64) {
            self.bytesBefore = bytesBefore
            self.bytesAfter = bytesAfter
        }

        static var kind: Event.Kind { .indexCompacted }
        var asEvent: Event { .indexCompacted(self) }
    }

    /// Keyed tags of what was destroyed were forgotten: their time was over.
    public struct TagsForgotten: EventFields {
        public let count: UInt64

        public init(count: UInt64) { self.count = count }

        static var kind: Event.Kind { .tagsForgotten }
        var asEvent: Event { .tagsForgotten(self) }
    }
}
