import Archive
import ArgumentParser
import Base
import Foundation
import Presentation

struct TokenListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens, without their secrets.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let tokens = try common.withArchive(toLook: true) { try $0.people.tokens() }
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
                    "\(token.token.prefix(8))  \(Figure.padded(Terminal.visible(token.actor), width))  "
                        + "\(Figure.padded(token.state, 7))  \(token.roles.joined(separator: ", ")) · by "
                        + "\(Terminal.visible(token.createdBy)) \(Figure.day(token.createdAt)) · \(end)\(from)"
                )
            }
        }
    }
}
