import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Retention

struct PolicyActivateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate", abstract: "Put a policy or terms in force, after showing what it changes.",
        discussion: """
            On a terminal the impact is shown and has to be confirmed. Otherwise it has to be accepted by its digest, \
            which policy simulate prints (--json: digest). A version that was active never changes.
            """)

    @Argument(help: ArgumentHelp("The policy or terms file.", valueName: "file"), completion: .file())
    var file: String

    @Option(help: ArgumentHelp("The impact that is accepted: 16 digits of its digest, or more.", valueName: "digest"))
    var acceptImpact: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let file = try PolicyFile(path: file)
            try common.withArchive { archive in
                let bar = ProgressBar("deciding", total: 2, isShown: !common.json)
                let permitted = try archive.policies.activate(
                    file, accepting: acceptImpact,
                    confirm: { impact in
                        bar.clear()
                        for line in ImpactText.lines(impact) { Terminal.say(line) }
                        return Terminal.asks("activate it?")
                    }, progress: { bar.advance(to: $0, of: $1) })
                bar.clear()
                let impact = try PermittedText.settle(permitted, json: common.json)
                if common.json { return try Terminal.document(impact) }
                Terminal.print(
                    "\(impact.policy) v\(impact.version) is active · \(Figure.count(impact.objects, "object")) "
                        + "decided about · "
                        + "\(Figure.count(impact.dueNow)) due at once")
                if case .terms(let terms) = file.content {
                    if !terms.asksFor.isEmpty {
                        Terminal.print(
                            "from now on an import of a case without \(terms.asksFor.joined(separator: ", ")) is "
                                + "refused; "
                                + "what is pulled without is kept, and counted by strongroom status")
                    }
                    let report = try archive.policies.termsReport(on: terms)
                    if report.gaps > 0 {
                        Terminal.print(
                            "\(Figure.count(report.gaps, "obligation is", "obligations are")) not met: see "
                                + "strongroom policy terms"
                        )
                    }
                }
            }
        }
    }
}
