import Archive
import ArgumentParser
import Presentation
internal import Vault

struct PolicyRetireCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire", abstract: "Take a policy or terms out of force, after showing what that changes.",
        discussion: """
            What only its rules kept may become due, and what only they ended may stay for ever: the impact has to be \
            accepted as with policy activate.
            """)

    @Argument(help: ArgumentHelp("The name of an active policy or terms.", valueName: "name"))
    var name: String

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("The impact that is accepted: 16 digits of its digest, or more.", valueName: "digest"))
    var acceptImpact: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            try common.withArchive { archive in
                let bar = ProgressBar("deciding", total: 2, isShown: !common.json)
                let permitted = try archive.policies.retire(
                    name, reason: reason, accepting: acceptImpact,
                    confirm: { impact in
                        bar.clear()
                        for line in ImpactText.lines(impact, isRetired: true) { Terminal.say(line) }
                        return Terminal.asks("retire it?")
                    }, progress: { bar.advance(to: $0, of: $1) })
                bar.clear()
                let impact = try PermittedText.settle(permitted, json: common.json)
                if common.json { return try Terminal.document(impact) }
                Terminal.print(
                    "\(impact.policy) v\(impact.version) is no longer in force · "
                        + "\(Figure.count(impact.objects, "object")) decided about · "
                        + "\(Figure.count(impact.dueNow)) due at once")
            }
        }
    }
}
