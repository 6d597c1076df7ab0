package import Base
package import Foundation

/// Figures as people read them.
package enum Figure {
    package static func count(_ number: Int) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    package static func count(_ number: Int, _ noun: String) -> String { count(number, noun, noun + "s") }

    package static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(count(number)) \(number == 1 ? one : many)"
    }

    /// In powers of ten.
    package static func size(_ bytes: UInt64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB", "TB"] {
            if value < 999.5 || unit == "TB" {
                return unit == "B" || value >= 99.5
                    ? "\(Int(value.rounded())) \(unit)" : String(format: "%.1f %@", value, unit)
            }
            value /= 1000
        }
        return ""
    }

    /// A length of time, to the nearest minute.
    package static func span(_ seconds: TimeInterval) -> String {
        let minutes = Int((abs(seconds) / 60).rounded())
        if abs(seconds) < 59.5 { return "\(Int(abs(seconds))) s" }
        if minutes < 60 { return "\(minutes) min" }
        return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
    }

    /// `2026-11-22 08:02 UTC`
    package static func time(_ date: Date) -> String { Timestamp.minute(date) }

    /// `2026-11-22` where nobody said the time, or `2026-11-22 08:02 UTC`
    package static func time(_ at: DayOrTime) -> String { at.words }

    /// `2026-11-22`
    package static func day(_ date: Date) -> String { Timestamp.day(date) }

    /// The day by the calendar of a time zone.
    package static func day(_ date: Date, in zone: String) -> String {
        let offset = TimeZone(identifier: zone)?.secondsFromGMT(for: date) ?? 0
        return day(date.addingTimeInterval(TimeInterval(offset)))
    }

    /// Lines of at most so many columns, broken at blanks.
    package static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if let last = lines.last, columns(last) + 1 + columns(String(word)) <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    package static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - columns(text)))
    }

    /// Columns that a text takes on a terminal: two for wide East Asian characters.
    package static func columns(_ text: String) -> Int {
        text.reduce(0) { total, character in
            let scalar = character.unicodeScalars.first!.value
            let isWide =
                (0x1100...0x115F).contains(scalar) || (0x2E80...0xA4CF).contains(scalar)
                || (0xAC00...0xD7A3).contains(scalar)
                || (0xF900...0xFAFF).contains(scalar) || (0xFE30...0xFE6F).contains(scalar)
                || (0xFF00...0xFF60).contains(scalar)
                || (0x1F300...0x1FAFF).contains(scalar) || (0x20000...0x3FFFD).contains(scalar)
            return total + (isWide ? 2 : 1)
        }
    }
}
