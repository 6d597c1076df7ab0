public import Foundation

/// Times as entries hold them: `2026-11-22T08:02:00.000Z`, from the year 1970 to 9999.
public enum LedgerTime {
    public static func text(_ time: Date) -> String {
        let milliseconds = Int64(min(max((time.timeIntervalSince1970 * 1000).rounded(), 0), 253_402_300_799_999))
        let (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let (year, month, day) = date(days)
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func put(_ number: Int64, digits: Int, then end: Character) {
            var divisor = Int64(1)
            for _ in 1..<digits { divisor *= 10 }
            while divisor > 0 {
                text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
                divisor /= 10
            }
            text.append(end.asciiValue!)
        }
        put(year, digits: 4, then: "-")
        put(month, digits: 2, then: "-")
        put(day, digits: 2, then: "T")
        put(rest / 3_600_000, digits: 2, then: ":")
        put(rest / 60_000 % 60, digits: 2, then: ":")
        put(rest / 1000 % 60, digits: 2, then: ".")
        put(rest % 1000, digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads exactly what ``text(_:)`` writes.
    public static func time(_ text: String) -> Date? {
        let digits = Array(text.utf8)
        guard digits.count == 24 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var number: Int64 = 0
            for digit in digits[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                number = number * 10 + Int64(digit - UInt8(ascii: "0"))
            }
            return number
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let fraction = number(20..<23), (1...12).contains(month)
        else { return nil }
        let milliseconds =
            ((days(year, month, day) * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + fraction
        let time = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        // What no calendar has comes back as another text.
        return milliseconds >= 0 && self.text(time) == text ? time : nil
    }

    // Days since 1970-01-01 in the proleptic Gregorian calendar, by eras of 400 years that begin in March.
    // Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2021.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthOfYear = (5 * dayOfYear + 2) / 153
        let month = monthOfYear < 10 ? monthOfYear + 3 : monthOfYear - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthOfYear + 2) / 5 + 1)
    }
}
