import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct InitializeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make an archive.",
        discussion: """
            Makes the directory and a root key file with mode 0600, outside of the archive. A root key file that \
            exists is used as it is. With --passphrase-file, a passphrase takes its place. The configuration, which \
            names vendor, places and programs, is written outside of the archive, too, where there is none.

            Keep a copy of the root key where the archive's backups are not: without it, nothing can be opened.
            """)

    @Option(
        help: ArgumentHelp(
            "The name under which the ledger is signed, for ever: best a domain name and a path, such as "
                + "archive.example.com/ekyc.",
            valueName: "name"))
    var origin: String?

    @Option(
        help: ArgumentHelp(
            "An existing directory outside of the archive, best on another disk, for a second copy of the sealed "
                + "keyring, which is kept the newest.", valueName: "dir"),
        completion: .directory)
    var keyringCopy: String?

    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
        let archive: String
        let archiveUID: String
        let rootKey: String
        let madeRootKey: Bool
        let configuration: String
        let verifierKey: String
        @OrNull var keyringCopy: String?
        let weakPlaces: [String]
    }

    func validate() throws {
        guard common.checkpoint == nil else {
            throw ValidationError("--checkpoint is for an archive that exists; a new one has no ledger to compare.")
        }
    }

    func run() throws {
        try reportingErrors {
            let made = try OpenArchive.create(
                common.directory, rootKey: common.rootKey, actor: try common.actingAs(), origin: origin,
                keyringCopy: keyringCopy.map { URL(fileURLWithPath: $0).standardizedFileURL.path },
                effects: common.effects)
            if common.json {
                return try Terminal.document(
                    Report(
                        archive: made.directory, archiveUID: made.uid, rootKey: made.rootKey.path,
                        madeRootKey: made.madeRootKey, configuration: made.configuration,
                        verifierKey: made.verifierKey, keyringCopy: made.keyringCopy,
                        weakPlaces: made.weakPlaces))
            }
            Terminal.print("archive \(made.uid) made at \(made.directory)")
            switch made.rootKey {
            case .keyFile(let path) where made.madeRootKey:
                Terminal.print("root key made at \(path)")
                Terminal.print("  copy it to a safe place now: without it, nothing in the archive can ever be opened")
            case .keyFile(let path): Terminal.print("root key: the existing \(path) is used, unchanged")
            case .passphraseFile(let path): Terminal.print("root key: derived from the passphrase in \(path)")
            }
            if let copy = made.keyringCopy {
                Terminal.print("second copy of the sealed keyring: \(copy)")
            } else {
                Terminal.print(
                    "no second copy of keyring.sealed is kept: strongroom keys copy DIR, best on another disk")
            }
            Terminal.print("configuration: \(made.configuration)")
            Terminal.print("  it says which vendor is asked, and where the ledger is published")
            if let problem = OpenArchive.memoryProblem {
                Terminal.say("\(Terminal.red("warning")): \(Terminal.visible(problem.message))")
                if let remedy = problem.remedy { Terminal.say("  \(Terminal.visible(remedy.words))") }
            }
            for place in made.weakPlaces { Terminal.say("\(Terminal.red("warning")): \(Terminal.visible(place))") }
            Terminal.print("verifier key of the ledger: \(made.verifierKey)")
            Terminal.print("  give it to your auditor: it checks what the ledger proves")
        }
    }
}
