import Archive
import ArgumentParser
import Base
import Presentation
import Synchronization
internal import Vault

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Archive answers that were saved earlier.",
        discussion: """
            Takes the vendor's answers to GetFaceIdResultIntl as they came, {"Response": {…}}, and puts them the \
            same way into the archive as pull does. --captured-at or --token-issued-at is required, since \
            retention counts from it. The same answer in the same case changes nothing.

            A table: case,file,captured-at,token-issued-at,sdk-token,jurisdiction,subject,purpose,consent. Paths \
            in it are taken from where the command runs.
            """)

    @OptionGroup var registration: RegistrationOptions

    @Argument(help: "The file of one answer; - is standard input.", completion: .file())
    var file: String?

    @Flag(
        help: "Read also Base64 and JSON that are not quite what the standards say; that this was done is recorded.")
    var lenient = false

    @Flag(
        help: "Say that the dates are right: what is due by them at once goes with the next purge, and does not wait.")
    var confirm = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if registration.from != nil, file != nil { throw ValidationError("With --from, the files stand in the table.") }
        if registration.from == nil {
            guard registration.caseID != nil, file != nil else {
                throw ValidationError("Give --case ID and a file, or --from a table.")
            }
            guard registration.capturedAt != nil || registration.tokenIssuedAt != nil else {
                throw ValidationError("Give --captured-at or --token-issued-at: retention counts from it.")
            }
            if file == "-", registration.readsToken {
                throw ValidationError("Standard input can hold the token or the answer, not both.")
            }
        }
    }

    private struct Totals {
        var archived = 0
        var unchanged = 0
        var incomplete = 0
        var failed = 0
        var unconfirmed = 0
        var bytes: UInt64 = 0
        var firstProblem: ArchiveError?
        var isUnsettled = false
    }

    func run() throws {
        try reportingErrors { try common.withArchive { try `import`(into: $0) } }
    }

    private func `import`(into archive: Session) throws {
        if let file {
            let item = try ImportItem(
                registration: try registration.registration(for: archive), file: file, isLenient: lenient,
                isConfirmed: confirm)
            let done = try archive.intake.import(item)
            BatchReport("importing", total: 1, json: common.json, isBatch: false).take(done)
            if done.state == .incomplete { throw Exit.partly }
            return
        }
        let table = try registration.table(.import, for: archive)
        try table.problems.say(json: common.json, separator: table.unusualSeparator)
        let items = try table.rows.map {
            try ImportItem(
                registration: $0.registration, file: $0.file ?? "", line: $0.line, isLenient: lenient,
                isConfirmed: confirm)
        }
        let report = BatchReport("importing", total: items.count, json: common.json, isBatch: true)
        let totals = Mutex(Totals(failed: table.problems.count, firstProblem: table.problems.first?.error))
        archive.intake.import(items) { done in
            totals.withLock { totals in
                switch done.state {
                case .archived: totals.archived += 1
                case .incomplete: totals.incomplete += 1
                case .unchanged: totals.unchanged += 1
                default: totals.failed += 1
                }
                totals.bytes += done.bytes
                totals.unconfirmed += done.unconfirmed
                totals.firstProblem = totals.firstProblem ?? done.problem
                totals.isUnsettled = totals.isUnsettled || done.problem?.outcome == .unsettled
            }
            report.take(done)
        }
        report.bar.clear()
        try leave(totals.withLock { $0 })
    }

    private func leave(_ totals: Totals) throws {
        if !common.json {
            let parts = [
                "\(Figure.count(totals.archived)) archived"
                    + (totals.archived > 0 ? " (\(Figure.size(totals.bytes)))" : ""),
                totals.incomplete > 0 ? "\(Figure.count(totals.incomplete)) without media" : nil,
                totals.unchanged > 0 ? "\(Figure.count(totals.unchanged)) archived before" : nil,
                totals.failed > 0 ? "\(Figure.count(totals.failed)) failed" : nil,
            ]
            Terminal.print(parts.compactMap { $0 }.joined(separator: " · "))
            if totals.unconfirmed > 0 {
                let one = totals.unconfirmed == 1
                Terminal.print(
                    "by their dates, \(Figure.count(totals.unconfirmed, "object")) \(one ? "is" : "are") due "
                        + "already: no "
                        + "purge takes \(one ? "it" : "them") before somebody says that they are right")
                Terminal.print("  strongroom case confirm says so; strongroom case correct puts them right")
            }
        }
        guard totals.failed > 0 else {
            if totals.incomplete > 0 { throw Exit.partly }
            return
        }
        if totals.isUnsettled { throw Exit.unknown }
        if totals.archived + totals.incomplete + totals.unchanged == 0 {
            throw totals.firstProblem.map(Exit.code) ?? Exit.failed
        }
        throw Exit.partly
    }
}
