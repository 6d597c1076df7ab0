import ArgumentParser
import BlobStore
import Foundation

@main
struct Strongroom: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strongroom",
        abstract: "A secure archive for the media of electronic identity verification.",
        discussion: """
            Pulls the results of face verifications from the vendor before their 72 hours run out, seals them \
            under keys of your own, and gives them back by case ID.

            Exit codes: 0 done · 1 failed, nothing changed · 2 refused · 3 not found · 4 integrity failure · \
            5 partly done, or not finished yet · 64 wrong usage
            """,
        version: "0.1.0",
        subcommands: [
            Initialize.self, Pull.self, Import.self, Case.self, Retrieve.self, Status.self, Verify.self,
            PolicyCommand.self, Explain.self, Purge.self, Hold.self, Requests.self, Approve.self,
            Deny.self, Token.self, Settings.self, Clock.self, Audit.self,
        ])

    static func main() {
        StandardDescriptors.reserve()
        // What this program makes is for its user alone, and its memory is not for the disk.
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // A closed pipe is an error like another.
        signal(SIGPIPE, SIG_IGN)
        // Repaired, two different names could become the same.
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) != nil else {
                Terminal.say("error: argument \(index) is not UTF-8")
                Foundation.exit(64)
            }
        }
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
        main(nil)
    }
}
