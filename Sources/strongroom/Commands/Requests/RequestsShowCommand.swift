import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct RequestsShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a request would do, and what was said of it.")

    @Argument(help: ArgumentHelp("The number of the request.", valueName: "n"))
    var number: UInt64

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let request = try common.withArchive(toLook: true) { try $0.people.request(number) }
            if common.json { return try Terminal.document(request) }
            for line in Self.lines(request) { Terminal.print(line) }
        }
    }

    static func lines(_ request: RequestSummary) -> [String] {
        let effect = request.effect
        var lines = [
            "Request \(request.request) · \(request.verb) · \(request.state) · by "
                + "\(Terminal.visible(request.author))\(HoldText.known(request.authorKnown)), "
                + "\(Figure.time(request.madeAt)), ledger entry \(request.entry)",
            "reason    \(Terminal.visible(effect.reason))",
        ]
        for (number, line) in effect.says.enumerated() {
            for (place, part) in Figure.wrapped(Terminal.visible(line), 88).enumerated() {
                lines.append("\(number == 0 && place == 0 ? "effect   " : "         ") \(part)")
            }
        }
        if let cases = effect.caseIDs { lines.append("cases     \(HoldText.list(cases.map(Terminal.visible)))") }
        if let objects = effect.objects { lines.append("objects   \(Figure.count(objects.count)); --json names them") }
        lines.append(
            "decides   \(request.quorum == 1 ? "one person" : "\(request.quorum) persons") with the role "
                + "\(request.roles.joined(separator: " or ")), other than \(Terminal.visible(request.author)), "
                + "by \(Figure.time(request.expires))"
        )
        for vote in request.votes {
            lines.append(
                "vote      \(Terminal.visible(vote.actor)) (token) "
                    + "\(vote.vote == "approve" ? "allowed it" : "denied it"), \(Figure.time(vote.time)): "
                    + "\(Terminal.visible(vote.reason))"
            )
        }
        if request.state == "open" {
            lines.append(
                "decide with: strongroom approve \(request.request) --reason … · strongroom deny "
                    + "\(request.request) --reason …"
            )
        }
        return lines
    }
}
