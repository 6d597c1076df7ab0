public import Foundation

/// Times as entries hold them: `2026-11-22T08:02:00.000Z`, from the year 1970 to 9999.
public enum LedgerTime {
    public static func text(_ time: Date) -> String {
        self.text(milliseconds: Int64(min(max((time.timeIntervalSince1970 * 1000).rounded(), 0), 253_402_300_799_999)))
    }

    /// - Parameter milliseconds: since 1970, from the year 0 to 9999.
    static func text(milliseconds: Int64) -> String {
        var seconds = time_t((milliseconds - (milliseconds % 1000 + 1000) % 1000) / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func put(_ number: Int, digits: Int, then end: Character) {
            var divisor = 1
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
            text.append(end.asciiValue!)
        }
        put(Int(parts.tm_year) + 1900, digits: 4, then: "-")
        put(Int(parts.tm_mon) + 1, digits: 2, then: "-")
        put(Int(parts.tm_mday), digits: 2, then: "T")
        put(Int(parts.tm_hour), digits: 2, then: ":")
        put(Int(parts.tm_min), digits: 2, then: ":")
        put(Int(parts.tm_sec), digits: 2, then: ".")
        put(Int((milliseconds % 1000 + 1000) % 1000), digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads exactly what ``text(_:)`` writes.
    public static func time(_ text: String) -> Date? {
        let digits = Array(text.utf8)
        guard digits.count == 24 else { return nil }
        func number(_ range: Range<Int>) -> Int32? {
            var number: Int32 = 0
            for digit in digits[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                number = number * 10 + Int32(digit - UInt8(ascii: "0"))
            }
            return number
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let fraction = number(20..<23)
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        parts.tm_hour = hour
        parts.tm_min = minute
        parts.tm_sec = second
        let milliseconds = Int64(timegm(&parts)) * 1000 + Int64(fraction)
        let time = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        // What no calendar has comes back as another text.
        return milliseconds >= 0 && self.text(time) == text ? time : nil
    }
}
