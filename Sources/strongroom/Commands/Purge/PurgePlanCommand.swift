import Archive
import ArgumentParser
import Presentation

struct PurgePlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Write down what is due and why, to look at and to apply. Destroys nothing.")

    @Option(help: ArgumentHelp("Also what is due by this time; now by default.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("The file to write the plan to.", valueName: "file"), completion: .file())
    var out: String

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let until = try until.map { try Moment($0, option: "--until") }
            try common.withArchive { archive in
                let bar = ProgressBar("deciding", total: 2, isShown: !common.json)
                let plan = try archive.destruction.plan(until: until?.until(zone.zone(of: archive)), to: out) {
                    bar.advance(to: $0, of: $1)
                }
                bar.clear()
                if common.json { return try Terminal.document(plan) }
                Terminal.print(
                    "\(Figure.count(plan.objects, "object")) of \(Figure.count(plan.cases, "case")) "
                        + "\(plan.objects == 1 ? "is" : "are") due (\(Figure.size(plan.bytes))) · "
                        + "overdue: \(plan.overdue == 0 ? "none" : Figure.count(plan.overdue))")
                if plan.isAhead {
                    Terminal.print(
                        "   by \(Figure.time(plan.until)), which lies ahead: nothing of it is destroyed before it "
                            + "is due"
                    )
                }
                let width = plan.examples.map { Figure.columns(Terminal.visible($0.caseID)) }.max() ?? 0
                for example in plan.examples {
                    Terminal.print(
                        "   \(Figure.padded(Terminal.visible(example.caseID), min(width, 40)))  since "
                            + "\(Figure.day(example.dueSince))  \(example.media.joined(separator: ", "))")
                }
                if plan.cases > plan.examples.count {
                    Terminal.print("   and \(Figure.count(plan.cases - plan.examples.count, "case")) more, in the plan")
                }
                if !plan.dropped.isEmpty { Terminal.print("   not in the plan: \(PurgeText.reasons(plan.dropped))") }
                Terminal.print(
                    "   after it: \(PurgeText.percent(plan.share)) of the archive destroyed within 24 hours, "
                        + "limit \(PurgeText.percent(plan.limitShare)) and \(Figure.count(plan.limitObjects, "object"))"
                )
                Terminal.print("plan \(plan.id) written to \(out), valid until \(Figure.time(plan.validUntil))")
                Terminal.print(
                    "apply it with: strongroom purge apply \(out)"
                        + (plan.exceedsLimit ? " --accept-impact \(plan.digest.prefix(16))" : ""))
            }
        }
    }
}
