import Archive
import ArgumentParser
import Foundation

struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Personal tokens: by which people are known.",
        discussion: """
            A token is printed once, and kept as a keyed hash. Its holder puts it into STRONGROOM_TOKEN, or into a file of \
            mode 0600 for --token-file; never on a command line, which every user of the host can read. Once two people hold \
            tokens that approve (approver, legal, privacy), what lifts a guard needs two persons.
            """,
        subcommands: [
            TokenCreate.self, TokenList.self, TokenRevoke.self, TokenSinglePerson.self,
        ])
}

struct TokenCreate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token for somebody, and show it once.",
        discussion:
            "--actor says whose it is. Who makes it is who acts: by a token of their own, or else by the login name.")

    @Option(help: ArgumentHelp("What its holder may do; once or more: \(Archive.roleNames).", valueName: "role"))
    var role: [String] = []

    @Option(help: ArgumentHelp("When it ends by itself.", valueName: "time"))
    var expires: String?

    @Option(help: ArgumentHelp("Make the token that this request allowed.", valueName: "n"))
    var request: UInt64?

    @Option(parsing: .unconditional, help: ArgumentHelp("Why; shown to who has to allow it.", valueName: "text"))
    var reason = "a token is needed"

    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
        let token: String
        let secret: String
        let actor: String
        let roles: [String]
        @OrNull var expires: Date?
        @OrNull var approvesFrom: Date?
    }

    func validate() throws {
        if request != nil {
            guard common.actor == nil, role.isEmpty, expires == nil else {
                throw ValidationError("With --request, the request says whose token it is and what it allows.")
            }
            return
        }
        guard common.actor != nil else { throw ValidationError("--actor says whose token it is.") }
        guard !role.isEmpty else { throw ValidationError("--role says what its holder may do: \(Archive.roleNames).") }
        for name in role where Role(rawValue: name) == nil {
            throw ValidationError("'\(name)' is not a role; they are \(Archive.roleNames).")
        }
    }

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let expires = try expires.map { try Moment.parse($0, option: "--expires") }
            // Of this command, --actor names the holder, and not who acts.
            var acting = common
            acting.actor = nil
            let made = try acting.withArchive { archive in
                if let request { return try archive.createToken(byRequest: request) }
                let permitted = try archive.createToken(
                    for: common.actor ?? "", roles: role.compactMap(Role.init(rawValue:)), expires: expires,
                    reason: reason)
                return try PermittedText.settle(permitted, json: common.json)
            }
            if common.json {
                return try Terminal.document(
                    Report(
                        token: made.summary.token, secret: made.secret, actor: made.summary.actor,
                        roles: made.summary.roles,
                        expires: made.summary.expires, approvesFrom: made.summary.approvesFrom))
            }
            Terminal.print(made.secret)
            Terminal.say(
                "the token of \(Terminal.visible(made.summary.actor)) (\(made.summary.roles.joined(separator: ", "))), shown this once: hand it over in a way that nobody else reads"
            )
            if let from = made.summary.approvesFrom {
                Terminal.say(
                    "  fewer than two are left who approve, so that nobody could allow it: it approves nothing before \(Figure.time(from)), and status says so"
                )
            }
        }
    }
}

struct TokenList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens, without their secrets.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let tokens = try common.withArchive(toLook: true) { try $0.tokens() }
            if common.json { return try Terminal.document(tokens) }
            if tokens.isEmpty { return Terminal.say("no tokens") }
            let width = min(30, tokens.map { Figure.columns(Terminal.visible($0.actor)) }.max() ?? 0)
            for token in tokens {
                let end =
                    token.revokedAt.map { "revoked \(Figure.time($0))" } ?? token.expires.map {
                        "until \(Figure.time($0))"
                    } ?? "without an end"
                let from =
                    token.state == "waiting" ? ", approves from \(token.approvesFrom.map(Figure.time) ?? "")" : ""
                Terminal.print(
                    "\(token.token.prefix(8))  \(Figure.padded(Terminal.visible(token.actor), width))  \(Figure.padded(token.state, 7))  \(token.roles.joined(separator: ", ")) · by \(Terminal.visible(token.createdBy)) \(Figure.day(token.createdAt)) · \(end)\(from)"
                )
            }
        }
    }
}

struct TokenRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Make a token worth nothing.",
        discussion: "Your own at any time; another's that approves needs a second person where there are two.")

    @Argument(
        help: ArgumentHelp(
            "The first 8 digits of the token's UID, or more; token list shows them.", valueName: "token-uid"))
    var uid: String

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if uid.hasPrefix("srt_") {
            throw ValidationError(
                "That is a token itself, and every user of this host may have read it now: revoke it by its UID.")
        }
    }

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let done = try common.withArchive { archive in
                try PermittedText.settle(try archive.revokeToken(uid, reason: reason), json: common.json)
            }
            if common.json { return try Terminal.document(done) }
            Terminal.print("revoked: the token \(done.token.prefix(8)) of \(Terminal.visible(done.actor))")
        }
    }
}

struct TokenSinglePerson: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "single-person", abstract: "Ask for the end of the rule that two persons are needed.")

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let request = try common.withArchive { try $0.endTwoPersonRules(reason: reason) }
            _ = try PermittedText.settle(Permitted<Int>.requested(request), json: common.json)
        }
    }
}
