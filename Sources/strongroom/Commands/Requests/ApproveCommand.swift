import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct ApproveCommand: ParsableCommand {
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
            var report = try common.withArchive { try $0.people.approve(number, reason: reason) }
            if let next = report.next { report.says.append(next.words) }
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
