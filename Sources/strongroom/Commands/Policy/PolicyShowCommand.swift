import Archive
import ArgumentParser
import Presentation

struct PolicyShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a policy or terms as it was activated.")

    @Argument(help: ArgumentHelp("Its name.", valueName: "name"))
    var name: String

    @Option(
        name: .customLong("policy-version"), help: ArgumentHelp("A version; the active one by default.", valueName: "n")
    )
    var policyVersion: Int?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let policy = try common.withArchive(toLook: true) { try $0.policies.show(name, version: policyVersion) }
            if common.json { return try Terminal.document(policy) }
            Terminal.write(policy.text ?? "", to: 1)
        }
    }
}
