import ArgumentParser
import FaceID
import Foundation
import Presentation
internal import Vault

@main
struct StrongroomCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "A secure archive for the media of electronic identity verification.",
        discussion: """
            Pulls the results of face verifications from the vendor before their 72 hours run out, seals them \
            under keys of your own, and gives them back by case ID.

            Exit codes: 0 done · 1 failed, nothing changed · 2 refused · 3 not found · 4 integrity failure · \
            5 partly done, or not finished yet · 6 not known whether it was done · 64 wrong usage
            """,
        version: "0.1.0",
        subcommands: [
            InitializeCommand.self, PullCommand.self, ImportCommand.self, CaseCommand.self, RetrieveCommand.self,
            StatusCommand.self, VerifyCommand.self,
            PolicyCommand.self, ExplainCommand.self, PurgeCommand.self, HoldCommand.self, RequestsCommand.self,
            ApproveCommand.self,
            DenyCommand.self, TokenCommand.self, SettingsCommand.self, KeysCommand.self, ClockCommand.self,
            AuditCommand.self,
        ])

    static func main() {
        ProcessStart.prepare(
            secrets: TencentFaceID.credentialVariables + ["STRONGROOM_TOKEN", "STRONGROOM_SECOND_TOKEN"],
            options: [RegistrationOptions.tokenOption])
        // Seen by every user of the host, it is worth nothing any more; and it must not become a name on the record.
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index],
                String(cString: argument).contains(/srt_[A-Za-z0-9_-]{43}/)
            else { continue }
            Terminal.say(
                "error: argument \(index) holds a personal token, which every user of this host can read there")
            Terminal.say("  put it into STRONGROOM_TOKEN, or into a file for --token-file; and revoke this one")
            Foundation.exit(64)
        }
        do {
            var command = try parseAsRoot(try Arguments.arranged(Array(CommandLine.arguments.dropFirst())))
            try command.run()
        } catch {
            let code = exitCode(for: error)
            // What a command reported itself has been printed.
            if Arguments.wantJSON, code.rawValue == Exit.usage.rawValue, !(error is ExitCode) {
                Terminal.failure(
                    ArchiveError(.badUsage, message(for: error).split(separator: "\n").first.map(String.init) ?? ""),
                    exit: code.rawValue)
            }
            exit(withError: error)
        }
    }
}
