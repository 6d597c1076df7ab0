public import Base
internal import Foundation
internal import Synchronization

/// A token bucket that holds one token: requests leave at least `1 / rate` seconds apart, so no second
/// has more of them than the vendor allows. With a state file, all processes that use it share the
/// bucket.
public final class RequestPace: Sendable {
    /// The vendor's limit for GetFaceIdResultIntl, in requests a second.
    public static let vendorLimit = 20.0

    private let interval: UInt64
    private let clock: WallClock
    private let stateFile: String?
    private let nextSlot = Mutex<UInt64>(0)

    /// - Parameters:
    ///   - rate: requests a second.
    ///   - stateFile: a file of 8 bytes that is made where it does not exist.
    public init(rate: Double, clock: WallClock, stateFile: String? = nil) {
        precondition(rate > 0)
        interval = UInt64(1_000_000_000 / rate)
        self.clock = clock
        self.stateFile = stateFile
    }

    /// Blocks until the next request may leave; a slot that nobody waits for to its end passes unused.
    public func wait(until limit: WaitLimit = .none) throws(WaitEnded) {
        let now = clock.ticks()
        let slot = nextSlot.withLock { local in
            let slot = shared(after: max(local, now), now: now)
            local = slot + interval
            return slot
        }
        if slot > now { try clock.sleep(TimeInterval(slot - now) / 1_000_000_000, until: limit) }
    }

    /// Takes the next slot in the state file. Where the file cannot be used, this process paces itself.
    private func shared(after earliest: UInt64, now: UInt64) -> UInt64 {
        guard let stateFile else { return earliest }
        guard let lock = try? FileLock(stateFile), (try? lock.take()) != nil else { return earliest }
        defer { lock.release() }
        let descriptor = lock.file.descriptor
        var stored: UInt64 = 0
        _ = withUnsafeMutableBytes(of: &stored) { pread(descriptor, $0.baseAddress!, $0.count, 0) }
        // The clock starts anew with the machine: what lies minutes ahead is from before.
        let slot =
            UInt64(littleEndian: stored) > now + 60_000_000_000 + 64 * interval
            ? earliest : max(earliest, UInt64(littleEndian: stored))
        let next = (slot + interval).littleEndian
        _ = withUnsafeBytes(of: next) { pwrite(descriptor, $0.baseAddress!, $0.count, 0) }
        return slot
    }
}
