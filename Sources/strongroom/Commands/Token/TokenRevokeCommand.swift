import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct TokenRevokeCommand: ParsableCommand {
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
                try PermittedText.settle(try archive.people.revokeToken(uid, reason: reason), json: common.json)
            }
            if common.json { return try Terminal.document(done) }
            Terminal.print("revoked: the token \(done.token.prefix(8)) of \(Terminal.visible(done.actor))")
        }
    }
}
