public import Foundation

/// Time as the program sees it, so that a test can play it.
public struct WallClock: Sendable {
    /// The time of day.
    public let now: @Sendable () -> Date
    /// Nanoseconds that never run backwards and mean the same in every process of the machine.
    public let ticks: @Sendable () -> UInt64
    /// Blocks the calling thread for some seconds.
    public let sleep: @Sendable (TimeInterval) -> Void

    public init(
        now: @escaping @Sendable () -> Date, ticks: @escaping @Sendable () -> UInt64,
        sleep: @escaping @Sendable (TimeInterval) -> Void
    ) {
        self.now = now
        self.ticks = ticks
        self.sleep = sleep
    }

    /// The machine's clocks.
    public static let system = WallClock(
        now: { Date() },
        ticks: {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        },
        sleep: { Thread.sleep(forTimeInterval: $0) })

    /// Blocks for some seconds, or until the limit is over, within a tenth of a second.
    ///
    /// - Throws: ``WaitEnded``.
    public func sleep(_ seconds: TimeInterval, until limit: WaitLimit) throws(WaitEnded) {
        guard limit.isBounded else { return sleep(seconds) }
        var left = seconds
        while left > 0 {
            try limit.check()
            sleep(min(left, 0.1))
            left -= 0.1
        }
        try limit.check()
    }
}
