import Archive
import ArgumentParser
import Presentation

struct PolicyListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the policies and terms that are or were in force.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let policies = try common.withArchive(toLook: true) { try $0.policies.list() }
            if common.json { return try Terminal.document(policies) }
            if policies.isEmpty { Terminal.print("no policy is active: nothing is ever destroyed") }
            let width = policies.map(\.policy.count).max() ?? 0
            for policy in policies {
                Terminal.print(
                    "\(policy.isActive ? "active " : "past   ")\(Figure.padded(policy.policy, width)) "
                        + "v\(policy.version) · "
                        + "since \(Figure.time(policy.activatedAt)), entry \(policy.entry) · "
                        + "\(Terminal.visible(policy.title))"
                        + (policy.form == "terms" ? " (terms)" : ""))
            }
        }
    }
}
