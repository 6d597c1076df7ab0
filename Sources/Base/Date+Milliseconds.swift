package import Foundation

extension Date {
    /// Milliseconds since 1970-01-01 UTC.
    package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }

    /// The next whole one, where it is none itself: what stands as due is due. Less than a microsecond beyond one is
    /// that one: so far a double can be off, and the same time comes to the same however often it is written.
    package var nextMilliseconds: Int64 { Int64((timeIntervalSince1970 * 1000 - 0.001).rounded(.up)) }

    /// The last whole one: what is over by it is over.
    package var wholeMilliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }

    package init(milliseconds: Int64) { self.init(timeIntervalSince1970: TimeInterval(milliseconds) / 1000) }
}
