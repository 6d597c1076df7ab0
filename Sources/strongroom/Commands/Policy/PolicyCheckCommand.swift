import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
import Retention
import StrictYAML
internal import Vault

struct PolicyCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read policy and terms files, and say what is wrong or worth a look.",
        discussion: """
            The policies that are named are looked at as if they were active together. Exit code 1 where a file \
            cannot be \
            read; what is only worth a look is a note, unless --strict is given.
            """)

    @Argument(help: ArgumentHelp("Policy or terms files.", valueName: "file"), completion: .file())
    var files: [String]

    @Flag(help: "Fail on notes, too.")
    var strict = false

    @Flag(help: "Print JSON.")
    var json = false

    private struct Line: Encodable {
        let file: String
        @OrNull var line: Int?
        @OrNull var column: Int?
        /// `error`, or what a note is about.
        let kind: String
        let message: String
    }

    func run() throws {
        try reportingErrors {
            var policies: [Policy] = []
            var paths: [String: String] = [:]
            var (lines, failed) = ([Line](), false)
            for path in files {
                do {
                    let file = try PolicyFile(path: path)
                    guard case .policy(let policy) = file.content else { continue }
                    if let other = paths.updateValue(path, forKey: policy.name) {
                        throw ArchiveError(.badPolicy, "\(path): \(other) is a policy \(policy.name), too")
                    }
                    policies.append(policy)
                } catch let error as ArchiveError {
                    failed = true
                    lines.append(Line(file: path, line: nil, column: nil, kind: "error", message: error.message))
                }
            }
            var check = PolicyCheck(policies)
            for finding in check.run() {
                lines.append(
                    Line(
                        file: paths[finding.policy] ?? "", line: finding.position?.line,
                        column: finding.position?.column,
                        kind: finding.kind.rawValue, message: finding.message))
            }
            if json {
                try Terminal.document(lines)
            } else {
                for line in lines {
                    let place = line.line.map { "\(line.file):\($0):\(line.column ?? 1): " } ?? "\(line.file): "
                    Terminal.print(
                        line.kind == "error"
                            ? "\(Terminal.red("error", on: STDOUT_FILENO)): \(Terminal.visible(line.message))"
                            : "\(place)\(line.kind): \(Terminal.visible(line.message))")
                }
                let notes = lines.filter { $0.kind != "error" }.count
                let bad = lines.count - notes
                Terminal.print(
                    "\(Figure.count(files.count, "file")) · "
                        + (bad > 0 ? "\(Figure.count(bad, "error")) · " : "")
                        + "\(notes == 0 ? "nothing to note" : Figure.count(notes, "note"))")
            }
            if failed || (strict && !lines.isEmpty) { throw Exit.failed }
        }
    }
}
