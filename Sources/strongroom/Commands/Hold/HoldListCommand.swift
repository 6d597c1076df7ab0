import Archive
import ArgumentParser
import Base
import Foundation
import Presentation

struct HoldListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the holds.")

    @Flag(help: "Also those that have ended.")
    var all = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let holds = try common.withArchive(toLook: true) { try $0.holds.list(all: all) }
            if common.json { return try Terminal.document(holds) }
            if holds.isEmpty { return Terminal.say("no holds") }
            let width = min(40, holds.map { Figure.columns(Terminal.visible($0.matter)) }.max() ?? 0)
            for hold in holds {
                Terminal.print(
                    "\(Figure.padded(Terminal.visible(hold.matter), width))  \(Figure.padded(hold.state, 8))  "
                        + "since \(Figure.time(hold.placedAt)), "
                        + "\(Terminal.visible(hold.placedBy))\(HoldText.known(hold.placedByKnown))  "
                        + "\(HoldText.review(hold))"
                )
                for revision in hold.revisions where revision.state != "ended" || hold.state == "ended" {
                    for part in Figure.wrapped(HoldText.what(revision), 96) { Terminal.print("    \(part)") }
                }
            }
        }
    }
}
