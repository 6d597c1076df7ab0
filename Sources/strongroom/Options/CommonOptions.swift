import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

/// Which archive, whose key, who acts, and how to print.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The archive's directory. Or STRONGROOM_ARCHIVE; ./strongroom-archive by default.", valueName: "dir"),
        completion: .directory)
    var archive: String?

    @Option(
        help: ArgumentHelp(
            "The configuration of this archive on this machine: vendor, places, programs. Or STRONGROOM_CONFIG; "
                + "$XDG_CONFIG_HOME/strongroom/UID.yaml by default.",
            valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The root key file. Or STRONGROOM_ROOT_KEY_FILE; $XDG_CONFIG_HOME/strongroom/root.key by default.",
            valueName: "file"),
        completion: .file())
    var rootKeyFile: String?

    @Option(
        help: ArgumentHelp(
            "A file whose first line is the passphrase, instead of a root key file. Or STRONGROOM_PASSPHRASE_FILE.",
            valueName: "file"),
        completion: .file())
    var passphraseFile: String?

    @Option(
        help: ArgumentHelp(
            "A checkpoint that was kept: the ledger must extend it. For a machine that has not seen this archive yet.",
            valueName: "file"),
        completion: .file())
    var checkpoint: String?

    @Option(help: ArgumentHelp("Who acts. Or STRONGROOM_ACTOR; the login name by default.", valueName: "name"))
    var actor: String?

    @Option(
        help: ArgumentHelp(
            "A file of mode 0600 with your personal token, which says who acts. Or STRONGROOM_TOKEN.", valueName: "file"
        ),
        completion: .file())
    var tokenFile: String?

    /// Taken, so that it can be refused with a reason.
    @Option(help: .hidden)
    var token: String?

    @Flag(help: "Print JSON: one document, or a line for each item of a batch.")
    var json = false

    func validate() throws {
        if rootKeyFile != nil, passphraseFile != nil {
            throw ValidationError("Give either --root-key-file or --passphrase-file.")
        }
        if token != nil {
            throw ValidationError(
                "A token on a command line is read by every user of this host: put it into STRONGROOM_TOKEN, or "
                    + "a file for --token-file, and revoke this one."
            )
        }
    }

    private var environment: [String: String] { ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty } }

    var directory: String {
        let path = archive ?? environment["STRONGROOM_ARCHIVE"] ?? "./strongroom-archive"
        return path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    /// What the program takes from the outside, with the configuration that was named.
    var effects: Effects {
        var effects = Effects.program
        if let path = config ?? environment["STRONGROOM_CONFIG"] { effects.operatorFile = .named(path) }
        return effects
    }

    var rootKey: RootKeySource {
        if let passphraseFile { return .passphraseFile(passphraseFile) }
        if let rootKeyFile { return .keyFile(rootKeyFile) }
        if let path = environment["STRONGROOM_PASSPHRASE_FILE"] { return .passphraseFile(path) }
        if let path = environment["STRONGROOM_ROOT_KEY_FILE"] { return .keyFile(path) }
        let home = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.config"
        return .keyFile(home + "/strongroom/root.key")
    }

    /// The name that was given, or who the operating system says; under sudo, who called it.
    func actingAs() throws -> Actor {
        guard let name = actor ?? environment["STRONGROOM_ACTOR"] else { return .osUser }
        return try Actor(claimed: name)
    }

    /// Who acts: by a personal token where there is one, which says by itself who it is.
    func identity() throws -> Identity {
        let token = ProcessStart.takeSecret("STRONGROOM_TOKEN")
        guard tokenFile != nil || token != nil else { return .actor(try actingAs()) }
        guard actor == nil else {
            throw ArchiveError(
                .badToken, "a token says by itself who acts", remedy: "leave --actor out, or the token")
        }
        if let tokenFile { return .token(try PersonalToken(file: tokenFile)) }
        return .token(try PersonalToken(token ?? SecretText([])))
    }

    /// Opens the archive for a command; before the command ends, its ledger is published.
    ///
    /// - Parameters:
    ///   - toLook: open also an archive whose ledger is not the one that was published.
    ///   - quietly: say nothing beside what the command says.
    func withArchive<Result>(toLook: Bool = false, quietly: Bool = false, _ body: (Session) throws -> Result) throws
        -> Result
    {
        let isCancelled = Interruption.begin()
        if !quietly { WaitNotice.handle { Terminal.say("note: \(Terminal.visible($0))") } }
        let identity = try identity()
        let opened = try OpenArchive.open(
            directory, rootKey: rootKey, effects: effects, checkpoint: checkpoint, toLook: toLook,
            isCancelled: isCancelled)
        let archive = try opened.session(as: identity, isCancelled: isCancelled)
        for problem in [OpenArchive.memoryProblem, opened.keyringCopyProblem].compactMap({ $0 }) where !quietly {
            Terminal.say("\(Terminal.red("warning")): \(Terminal.visible(problem.message))")
            if let remedy = problem.remedy { Terminal.say("  \(Terminal.visible(remedy.words))") }
        }
        if opened.wasUnsettled, !quietly {
            Terminal.say("note: the disk had failed while a command before committed; what is there is durable now")
            Terminal.say("  what that command was to do is done or not: the same command says which")
        }
        let result: Result
        do {
            result = try body(archive)
        } catch {
            if !quietly { sayPublication(of: archive) }
            // What failed after it says nothing of what is in doubt.
            if opened.isUnsettled, (error as? ArchiveError)?.outcome != .unsettled {
                if let error = error as? ArchiveError { Terminal.complain(error) }
                throw Self.unsettled(opened)
            }
            if opened.isUnmarked { Terminal.complain(Self.unsettled(opened)) }
            throw error
        }
        if quietly { archive.finishPublication() } else { sayPublication(of: archive) }
        if opened.isUnsettled { throw Self.unsettled(opened) }
        // Found on the way, or known before: whoever looks must see it.
        if let fork = archive.fork { throw fork }
        return result
    }

    private static func unsettled(_ archive: OpenArchive) -> ArchiveError {
        ArchiveError(
            .unsettled,
            "the disk failed while a change was committed: whether that one is done is not known; what was said to be "
                + "done before is",
            remedy: archive.isUnmarked
                ? "the disk takes no mark of it either: believe nothing that a command finds here before the disk is "
                    + "mended and the machine was started anew"
                : "look after the disk, then give the same command again: it makes durable what is there first, and "
                    + "says what it found")
    }

    private func sayPublication(of archive: Session) {
        archive.finishPublication()
        if let (name, other) = archive.actorLookalike { Terminal.say(BatchReport.alike(name, other)) }
        if let (found, expected) = archive.publicationRepair {
            Terminal.say(
                "\(Terminal.red("warning")): the published ledger had \(Figure.count(Int(found))) entries, where "
                    + "\(Figure.count(Int(expected))) had been published; it was completed"
            )
            Terminal.say("  find out who or what took them away")
        }
        if let problem = archive.markProblem {
            Terminal.say("\(Terminal.red("warning")): \(Terminal.visible(problem.message))")
            Terminal.say("  while the published ledger cannot be read, no media leaves, and nothing is destroyed")
        }
        if let problem = archive.publicationProblem {
            let waiting = Int(archive.unpublishedEntries)
            Terminal.say(
                "\(Terminal.red("warning")): the ledger cannot be published: \(Terminal.visible(problem.message))")
            if let remedy = problem.remedy { Terminal.say("  \(Terminal.visible(remedy.words))") }
            Terminal.say(
                "  \(Figure.count(waiting)) \(waiting == 1 ? "entry waits" : "entries wait"); work stops at "
                    + "\(Figure.count(archive.configuration.publicationLimit)), or when one has waited for "
                    + "\(archive.configuration.publicationHours.formatted()) h"
            )
        }
    }
}
