import Base
import Foundation
import TestSupport
import Testing

struct TimestampTests {
    @Test func onlyTimesAreTimes() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0.0), ("2026-11-22T08:02:00Z", 1_795_334_520),
            ("2026-11-22t16:02:00.5+08:00", 1_795_334_520.5), ("2026-11-22T00:02:00-08:00", 1_795_334_520),
            ("2024-02-29T23:59:59.123456789z", 1_709_251_199.123456789), ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799), ("2026-11-22T08:02Z", 1_795_334_520),
            ("2026-11-22 08:02:00Z", 1_795_334_520), ("2026-11-22T16:02+0800", 1_795_334_520),
        ] {
            #expect(Timestamp.parse(text).map { abs($0.timeIntervalSince1970 - seconds) < 1e-5 } == true, "\(text)")
        }
        for bad in [
            "", "2026-11-22", "2026-11-22T08:02:00", "2026-11-22T08:02", "2026-11-22  08:02:00Z", "2026-11-22T08:02.5Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-11-22T24:00:00Z",
            "2026-11-22T08:60:00Z", "2026-11-22T08:02:60Z", "2026-11-22T08:02:00.Z", "2026-11-22T08:02:00.1234567890Z",
            "2026-11-22T08:02:00+24:00", "2026-11-22T08:02:00+08:60", "2026-11-22T08:02:00+080",
            "2026-11-22T08:02:00+08", "2026-11-22T08:02:00+08:",
            "2026-11-22T08:02:00+08000",
            "2026-11-22T08:02:00Z ",
            "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-01:00",
            "２026-11-22T08:02:00Z", "2026-11-22T08:02:00ZZ", "-026-11-22T08:02:00Z", "2026-11-22T08:02:+0Z",
        ] {
            #expect(Timestamp.parse(bad) == nil, "\(bad)")
        }
    }

    /// What an altered index may hold has a text, too.
    @Test func everyTimeHasAText() {
        #expect(Timestamp.exact(Date(timeIntervalSince1970: 0)) == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp.exact(Date(timeIntervalSince1970: 0.25)) == "1970-01-01T00:00:00.250Z")
        #expect(Timestamp.format(.distantPast) == "0001-01-01T00:00:00Z")
        #expect(Timestamp.format(Date(timeIntervalSince1970: 1e18)) == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp.format(Date(timeIntervalSince1970: -1e300)) == "0001-01-01T00:00:00Z")
        #expect(Timestamp.format(Date(timeIntervalSince1970: -0.001)) == "1969-12-31T23:59:59.999Z")
    }

    /// To the millisecond, which a fraction of seconds would lose.
    @Test func whatIsWrittenIsReadBack() {
        var random = SeededGenerator.ofTest()
        for _ in 0..<3000 {
            let milliseconds = Int64.random(in: -60_000_000_000_000...250_000_000_000_000, using: &random)
            let time = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            let text = Timestamp.format(time)
            #expect(Timestamp.parse(text).map { abs($0.timeIntervalSince(time)) < 0.0001 } == true, "\(text)")
        }
    }
}
