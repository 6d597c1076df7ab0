import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
import Synchronization
internal import Vault

struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch results from the vendor and archive them.",
        discussion: """
            With --case and --sdk-token, registers one verification and asks the vendor about it; with --from, \
            those of a table. Alone, asks about everything that waits. What is registered is on disk before the \
            vendor is asked, and is asked about again until it has ended. When its 72 hours are over by the vendor's \
            clock without a result, it is expired; while the vendor cannot be reached, it waits.

            The credentials come from TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and, if they are \
            temporary, TENCENTCLOUD_TOKEN, or from a file.

            A table: case,sdk-token,token-issued-at,jurisdiction,subject,purpose,consent,captured-at,region. \
            Several jurisdictions of one row are separated by blanks.

            Exit code 5: not finished yet, without media, unreadable, expired or rejected.
            """)

    @OptionGroup var registration: RegistrationOptions

    @Flag(help: "Stay until everything has ended, or is refused alone; at most until the last of the 72 hours.")
    var wait = false

    @Option(help: ArgumentHelp("Instead of the configured endpoint, https://HOST.", valueName: "url"))
    var endpoint: String?

    @Option(help: ArgumentHelp("Instead of the configured region, such as ap-singapore.", valueName: "name"))
    var region: String?

    @Option(
        help: ArgumentHelp(
            "A file of mode 0600 with TENCENTCLOUD_…=VALUE lines, instead of the environment.", valueName: "file"),
        completion: .file())
    var credentialsFile: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if (registration.caseID == nil) != (registration.sdkToken == nil) {
            throw ValidationError("Give --case and --sdk-token together.")
        }
        if registration.caseID == nil, registration.from == nil, registration.saysSomething {
            throw ValidationError("What is said of a verification goes with --case and --sdk-token, or with --from.")
        }
    }

    func run() throws {
        try reportingErrors { try common.withArchive { try pull(into: $0) } }
    }

    private func pull(into archive: Session) throws {
        var options = PullOptions(
            credentials: try archive.intake.credentials(
                file: credentialsFile, environment: ProcessStart.takeSecret))
        options.waits = wait
        options.endpoint = try endpoint.map { try Configuration.endpoint($0) }
        options.region = try region.map { try Configuration.region($0) }

        let isBatch = registration.caseID == nil
        let (names, failedRows) = try register(in: archive)
        options.only = names
        let report = BatchReport(
            "pulling", total: try names?.count ?? archive.intake.waitingCount(), json: common.json, isBatch: isBatch)
        let summary = try archive.intake.pull(options) { report.take($0) }
        report.bar.clear()
        if !common.json {
            if isBatch { Terminal.print(sentence(summary, registered: names?.count, failedRows: failedRows)) }
            if abs(summary.clockSkew) >= 60 {
                let side = summary.clockSkew > 0 ? "ahead of" : "behind"
                Terminal.say(
                    "note: the vendor's clock is \(Figure.span(summary.clockSkew)) \(side) this machine's; "
                        + "requests are signed with the vendor's time"
                )
            }
        }
        if summary.stopped?.outcome == .unsettled { throw Exit.unknown }
        if let problem = summary.stopped, problem.code == .interrupted {
            Terminal.complain(problem)
            if !isBatch { throw Exit.code(of: problem) }
        }
        if let problem = summary.stopped, isBatch {
            Terminal.say(
                "stopped: \(Figure.count(summary.notAsked, "verification")) not asked about; what waits is safe")
            if problem.code == .vendor, problem.message != summary.firstProblem?.message {
                Terminal.complain(problem)
            }
            let ended = summary.counts.filter { ![.failed, .unchanged, .refused, .awaiting].contains($0.key) }
                .values.reduce(0, +)
            if ended == 0, names?.isEmpty ?? true { throw Exit.code(of: problem) }
        }
        try leave(summary, failedRows: failedRows, isBatch: isBatch)
    }

    /// Registers what the options or the table name; no names where they name nothing.
    private func register(in archive: Session) throws -> (names: Set<VerificationName>?, failedRows: Int) {
        if registration.caseID != nil {
            let name = try archive.intake.register(try registration.registration(for: archive, region: region))
            sayUnmet([name])
            return ([name], 0)
        }
        guard registration.from != nil else { return (nil, 0) }
        let table = try registration.table(.pull, for: archive, region: region)
        try table.problems.say(json: common.json, separator: table.unusualSeparator)
        var failed = table.problems.count
        let names = try archive.intake.register(table.rows) { row, error in
            failed += 1
            if common.json {
                try Terminal.document(
                    ReportLine(refused: row.registration.caseID, line: row.line, problem: error), pretty: false)
            } else {
                Terminal.complain(error, prefix: "line \(row.line): ")
            }
        }
        sayUnmet(names)
        return (names, failed)
    }

    /// What was kept although it lacks something: the 72 hours do not wait.
    private func sayUnmet(_ names: Set<VerificationName>) {
        if !common.json {
            for name in names {
                if let other = name.looksLike { Terminal.say(BatchReport.alike(name.caseID.text, other)) }
            }
        }
        let unmet = names.filter { $0.unmet != nil }.sorted { $0.caseID.text < $1.caseID.text }
        guard !common.json, let first = unmet.first, let terms = first.unmet else { return }
        let others = unmet.count > 1 ? " and \(Figure.count(unmet.count - 1, "other"))" : ""
        Terminal.say(
            "\(Terminal.red("kept, and marked")): case \(Terminal.visible(first.caseID.text))\(others): "
                + Terminal.visible(terms.error.message))
        Terminal.say("  register \(unmet.count == 1 ? "it" : "them") again with it, and the mark is taken away")
    }

    private func sentence(_ summary: PullSummary, registered: Int?, failedRows: Int) -> String {
        func part(_ state: VerificationReport.State, _ words: String) -> String? {
            summary.counts[state].map { "\(Figure.count($0)) \(words)" }
        }
        let archived = summary.counts[.archived, default: 0]
        let parts = [
            registered.map { "\(Figure.count($0)) registered" },
            "\(Figure.count(archived)) archived" + (archived > 0 ? " (\(Figure.size(summary.bytes)))" : ""),
            part(.unchanged, "archived before"), part(.awaiting, "not finished"), part(.expired, "expired"),
            part(.incomplete, "without media"), part(.unreadable, "unreadable, and kept"),
            part(.rejected, "rejected"), part(.refused, "refused, and kept"), part(.failed, "failed"),
            failedRows > 0 ? "\(failedRows) lines refused" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: " · ")
    }

    private func leave(_ summary: PullSummary, failedRows: Int, isBatch: Bool) throws {
        let good = summary.counts[.archived, default: 0] + summary.counts[.unchanged, default: 0]
        let failed = summary.counts[.failed, default: 0]
        let open = summary.counts.values.reduce(0, +) - good - failed
        if failed + failedRows > 0, good + open == 0 { throw summary.firstProblem.map(Exit.code) ?? Exit.failed }
        if failed + failedRows + open + summary.notAsked > 0 { throw Exit.partly }
    }
}
