import Archive
import ArgumentParser
internal import Base
import Foundation
import Presentation
internal import Vault

struct AuditAcceptForkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-fork",
        abstract: "Go on with a ledger that is not the one that was published.",
        discussion: """
            Puts on record that you have looked at it, and why. The ledger goes on under a new origin, whose first \
            entry holds the newest checkpoint of the old one; what was published stays where it is. What it says was \
            destroyed is destroyed again at once; nothing else is, until the holds, rules, settings and case events \
            that this ledger lost are there again.
            """)

    @Option(
        parsing: .unconditional, help: ArgumentHelp("What happened, and why it is right to go on.", valueName: "text"))
    var reason: String

    @Option(
        help: ArgumentHelp(
            "The token of a second person, where two are needed, in a file of mode 0600. Or STRONGROOM_SECOND_TOKEN.",
            valueName: "file"), completion: .file())
    var secondTokenFile: String?

    @Flag(
        help: """
            Also where what was published cannot be read to its end, or does not lead to its checkpoint: what it held, \
            ruled and destroyed is then yours to see to.
            """)
    var unread = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason.trimmingCharacters(in: .whitespaces))
            let second =
                try secondTokenFile.map { try PersonalToken(file: $0) }
                ?? ProcessStart.takeSecret("STRONGROOM_SECOND_TOKEN").flatMap {
                    $0.count == 0 ? nil : try PersonalToken($0)
                }
            try common.withArchive(toLook: true) { archive in
                let done = try archive.audit.acceptFork(reason, second: second, unread: unread)
                if common.json { return try Terminal.document(done) }
                Terminal.print("the ledger goes on under the origin \(done.origin), published to \(done.output)")
                Terminal.print("verifier key: \(done.verifierKey)")
                Terminal.print("  tell your auditor both, and why")
                if !done.isWhole {
                    Terminal.say(
                        "\(Terminal.red("warning")): what was published cannot be read, or does not lead to its "
                            + "checkpoint: what it says was destroyed was not destroyed again; compare it by hand")
                }
                if !done.entriesLost.isEmpty {
                    Terminal.say("published, and not in this ledger:")
                    for (kind, count) in done.entriesLost.sorted(by: { $0.key < $1.key }) {
                        Terminal.say("  \(count) × \(kind)")
                    }
                }
                if done.destroyedAgain > 0 {
                    Terminal.say("destroyed again, as it had been: \(Figure.count(done.destroyedAgain, "object"))")
                }
                for rule in done.rulesLost {
                    Terminal.say(
                        "\(Terminal.red("warning")): by what was published \(Terminal.visible(rule)): "
                            + "nothing is destroyed until it is so here")
                }
                for hold in done.holdsLost {
                    Terminal.say(
                        "\(Terminal.red("warning")): this index does not know all of the hold \(hold): nothing is "
                            + "destroyed until it is placed again"
                    )
                }
            }
        }
    }
}
