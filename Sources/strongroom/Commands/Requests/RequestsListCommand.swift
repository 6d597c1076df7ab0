import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct RequestsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the requests that wait.")

    @Flag(help: "Also those that are over.")
    var all = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let requests = try common.withArchive(toLook: true) { try $0.people.requests(all: all) }
            if common.json { return try Terminal.document(requests) }
            if requests.isEmpty { return Terminal.say("no requests") }
            for request in requests {
                Terminal.print(
                    "\(Figure.padded("\(request.request)", 5))  \(Figure.padded(request.verb, 15))  "
                        + "\(Figure.padded(request.state, 8))  by "
                        + "\(Terminal.visible(request.author))\(HoldText.known(request.authorKnown)), until "
                        + "\(Figure.time(request.expires))"
                )
            }
        }
    }
}
