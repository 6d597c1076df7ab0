package import Base
package import Foundation
internal import Ledger

/// What a clock and the machine below it say together.
public struct ClockReading: Sendable {
    package let now: Date
    let uptime: WallClock.Uptime

    package init(_ clock: WallClock, now: Date) { (self.now, uptime) = (now, clock.uptime()) }

    /// Milliseconds since 1970-01-01 UTC.
    fileprivate var wall: UInt64 { UInt64(max(0, now.timeIntervalSince1970 * 1000)) }
    /// Milliseconds.
    fileprivate var up: UInt64 { UInt64(max(0, uptime.seconds * 1000)) }
}

/// Time as machines have measured it, which nobody can set: `CLOCK_BOOTTIME` while one is up, and nothing in between.
/// Stands in the head. See <doc:Head>.
package struct MeasuredTime: Equatable, Sendable {
    /// The start of the machine that was read last, and how long it was up then, in milliseconds.
    package let boot: String
    package let uptime: UInt64
    /// What the clock was ahead of the machine's uptime when it was read first after that start, or accepted last, in
    /// milliseconds: as long as nobody sets the clock, it is the same.
    package let offset: UInt64
    /// All time that was measured since the archive was made, in milliseconds.
    package let measured: UInt64
    /// How far the clock went on while nothing measured it, since something vouched for it last, in milliseconds.
    package let unmeasured: UInt64

    /// Of an archive that is being made.
    init(_ reading: ClockReading) {
        self.init(
            boot: reading.uptime.boot, uptime: reading.up, offset: reading.wall - min(reading.wall, reading.up),
            measured: 0, unmeasured: 0)
    }

    private init(boot: String, uptime: UInt64, offset: UInt64, measured: UInt64, unmeasured: UInt64) {
        (self.boot, self.uptime, self.offset) = (boot, uptime, offset)
        (self.measured, self.unmeasured) = (measured, unmeasured)
    }

    /// What it is at another reading.
    package func advanced(to reading: ClockReading) -> MeasuredTime {
        if reading.uptime.boot == boot {
            let up = max(uptime, reading.up)
            return MeasuredTime(
                boot: boot, uptime: up, offset: offset, measured: measured + (up - uptime), unmeasured: unmeasured)
        }
        // Another start, or another machine: of what the clock went on, its own uptime was measured, but another one
        // may have counted that already. So it is no time that passed, and none that needs a witness.
        let last = offset + uptime
        let gap = reading.wall - min(reading.wall, last)
        let up = min(reading.up, gap)
        return MeasuredTime(
            boot: reading.uptime.boot, uptime: reading.up, offset: reading.wall - min(reading.wall, reading.up),
            measured: measured, unmeasured: unmeasured + (gap - up))
    }

    /// Milliseconds by which the clock is ahead of what the machine has measured since its start.
    package func step(at reading: ClockReading) -> UInt64 {
        guard reading.uptime.boot == boot else { return 0 }
        let now = reading.wall - min(reading.wall, reading.up)
        return now - min(now, offset)
    }

    /// Somebody, or another clock, vouches for the time.
    func vouchedFor(at reading: ClockReading, isAccepted: Bool) -> MeasuredTime {
        let now = advanced(to: reading)
        return MeasuredTime(
            boot: now.boot, uptime: now.uptime,
            offset: isAccepted ? reading.wall - min(reading.wall, reading.up) : now.offset, measured: now.measured,
            unmeasured: 0)
    }

    // MARK: Form

    var json: CanonicalJSON {
        .object([
            "boot": .text(boot), "uptime": .number(uptime), "offset": .number(offset), "measured": .number(measured),
            "unmeasured": .number(unmeasured),
        ])
    }

    init?(_ json: CanonicalJSON?) {
        guard case .object(let members) = json, case .text(let boot) = members["boot"],
            case .number(let uptime) = members["uptime"], case .number(let offset) = members["offset"],
            case .number(let measured) = members["measured"], case .number(let unmeasured) = members["unmeasured"]
        else { return nil }
        self.init(boot: boot, uptime: uptime, offset: offset, measured: measured, unmeasured: unmeasured)
    }
}
