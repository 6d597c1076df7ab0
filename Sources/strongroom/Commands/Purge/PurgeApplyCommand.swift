import Archive
import ArgumentParser
import Presentation

struct PurgeApplyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Destroy what is in a plan and still due.")

    @Argument(help: ArgumentHelp("The plan.", valueName: "file"), completion: .file())
    var plan: String

    @Option(
        help: ArgumentHelp(
            "The plan's digest, where more is accepted to be destroyed than the limit.", valueName: "digest"))
    var acceptImpact: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            try common.withArchive { archive in
                let bar = ProgressBar("destroying", total: 2, isShown: !common.json)
                let permitted = try archive.destruction.apply(plan, accepting: acceptImpact) {
                    bar.advance(to: $0, of: $1)
                }
                bar.clear()
                let report = try PermittedText.settle(permitted, json: common.json)
                try PurgeRunCommand.say(report, json: common.json)
            }
        }
    }
}
