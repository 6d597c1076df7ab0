public import Foundation

/// Time as the program sees it, so that a test can play it.
public struct WallClock: Sendable {
    /// The time of day.
    public let now: @Sendable () -> Date
    /// Nanoseconds that never run backwards and mean the same in every process of the machine.
    public let ticks: @Sendable () -> UInt64
    /// Blocks the calling thread for some seconds.
    public let sleep: @Sendable (TimeInterval) -> Void
    /// How long the machine has been up.
    public let uptime: @Sendable () -> Uptime

    /// How long a machine has been up, asleep or not: what nobody can set.
    public struct Uptime: Equatable, Sendable {
        /// Another for each start of a machine.
        public let boot: String
        public let seconds: Double

        public init(boot: String, seconds: Double) { (self.boot, self.seconds) = (boot, seconds) }
    }

    /// - Parameter uptime: nil for a machine that is up for ever, and whose clock is always right.
    public init(
        now: @escaping @Sendable () -> Date, ticks: @escaping @Sendable () -> UInt64,
        sleep: @escaping @Sendable (TimeInterval) -> Void, uptime: (@Sendable () -> Uptime)? = nil
    ) {
        self.uptime = uptime ?? { Uptime(boot: "for ever", seconds: max(0, now().timeIntervalSince1970)) }
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
        sleep: { Thread.sleep(forTimeInterval: $0) },
        uptime: {
            var time = timespec()
            clock_gettime(CLOCK_BOOTTIME, &time)
            return Uptime(boot: bootID, seconds: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
        })

    /// The kernel's name of this start of the machine; random(4).
    private static let bootID =
        (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8))?
        .trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"

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
