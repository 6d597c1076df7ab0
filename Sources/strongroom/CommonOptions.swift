import Archive
import ArgumentParser
import Foundation

/// Which archive, whose key, who acts, and how to print.
struct CommonOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The archive's directory. Or STRONGROOM_ARCHIVE; ./strongroom-archive by default.", valueName: "dir"),
        completion: .directory)
    var archive: String?

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

    @Option(help: ArgumentHelp("Who acts. Or STRONGROOM_ACTOR; the login name by default.", valueName: "name"))
    var actor: String?

    @Flag(help: "Print JSON: one document, or a line for each item of a batch.")
    var json = false

    func validate() throws {
        if rootKeyFile != nil, passphraseFile != nil {
            throw ValidationError("Give either --root-key-file or --passphrase-file.")
        }
    }

    private var environment: [String: String] { ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty } }

    var directory: String {
        let path = archive ?? environment["STRONGROOM_ARCHIVE"] ?? "./strongroom-archive"
        return path.utf8.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    var rootKey: RootKeySource {
        if let passphraseFile { return .passphraseFile(passphraseFile) }
        if let rootKeyFile { return .keyFile(rootKeyFile) }
        if let path = environment["STRONGROOM_PASSPHRASE_FILE"] { return .passphraseFile(path) }
        if let path = environment["STRONGROOM_ROOT_KEY_FILE"] { return .keyFile(path) }
        let home = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? NSHomeDirectory()) + "/.config"
        return .keyFile(home + "/strongroom/root.key")
    }

    /// The name that was given, or the login name; under sudo, the name of who called it.
    var actorName: String {
        actor ?? environment["STRONGROOM_ACTOR"] ?? environment["SUDO_USER"] ?? NSUserName()
    }

    func open(_ effects: Effects = Effects()) throws -> Archive {
        try Archive.open(directory, rootKey: rootKey, effects: effects)
    }
}
