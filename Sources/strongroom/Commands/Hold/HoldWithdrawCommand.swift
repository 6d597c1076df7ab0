import Archive
import ArgumentParser
import Base
import Foundation

struct HoldWithdrawCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take back an order that was interrupted while it was placed.")

    @OptionGroup var matter: MatterOption

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            try common.withArchive { try HoldText.say(try $0.holds.withdraw(matter), json: common.json) }
        }
    }
}
