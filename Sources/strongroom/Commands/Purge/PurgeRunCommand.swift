import Archive
import ArgumentParser
import Presentation

struct PurgeRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Destroy everything that is due, within the limits. For a schedule.",
        discussion: """
            Completes first what a crash interrupted. Refuses (exit code 2) while the clock is in doubt, and where \
            more \
            would be destroyed than the limit; the message says how a named person lets it pass once.
            """)

    @Option(
        help: ArgumentHelp("What is accepted to be destroyed although it is more than the limit.", valueName: "digest"))
    var acceptImpact: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            try common.withArchive { archive in
                let bar = ProgressBar("destroying", total: 2, isShown: !common.json)
                let permitted = try archive.destruction.run(accepting: acceptImpact) { bar.advance(to: $0, of: $1) }
                bar.clear()
                let report = try PermittedText.settle(permitted, json: common.json)
                try PurgeRunCommand.say(report, json: common.json)
            }
        }
    }

    /// What is left, such as a blob that could not be removed, is work for the next run.
    static func say(_ report: PurgeReport, json: Bool) throws {
        if json {
            try Terminal.document(report)
        } else {
            for line in PurgeText.lines(report) { Terminal.print(line) }
        }
        if report.altered > 0 { throw Exit.integrity }
        if report.isPartial { throw Exit.partly }
    }
}
