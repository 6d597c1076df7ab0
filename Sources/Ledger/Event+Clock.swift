internal import Base
public import Foundation

extension Event {
    /// The clock cannot be believed: nothing is destroyed until somebody accepts it.
    public struct ClockDoubted: EventFields {
        public enum Cause: String, Sendable {
            /// It is too far ahead of the newest time on record.
            case ahead
            /// The vendor's clock says something else.
            case witness
            /// It went on faster than the machine's own measure of time: it was set.
            case stepped
            /// It went on while no machine measured it, for longer than is believed without a witness.
            case unmeasured
        }

        public let cause: Cause
        /// The newest time on record, the vendor's, or what the machine's measure says; of unmeasured time, when it
        /// would be without that.
        public let other: Date

        public init(cause: Cause, other: Date) {
            self.cause = cause
            self.other = other
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("cause", cause.rawValue)
            members.add("other", other)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            cause = try members.choice("cause")
            other = try members.time("other")
        }
    }

    /// A named person says that the time of this entry is right.
    public struct ClockAccepted: EventFields {
        /// The newest time on record until then.
        public let newest: Date
        /// The request that allowed it; nil where one person could.
        public let request: UInt64?
        public let reason: Commitment

        public init(newest: Date, reason: Commitment, request: UInt64? = nil) {
            self.newest = newest
            self.reason = reason
            self.request = request
        }

        var about: CaseUID? { nil }

        func write(to members: inout MemberWriter) {
            members.add("newest", newest)
            members.add("request", request.map { .number($0) })
            members.add("reasonCommitment", reason)
        }

        init(from members: inout MemberReader) throws(EntryError) {
            newest = try members.time("newest")
            request = try members.number("request")
            reason = try members.commitment("reasonCommitment")
        }
    }
}

extension Event.Kind {
    /// Whether the time of such an entry is a time on record that a clock is measured by. What is refused does not
    /// make a clock believable.
    public var countsForNewestTime: Bool {
        switch self {
        case .attemptFailed, .openingsRefused, .clockDoubted, .publicationRepaired, .strands: false
        default: true
        }
    }
}
