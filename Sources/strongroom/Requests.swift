import Archive
import ArgumentParser
import Foundation

struct Requests: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "What waits for a second person.",
        subcommands: [RequestsList.self, RequestsShow.self], defaultSubcommand: RequestsList.self)
}

struct RequestsList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the requests that wait.")

    @Flag(help: "Also those that are over.")
    var all = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let requests = try common.withArchive(toLook: true) { try $0.requests(all: all) }
            if common.json { return try Terminal.document(requests) }
            if requests.isEmpty { return Terminal.say("no requests") }
            for request in requests {
                Terminal.print(
                    "\(Figure.padded("\(request.request)", 5))  \(Figure.padded(request.verb, 15))  \(Figure.padded(request.state, 8))  by \(Terminal.visible(request.author))\(HoldText.known(request.authorKnown)), until \(Figure.time(request.expires))"
                )
            }
        }
    }
}

struct RequestsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a request would do, and what was said of it.")

    @Argument(help: ArgumentHelp("The number of the request.", valueName: "n"))
    var number: UInt64

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let request = try common.withArchive(toLook: true) { try $0.request(number) }
            if common.json { return try Terminal.document(request) }
            for line in Self.lines(request) { Terminal.print(line) }
        }
    }

    static func lines(_ request: RequestSummary) -> [String] {
        let effect = request.effect
        var lines = [
            "Request \(request.request) · \(request.verb) · \(request.state) · by \(Terminal.visible(request.author))\(HoldText.known(request.authorKnown)), \(Figure.time(request.madeAt)), ledger entry \(request.entry)",
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
            "decides   \(request.quorum == 1 ? "one person" : "\(request.quorum) persons") with the role \(request.roles.joined(separator: " or ")), other than \(Terminal.visible(request.author)), by \(Figure.time(request.expires))"
        )
        for vote in request.votes {
            lines.append(
                "vote      \(Terminal.visible(vote.actor)) (token) \(vote.vote == "approve" ? "allowed it" : "denied it"), \(Figure.time(vote.time)): \(Terminal.visible(vote.reason))"
            )
        }
        if request.state == "open" {
            lines.append(
                "decide with: strongroom approve \(request.request) --reason … · strongroom deny \(request.request) --reason …"
            )
        }
        return lines
    }
}

struct Approve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Allow what another person asked for, with a token of your own.",
        discussion: "What is short is carried out at once, in the same transaction; a purge is permitted by it.")

    @Argument(help: ArgumentHelp("The number of the request.", valueName: "n"))
    var number: UInt64

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let report = try common.withArchive { try $0.approve(number, reason: reason) }
            if common.json {
                try Terminal.document(report)
            } else {
                let what =
                    report.state == "done" ? " and carried out" : report.state == "void" ? " no more: it is void" : ""
                let entry = report.entry.map { ", ledger entry \(Figure.count(Int($0)))" } ?? ""
                Terminal.print(
                    report.state == "void"
                        ? "request \(report.request) is void"
                        : "approved by \(Terminal.visible(report.actor)) (token)\(what): \(report.verb)\(entry)")
                for line in report.says { Terminal.print("  \(Terminal.visible(line))") }
            }
            if report.state == "void" { throw Exit.refused }
        }
    }
}

struct Deny: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny", abstract: "Refuse what another person asked for, with a token of your own.")

    @Argument(help: ArgumentHelp("The number of the request.", valueName: "n"))
    var number: UInt64

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let report = try common.withArchive { try $0.deny(number, reason: reason) }
            if common.json { return try Terminal.document(report) }
            Terminal.print(
                "denied by \(Terminal.visible(report.actor)) (token): request \(report.request), \(report.verb), is over"
            )
        }
    }
}
