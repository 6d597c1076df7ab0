public import Base

extension Event {
    /// An object is in the archive.
    public struct ObjectArchived: EventFields {
        public let caseUID: CaseUID
        public let verification: UInt64
        public let object: ObjectUID
        public let media: String
        public let mediaType: String
        /// Bytes, rounded up to a power of two.
        public let length: UInt64
        /// Of the sealed bytes.
        public let address: BlobAddress
        /// To the SHA-256 of the content, in hexadecimal.
        public let content: Commitment
        /// Of what came out of a file, where nobody but a person says when it was captured.
        public let times: Times?

        public enum Times: String, Codable, Sendable {
            /// Where it was due by them before it came, nothing destroys it until a person has said that they are
            /// right.
            case unconfirmed
            /// A person said so when it was imported.
            case confirmed
            /// No rules were active when it came: who activates some accepts what becomes due by them.
            case unasked
        }

        public init(
            caseUID: CaseUID, verification: UInt64, object: ObjectUID, media: String, mediaType: String, length: UInt64,
            address: BlobAddress, content: Commitment, times: Times? = nil
        ) {
            self.caseUID = caseUID
            self.verification = verification
            self.object = object
            self.media = media
            self.mediaType = mediaType
            self.length = Exact.rounded(length)
            self.address = address
            self.content = content
            self.times = times
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", verification, object, media, mediaType, length, address,
                content = "contentCommitment", times
        }

        static var kind: Event.Kind { .objectArchived }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .objectArchived(self) }

        func check() throws(EntryError) {
            guard Exact.rounded(length) == length else { throw .badMember("length") }
        }
    }

    /// Media is about to be read.
    public struct AccessOpened: EventFields {
        public enum Form: String, Codable, Sendable { case bag, item, ranges }

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

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", objects, form, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .accessOpened }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .accessOpened(self) }
    }

    /// How an access ended.
    public struct AccessClosed: EventFields {
        public let caseUID: CaseUID
        /// The number of the entry that opened it.
        public let access: UInt64
        /// Handed out at most, rounded up to a power of two.
        public let bytes: UInt64
        public let ranges: UInt64
        /// Whether the program saw its end.
        public let complete: Bool

        public init(
            caseUID: CaseUID, access: UInt64, bytes: UInt64, ranges: UInt64, complete: Bool
        ) {
            self.caseUID = caseUID
            self.access = access
            self.bytes = Exact.rounded(bytes)
            self.ranges = ranges
            self.complete = complete
        }

        enum CodingKeys: String, CodingKey {
            case caseUID = "case", access, bytes, ranges, complete
        }

        static var kind: Event.Kind { .accessClosed }
        var about: CaseUID? { caseUID }
        var asEvent: Event { .accessClosed(self) }

        func check() throws(EntryError) {
            guard Exact.rounded(bytes) == bytes else { throw .badMember("bytes") }
        }
    }
}
