import Base
internal import Base
internal import Foundation
package import Synchronization

/// What goes to the person: documents to standard output, messages to standard error.
package enum Terminal {
    /// Somebody looks at the messages, on a terminal that can move its cursor.
    package static let errorsAreShown = isatty(STDERR_FILENO) == 1 && !isDumb
    private static let isDumb = ["", "dumb"].contains(ProcessInfo.processInfo.environment["TERM", default: ""])
    private static let wantsColour = ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty

    /// Why a document could not be written out; 0 where all were.
    package static let outputFailure = Atomic<Int32>(0)

    package static func print(_ line: String) { write(line + "\n", to: STDOUT_FILENO) }

    /// A message, such as what to do next.
    package static func say(_ line: String) { write(line + "\n", to: STDERR_FILENO) }

    package static func complain(_ message: String, hint: String?, isRefusal: Bool = false, prefix: String = "") {
        say("\(prefix)\(red(isRefusal ? "refused" : "error")): \(visible(message))")
        if let hint { say("\(prefix)  \(visible(hint))") }
    }

    package static func document(_ value: some Encodable, pretty: Bool = true) throws {
        print(String(decoding: try JSONDocument.encode(value, pretty: pretty), as: UTF8.self))
    }

    package static func write(_ text: String, to descriptor: Int32) {
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
    package static func asks(_ question: String) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return false }
        write("\(question) [y/N] ", to: STDERR_FILENO)
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }

    /// A part of a text around a column, counted from 1, and the columns in front of that place.
    package static func excerpt(_ text: String, around column: Int) -> (line: String, place: Int) {
        let characters = Array(visible(text))
        let first = max(0, min(column - 1, characters.count) - 60)
        let part = characters[first..<min(first + 90, characters.count)]
        let before = String(part.prefix(column - 1 - first))
        return ((first > 0 ? "…" : "") + String(part), Figure.columns(before) + (first > 0 ? 1 : 0))
    }

    /// For messages; in a document give standard output's descriptor.
    package static func red(_ text: String, on descriptor: Int32 = STDERR_FILENO) -> String {
        wantsColour && !isDumb && isatty(descriptor) == 1 ? "\u{1B}[31m\(text)\u{1B}[0m" : text
    }

    /// A text from outside, without what could act on a terminal.
    package static func visible(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { scalar in
                    let isControl = scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
                    return isControl ? "\u{FFFD}" : scalar
                }))
    }
}

extension Terminal {
    /// Runs `body`, which reads a secret from standard input. On a terminal, what is asked for is said first, and
    /// nothing of what is typed is shown.
    package static func withoutEcho<Result, Failure: Error>(
        _ question: String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var before = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &before) == 0 else { return try body() }
        write("\(question): ", to: STDERR_FILENO)
        var quiet = before
        quiet.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet)
        // Also where a signal ends the reading: the terminal is somebody's.
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            write("\n", to: STDERR_FILENO)
        }
        return try body()
    }
}
