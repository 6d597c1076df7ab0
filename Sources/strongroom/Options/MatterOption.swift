import ArgumentParser

/// The matter that a command is about.
struct MatterOption: ParsableArguments {
    @Option(help: ArgumentHelp("The legal affair that the hold belongs to.", valueName: "name"))
    var matter: String
}
