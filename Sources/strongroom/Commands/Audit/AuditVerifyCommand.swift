import ArgumentParser
import Presentation

struct AuditVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: EvidenceOptions.abstract, discussion: EvidenceOptions.discussion)

    @OptionGroup var options: EvidenceOptions

    func run() throws { try options.run() }
}
