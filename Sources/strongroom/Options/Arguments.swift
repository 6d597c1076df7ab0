import ArgumentParser
import Foundation

/// The command line before it is parsed.
enum Arguments {
    /// JSON is asked for, whatever else is wrong.
    static let wantJSON: Bool = CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")

    /// Common options that take a value, and those that do not: they may stand in front of the command, too.
    private static let common: Set<String> = [
        "--archive", "--config", "--root-key-file", "--passphrase-file", "--checkpoint", "--actor", "--token-file",
    ]
    private static let flags: Set<String> = ["--json"]

    /// Puts common options behind the command that they stand in front of, and names the command that a mistyped one
    /// was probably meant to be.
    static func arranged(_ arguments: [String]) throws -> [String] {
        var rest = arguments[...]
        var front: [String] = []
        while let argument = rest.first {
            if flags.contains(argument) || common.contains(where: { argument.hasPrefix($0 + "=") }) {
                front.append(rest.removeFirst())
            } else if common.contains(argument), rest.count > 1 {
                front += [rest.removeFirst(), rest.removeFirst()]
            } else {
                break
            }
        }
        var commands = StrongroomCommand.configuration.subcommands
        var words: [String] = []
        while !commands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
            guard let command = commands.first(where: { $0._commandName == word }) else {
                // Help has subcommands of the parser's own.
                if words.isEmpty, word == "help" { break }
                throw unknown(word, behind: words, among: commands.map { $0._commandName })
            }
            words.append(word)
            rest.removeFirst()
            commands = command.configuration.subcommands
        }
        return words + front + rest
    }

    private static func unknown(_ word: String, behind words: [String], among names: [String]) -> ValidationError {
        let command = (words + [word]).joined(separator: " ")
        // Half of it may be wrong, and no more.
        let close = names.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        let meant = close.flatMap { $0.1 <= max(1, word.count / 2) ? $0.0 : nil }
        let advice =
            meant.map { "did you mean 'strongroom \((words + [$0]).joined(separator: " "))'?" }
            ?? "there are \(names.joined(separator: ", "))"
        return ValidationError("'\(command)' is not a command: \(advice)")
    }

    /// How many letters have to be put in, taken out, exchanged or swapped with the next.
    static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.lowercased()), Array(b.lowercased()))
        var rows = [Array(0...b.count)]
        for i in 1...max(1, a.count) where !a.isEmpty {
            var row = [i] + [Int](repeating: 0, count: b.count)
            for j in 1...max(1, b.count) where !b.isEmpty {
                row[j] = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    row[j] = min(row[j], rows[i - 2][j - 2] + 1)
                }
            }
            rows.append(row)
        }
        return rows.last?.last ?? max(a.count, b.count)
    }
}
