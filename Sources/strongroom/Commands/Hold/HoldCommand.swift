import ArgumentParser
import Base

struct HoldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Stop destruction: legal holds.",
        discussion: """
            From the moment that place returns, nothing that the order covers is destroyed: not by a purge that is \
            running, \
            not when it arrives tomorrow, not by a colleague who lifts it alone.
            """,
        subcommands: [
            HoldPlaceCommand.self, HoldExtendCommand.self, HoldNarrowCommand.self, HoldReleaseCommand.self,
            HoldWithdrawCommand.self, HoldListCommand.self, HoldShowCommand.self, HoldReportCommand.self,
            HoldNoticeCommand.self, HoldAcknowledgeCommand.self,
        ])
}
