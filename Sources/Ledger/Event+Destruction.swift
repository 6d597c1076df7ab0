public import Base
public import Foundation

extension Event {
    /// A run begins to destroy what is due.
    public struct PurgeStarted: EventFields {
        public enum Form: String, Sendable { case run, plan }

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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("form", form.rawValue)
            members.add("digest", digest)
            members.add("objects", objects)
            members.add("set", set)
            members.add("limitAccepted", limitAccepted.map { .flag($0) })
            members.add("request", request.map { .number($0) })
        }

        init(from members: inout MemberReader) throws(EntryError) {
            form = try members.choice("form")
            digest = try members.digest("digest")
            objects = try members.number("objects")
            set = try members.number("set")
            limitAccepted = try members.flag("limitAccepted")
            request = try members.number("request")
        }
    }

    /// The key of an object is gone: nobody can open it any more.
    public struct ObjectDestroyed: EventFields {
        public enum Cause: String, Sendable {
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
        /// Bytes of the content.
        public let length: UInt64
        /// Of the sealed bytes.
        public let address: BlobAddress
        public let cause: Cause
        public let policy: String?
        public let version: UInt64?
        public let rule: String?
        /// SHA-256 of the policy's file, in hexadecimal.
        public let file: String?
        public let keepUntil: Date?
        public let goneBy: Date?
        /// The entry of the run that destroyed it.
        public let run: UInt64

        public init(
            caseUID: CaseUID, verification: UInt64, object: ObjectUID, media: String, length: UInt64,
            address: BlobAddress, cause: Cause, policy: String?, version: UInt64?, rule: String?, file: String?,
            keepUntil: Date?, goneBy: Date?, run: UInt64
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.object = object
            self.media = media
            self.length = length
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

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("verification", verification)
            members.add("object", object)
            members.add("media", media)
            members.add("length", length)
            members.add("address", address.hex)
            members.add("cause", cause.rawValue)
            members.add("policy", policy.map { .text($0) })
            members.add("policyVersion", version.map { .number($0) })
            members.add("rule", rule.map { .text($0) })
            members.add("file", file.map { .text($0) })
            members.add("keepUntil", keepUntil)
            members.add("goneBy", goneBy)
            members.add("run", run)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            verification = try members.number("verification")
            object = try members.uid("object")
            media = try members.text("media")
            length = try members.number("length")
            address = try members.address("address")
            cause = try members.choice("cause")
            policy = try members.text("policy")
            version = try members.number("policyVersion")
            rule = try members.text("rule")
            file = try members.digest("file")
            keepUntil = try members.time("keepUntil")
            goneBy = try members.time("goneBy")
            run = try members.number("run")
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

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("objects", objects.map(\.hex))
            members.add("missing", missing?.map(\.hex))
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            objects = try members.uids("objects")
            missing = try members.uids("missing")
        }
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

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("rememberedUntil", rememberedUntil)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            rememberedUntil = try members.time("rememberedUntil")
        }
    }

    /// A run ended.
    public struct PurgeFinished: EventFields {
        /// The entry that started it.
        public let run: UInt64
        public let destroyed: UInt64
        /// Of content.
        public let bytes: UInt64
        /// Not destroyed, by the status that forbade it, or `gone` where somebody else had done it.
        public let skipped: [String: UInt64]

        public init(run: UInt64, destroyed: UInt64, bytes: UInt64, skipped: [String: UInt64]) {
            self.run = run
            self.destroyed = destroyed
            self.bytes = bytes
            self.skipped = skipped
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("run", run)
            members.add("destroyed", destroyed)
            members.add("bytes", bytes)
            members.add("skipped", .object(skipped.mapValues { .number($0) }))
        }

        init(from members: inout MemberReader) throws(EntryError) {
            run = try members.number("run")
            destroyed = try members.number("destroyed")
            bytes = try members.number("bytes")
            var skipped: [String: UInt64] = [:]
            for (name, value) in try members.object("skipped") {
                guard case .number(let number) = value else { throw .badMember("skipped") }
                skipped[name] = number
            }
            self.skipped = skipped
        }
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

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("bytesBefore", bytesBefore)
            members.add("bytesAfter", bytesAfter)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            bytesBefore = try members.number("bytesBefore")
            bytesAfter = try members.number("bytesAfter")
        }
    }

    /// Keyed tags of what was destroyed were forgotten: their time was over.
    public struct TagsForgotten: EventFields {
        public let count: UInt64

        public init(count: UInt64) { self.count = count }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) { members.add("count", count) }

        init(from members: inout MemberReader) throws(EntryError) { count = try members.number("count") }
    }
}
