public import Base

extension Event {
    /// An object is in the archive.
    public struct ObjectArchived: EventFields {
        public let caseUID: CaseUID
        public let verification: UInt64
        public let object: ObjectUID
        public let media: String
        public let mediaType: String
        /// Bytes.
        public let length: UInt64
        /// Of the sealed bytes.
        public let address: BlobAddress
        /// To the SHA-256 of the content, in hexadecimal.
        public let content: Commitment

        public init(
            caseUID: CaseUID, verification: UInt64, object: ObjectUID, media: String, mediaType: String, length: UInt64,
            address: BlobAddress, content: Commitment
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.object = object
            self.media = media
            self.mediaType = mediaType
            self.length = length
            self.address = address
            self.content = content
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("verification", verification)
            members.add("object", object)
            members.add("media", media)
            members.add("mediaType", mediaType)
            members.add("length", length)
            members.add("address", address.hex)
            members.add("contentCommitment", content)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            verification = try members.number("verification")
            object = try members.uid("object")
            media = try members.text("media")
            mediaType = try members.text("mediaType")
            length = try members.number("length")
            address = try members.address("address")
            content = try members.commitment("contentCommitment")
        }
    }

    /// Media is about to be read.
    public struct AccessOpened: EventFields {
        public enum Form: String, Sendable { case bag, item, ranges }

        public let caseUID: CaseUID
        public let objects: [ObjectUID]
        public let form: Form
        public let reason: Commitment

        public init(
            caseUID: CaseUID, objects: [ObjectUID], form: Form, reason: Commitment
        ) {
            self.caseUID = caseUID
            self.objects = objects
            self.form = form
            self.reason = reason
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("objects", objects.map(\.hex))
            members.add("form", form.rawValue)
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            objects = try members.uids("objects")
            form = try members.choice("form")
            reason = try members.commitment("reasonCommitment")
        }
    }

    /// How an access ended.
    public struct AccessClosed: EventFields {
        public let caseUID: CaseUID
        /// The number of the entry that opened it.
        public let access: UInt64
        /// Handed out at most.
        public let bytes: UInt64
        public let ranges: UInt64
        /// Whether the program saw its end.
        public let complete: Bool

        public init(
            caseUID: CaseUID, access: UInt64, bytes: UInt64, ranges: UInt64, complete: Bool
        ) {
            self.caseUID = caseUID
            self.access = access
            self.bytes = bytes
            self.ranges = ranges
            self.complete = complete
        }

        var about: CaseUID? { caseUID }

        func write(to members: inout MemberWriter) {
            members.add("case", caseUID)
            members.add("access", access)
            members.add("bytes", bytes)
            members.add("ranges", ranges)
            members.add("complete", complete)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            caseUID = try members.uid("case")
            access = try members.number("access")
            bytes = try members.number("bytes")
            ranges = try members.number("ranges")
            complete = try members.flag("complete")
        }
    }
}
