import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct TokenCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token for somebody, and show it once.",
        discussion:
            "--actor says whose it is. Who makes it is who acts: by a token of their own, or else by the login name.")

    @Option(help: ArgumentHelp("What its holder may do; once or more: \(People.roleNames).", valueName: "role"))
    var role: [String] = []

    @Option(help: ArgumentHelp("When it ends by itself.", valueName: "time"))
    var expires: String?

    @Option(help: ArgumentHelp("Make the token that this request allowed.", valueName: "n"))
    var request: UInt64?

    @Option(parsing: .unconditional, help: ArgumentHelp("Why; shown to who has to allow it.", valueName: "text"))
    var reason = "a token is needed"

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
        let token: String
        let secret: String
        let actor: String
        let roles: [String]
        @OrNull var expires: Date?
        @OrNull var approvesFrom: Date?
        let others: [String]
    }

    func validate() throws {
        if request != nil {
            guard common.actor == nil, role.isEmpty, expires == nil else {
                throw ValidationError("With --request, the request says whose token it is and what it allows.")
            }
            return
        }
        guard common.actor != nil else { throw ValidationError("--actor says whose token it is.") }
        guard !role.isEmpty else { throw ValidationError("--role says what its holder may do: \(People.roleNames).") }
        for name in role where Role(rawValue: name) == nil {
            throw ValidationError("'\(name)' is not a role; they are \(People.roleNames).")
        }
    }

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let expires = try expires.map { try Moment($0, option: "--expires") }
            // Of this command, --actor names the holder, and not who acts.
            var acting = common
            acting.actor = nil
            let made = try acting.withArchive { archive in
                if let request { return try archive.people.createToken(byRequest: request) }
                let permitted = try archive.people.createToken(
                    for: common.actor ?? "", roles: role.compactMap(Role.init(rawValue:)),
                    expires: expires?.until(zone.zone(of: archive)),
                    reason: reason)
                return try PermittedText.settle(permitted, json: common.json)
            }
            if common.json {
                return try Terminal.document(
                    Report(
                        token: made.summary.token, secret: made.secret, actor: made.summary.actor,
                        roles: made.summary.roles,
                        expires: made.summary.expires, approvesFrom: made.summary.approvesFrom, others: made.others))
            }
            Terminal.print(made.secret)
            Terminal.say(
                "the token of \(Terminal.visible(made.summary.actor)) "
                    + "(\(made.summary.roles.joined(separator: ", "))), shown this once: hand it over in a way "
                    + "that nobody else reads"
            )
            if !made.others.isEmpty {
                let others = Figure.count(
                    made.others.count, "other token that counts still", "other tokens that count still")
                Terminal.say("note: \(Terminal.visible(made.summary.actor)) has \(others)")
                for token in made.others.suffix(5) {
                    Terminal.say("  where nobody has it: strongroom token revoke \(token) --reason …")
                }
            }
            if let from = made.summary.approvesFrom {
                Terminal.say(
                    "  fewer than two are left who approve, so that nobody could allow it: it approves nothing "
                        + "before \(Figure.time(from)), and status says so"
                )
            }
        }
    }
}
