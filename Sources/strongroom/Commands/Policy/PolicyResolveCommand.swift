import Archive
import ArgumentParser
import Presentation
import Retention
internal import Vault

struct PolicyResolveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve", abstract: "Decide which of two contradicting rules counts, on the record.",
        discussion: """
            For every object about which the two rules contradict each other. --winner keep lets the lower bound \
            count: \
            the objects are kept until it ends. --winner destroy lets the upper one count. A new version of either \
            policy \
            takes the resolution away. strongroom explain --conflicts shows the pairs.
            """)

    @Option(help: ArgumentHelp("The rule that keeps, as POLICY/RULE.", valueName: "rule"))
    var lower: String

    @Option(help: ArgumentHelp("The rule that destroys, as POLICY/RULE.", valueName: "rule"))
    var upper: String

    @Option(help: ArgumentHelp("keep or destroy.", valueName: "which"))
    var winner: String

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("The impact that is accepted: 16 digits of its digest, or more.", valueName: "digest"))
    var acceptImpact: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard Resolution.Winner(rawValue: winner) != nil else { throw ValidationError("--winner is keep or destroy.") }
    }

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            guard let winner = Resolution.Winner(rawValue: winner) else { return }
            try common.withArchive { archive in
                let permitted = try archive.policies.resolve(
                    lower: try archive.policies.activeRule(lower), upper: try archive.policies.activeRule(upper),
                    winner: winner,
                    reason: reason, accepting: acceptImpact,
                    confirm: { count in
                        Terminal.asks(
                            "\(Figure.count(count, "object is", "objects are")) in conflict; "
                                + "\(winner == .keep ? "keep" : "destroy") \(count == 1 ? "it" : "them")?"
                        )
                    })
                let done = try PermittedText.settle(permitted, json: common.json)
                if common.json { return try Terminal.document(done) }
                Terminal.print(
                    "resolved, ledger entry \(done.entry): "
                        + "\(Figure.count(done.objects, "object is", "objects are")) no longer in conflict"
                )
            }
        }
    }
}
