internal import Base
public import Foundation

extension Event {
    /// The clock cannot be believed: nothing is destroyed until somebody accepts it.
    public struct ClockDoubted: EventFields {
        public enum Cause: String, Codable, Sendable {
            /// It is too far ahead of the newest time on record.
            case ahead
            /// The vendor's clock says something else.
            case witness
            /// It went on faster than the machine's own measure of time: it was set.
            case stepped
            /// It went on while no machine measured it, for longer than is believed without a witness.
            case unmeasured
            /// What was said of it before a fork was accepted is lost.
            case fork
        }

        public let cause: Cause
        /// The newest time on record, the vendor's, or what the machine's measure says; of unmeasured time, when it
        /// would be without that.
        public let other: Date

        public init(cause: Cause, other: Date) {
            self.cause = cause
            self.other = other
        }

        static var kind: Event.Kind { .clockDoubted }
        static var countsForNewestTime: Bool { false }
        var strand: Strand { .rules }
        var asEvent: Event { .clockDoubted(self) }
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

        enum CodingKeys: String, CodingKey {
            case newest, request, reason = "reasonCommitment"
        }

        static var kind: Event.Kind { .clockAccepted }
        var strand: Strand { .rules }
        var asEvent: Event { .clockAccepted(self) }
    }
}
