import ArgumentParser

struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "The sealed keyring that everything hangs on.",
        subcommands: [KeysCopyCommand.self])
}
