import ArgumentParser

struct Hold: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Stop destruction: legal holds.",
        discussion: """
            From the moment that place returns, nothing that the order covers is destroyed: not by a purge that is running, \
            not when it arrives tomorrow, not by a colleague who lifts it alone.
            """,
        subcommands: [
            HoldPlace.self, HoldExtend.self, HoldNarrow.self, HoldRelease.self,
            HoldWithdraw.self, HoldList.self, HoldShow.self, HoldReportCommand.self,
            HoldNoticeCommand.self, HoldAcknowledge.self,
        ])
}

/// The matter that a command is about.
struct MatterOption: ParsableArguments {
    @Option(help: ArgumentHelp("The legal affair that the hold belongs to.", valueName: "name"))
    var matter: String
}
