import Archive
import Foundation
import Synchronization

/// What goes to the person: documents to standard output, messages to standard error.
enum Terminal {
    static let errorsAreShown = isatty(STDERR_FILENO) == 1
    private static let wantsColour = ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty

    /// Why a document could not be written out; 0 where all were.
    static let outputFailure = Atomic<Int32>(0)

    static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// A message, such as what to do next.
    static func say(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    static func complain(_ error: ArchiveError, prefix: String = "") {
        let word = error.outcome == .refused ? "refused" : "error"
        say("\(prefix)\(red(word)): \(visible(error.message))")
        if let hint = error.hint { say("\(prefix)  \(visible(hint))") }
    }

    static func document(_ value: some Encodable, pretty: Bool = true) throws {
        print(String(decoding: try JSONDocument.encode(value, pretty: pretty), as: UTF8.self))
    }

    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress!, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, -1)
                    continue
                }
                if descriptor == STDOUT_FILENO { outputFailure.store(errno, ordering: .relaxed) }
                return
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Asks a person; no, where nobody sits there.
    static func asks(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return false }
        write("\(question) [y/N] ", to: STDERR_FILENO)
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }

    /// A part of a text around a column, counted from 1, and the columns in front of that place.
    static func excerpt(_ text: String, around column: Int) -> (line: String, place: Int) {
        let characters = Array(visible(text))
        let first = max(0, min(column - 1, characters.count) - 60)
        let part = characters[first..<min(first + 90, characters.count)]
        let before = String(part.prefix(column - 1 - first))
        return ((first > 0 ? "…" : "") + String(part), Figure.columns(before) + (first > 0 ? 1 : 0))
    }

    /// For messages; in a document give standard output's descriptor.
    static func red(_ text: String, on descriptor: Int32 = STDERR_FILENO) -> String {
        wantsColour && isatty(descriptor) == 1 ? "\u{1B}[31m\(text)\u{1B}[0m" : text
    }

    /// A text from outside, without what could act on a terminal.
    static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isControl = scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
                    return isControl ? "\u{FFFD}" : scalar
                }))
    }
}

/// Figures as people read them.
enum Figure {
    static func count(_ number: Int) -> String {
        let digits = Array(String(number))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    static func count(_ number: Int, _ noun: String) -> String { count(number, noun, noun + "s") }

    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(count(number)) \(number == 1 ? one : many)"
    }

    /// In powers of ten.
    static func size(_ bytes: UInt64) -> String {
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
    static func span(_ seconds: TimeInterval) -> String {
        let minutes = Int((abs(seconds) / 60).rounded())
        if abs(seconds) < 59.5 { return "\(Int(abs(seconds))) s" }
        if minutes < 60 { return "\(minutes) min" }
        return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
    }

    /// `2026-11-22 08:02 UTC`
    static func time(_ date: Date) -> String { Timestamp.minute(date) }

    /// `2026-11-22`
    static func day(_ date: Date) -> String { Timestamp.day(date) }

    /// The day by the calendar of a time zone.
    static func day(_ date: Date, in zone: String) -> String {
        let offset = TimeZone(identifier: zone)?.secondsFromGMT(for: date) ?? 0
        return day(date.addingTimeInterval(TimeInterval(offset)))
    }

    /// Lines of at most so many columns, broken at blanks.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
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

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - columns(text)))
    }

    /// Columns that a text takes on a terminal: two for wide East Asian characters.
    static func columns(_ text: String) -> Int {
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
