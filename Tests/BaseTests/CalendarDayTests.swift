import Base
import Foundation
import TestSupport
import Testing

/// A day is a day in a zone; Foundation's calendar, which shares no line with ours, says which moments it has.
struct CalendarDayTests {
    private static let zones = [
        "UTC", "Asia/Hong_Kong", "America/Chicago", "America/Sao_Paulo", "Asia/Kathmandu", "Pacific/Kiritimati",
        "Pacific/Apia", "Africa/Cairo", "Asia/Beirut", "America/St_Johns", "Australia/Lord_Howe",
    ]

    @Test func daysBeginAndEndAsCalendarsSay() throws {
        var random = SeededGenerator.ofTest()
        for name in Self.zones {
            let zone = try #require(TimeZone(identifier: name))
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = zone
            for _ in 0..<400 {
                let moment = Date(
                    timeIntervalSince1970: Double(Int.random(in: 100_000...4_000_000_000, using: &random)))
                let day = CalendarDay(of: moment, in: zone)
                let parts = calendar.dateComponents([.year, .month, .day], from: moment)
                #expect(day.text == String(format: "%04d-%02d-%02d", parts.year!, parts.month!, parts.day!), "\(name)")
                #expect(day.start(in: zone) == calendar.startOfDay(for: moment), "\(day) in \(name)")
                #expect(day.start(in: zone) <= moment && moment < day.end(in: zone), "\(day) in \(name)")
                #expect(CalendarDay(day.text) == day && CalendarDay(number: day.number) == day)
            }
        }
    }

    /// Where clocks skip midnight, the day begins when they show its first time; a day that a zone skipped whole has
    /// no moment.
    @Test func whereMidnightIsSkipped() throws {
        let brazil = try #require(TimeZone(identifier: "America/Sao_Paulo"))
        let day = try #require(CalendarDay("2018-11-04"))
        #expect(Timestamp.format(day.start(in: brazil)) == "2018-11-04T03:00:00Z")
        #expect(day.end(in: brazil).timeIntervalSince(day.start(in: brazil)) == 23 * 3600)
        let samoa = try #require(TimeZone(identifier: "Pacific/Apia"))
        let skipped = try #require(CalendarDay("2011-12-30"))
        #expect(skipped.start(in: samoa) <= skipped.end(in: samoa))
    }

    @Test func oneSyntax() {
        #expect(DayOrTime("2026-11-22") == .day(CalendarDay("2026-11-22")!))
        #expect(DayOrTime("2026-11-22T08:02Z")?.text == "2026-11-22T08:02:00.000Z")
        #expect(DayOrTime("2026-11-22T08:02:00.0004+0800")?.text == "2026-11-22T00:02:00.000Z")
        #expect(DayOrTime("2026-11-22T08:02:00.0006Z") == DayOrTime("2026-11-22T08:02:00.001Z"))
        for bad in [
            "", "2026-02-29", "2026-13-01", "22.11.2026", "11/22/2026", "20261122", "2026-11-22T08:02", "2026-11-2",
            "today", "2026-W47", "1795334520", "2026-11-22Z", " 2026-11-22", "٢٠٢٦-١١-٢٢", "0000-00-00",
        ] {
            #expect(DayOrTime(bad) == nil, "\(bad)")
        }
    }

    @Test func whatIsWrittenIsReadBack() throws {
        for text in ["2026-11-22", "2026-11-22T08:02:00.250Z"] {
            let value = try #require(DayOrTime(text))
            let json = try JSONDocument.encode([value], pretty: false)
            #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
            #expect(try JSONDecoder().decode([DayOrTime].self, from: json) == [value])
        }
        // An entry has one form of each, so that its bytes are known.
        for other in ["2026-11-22T08:02Z", "2026-11-22T08:02:00Z", "2026-11-22T16:02:00.000+08:00", "26-11-22"] {
            #expect(throws: (any Error).self) {
                try JSONDecoder().decode([DayOrTime].self, from: Data("[\"\(other)\"]".utf8))
            }
        }
    }
}
