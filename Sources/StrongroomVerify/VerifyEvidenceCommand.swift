import ArgumentParser
import Base
import Presentation

/// What an auditor runs: checks what an archive hands over, and is linked without keys, index or vendor.
@main
struct VerifyEvidenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom-verify", abstract: EvidenceOptions.abstract,
        discussion: EvidenceOptions.discussion
            + """


            Exit codes: 0 everything holds · 1 it could not be checked · 4 something does not hold · 64 wrong usage
            """,
        version: "0.1.0")

    @OptionGroup var options: EvidenceOptions

    func run() throws { try options.run() }

    static func main() {
        ProcessStart.prepare()
        main(nil)
    }
}
