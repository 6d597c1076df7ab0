import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct CaseShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show everything about one case but its media.")

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let id = try CaseID(caseID)
            let details = try common.withArchive { try $0.retrieval.caseDetails(try $0.retrieval.named(id)) }
            if common.json { return try Terminal.document(details) }
            Terminal.print(text(details))
        }
    }

    private func text(_ details: CaseDetails) -> String {
        let objects = details.verifications.reduce(0) { $0 + $1.objects.count }
        let places =
            details.jurisdictions.isEmpty
            ? "no jurisdiction" : Terminal.visible(details.jurisdictions.joined(separator: " "))
        var lines = [
            "Case \(Terminal.visible(details.caseID)) · \(places) · registered "
                + "\(Figure.time(details.registeredAt)) · \(Figure.count(objects, "object"))"
        ]
        lines.append("case UID  \(details.caseUID)")
        for (name, value) in [
            ("subject", details.subject), ("purpose", details.purpose), ("consent", details.consent),
            ("age", details.age),
        ] {
            lines.append("\(Figure.padded(name, 8))  \(value.map(Terminal.visible) ?? "—")")
        }
        if !details.lacks.isEmpty {
            let what = Terminal.red("lacks \(details.lacks.joined(separator: ", "))", on: STDOUT_FILENO)
            lines.append("terms     \(what), which the active terms ask for: register it again with it")
        }
        for event in details.events {
            let what = event.withdraws.map { "entry \($0) withdrawn" } ?? event.at.map(Figure.time) ?? ""
            lines.append(
                "event     \(event.event) · \(what)\(event.corrects.map { ", corrects entry \($0)" } ?? "") · "
                    + "entry \(event.entry)"
            )
        }
        for verification in details.verifications { lines += self.lines(verification) }
        return lines.joined(separator: "\n")
    }

    private func lines(_ verification: VerificationDetails) -> [String] {
        var head = "verification \(verification.number) · \(verification.state)"
        if let ended = verification.endedAt { head += " \(Figure.time(ended))" }
        if let code = verification.resultCode {
            head += " · result \(code)" + (verification.meaning.map { " (\($0))" } ?? "")
        }
        if let problem = verification.problem { head += " · \(Terminal.visible(problem))" }
        var lines = ["", head]
        if let other = verification.goesOnAs { lines.append("  goes on as       verification \(other)") }
        if verification.readLeniently { lines.append("  read leniently   because a person said so") }
        if let description = verification.description, !description.isEmpty {
            lines.append("  the vendor says  \(Terminal.visible(description))")
        }
        if let requestID = verification.requestID { lines.append("  request          \(Terminal.visible(requestID))") }
        if let issued = verification.tokenIssuedAt {
            lines.append(
                "  token issued     \(Figure.time(issued))"
                    + (verification.tokenIssueAssumed ? " (assumed: not given)" : "")
                    + (verification.issueDisproved
                        ? " · \(Terminal.red("wrong", on: STDOUT_FILENO)): the vendor had the result after its 72 h"
                        : ""))
        }
        if verification.state == "awaiting", let deadline = verification.deadline {
            let left = deadline.timeIntervalSinceNow
            lines.append(
                "  the vendor's 72 h \(left > 0 ? "end" : "ended") \(Figure.time(deadline))"
                    + (left > 0 ? ", in \(Figure.span(left))" : "")
                    + " · asked \(Figure.count(verification.attempts, "time"))")
        }
        if let from = verification.capturedFrom, let until = verification.capturedUntil {
            lines.append(
                "  captured         "
                    + (from == until ? Figure.time(from) : "between \(Figure.time(from)) and \(Figure.time(until))")
            )
        }
        for object in verification.objects {
            lines.append(
                "  \(Figure.padded(object.kind, 17))  \(Figure.padded(object.mediaType, 16))  "
                    + "\(String(repeating: " ", count: max(0, 8 - Figure.size(object.length).count)))"
                    + "\(Figure.size(object.length))  \(object.address.prefix(16))…"
            )
            if object.contradictsKind {
                lines.append(
                    "    \(Terminal.red("not what it should be", on: STDOUT_FILENO)): see what the vendor sent")
            }
            if !object.heldBy.isEmpty {
                lines.append("    held: \(object.heldBy.map(Terminal.visible).joined(separator: ", "))")
            }
            if !object.alsoIn.isEmpty {
                lines.append(
                    "  \(Terminal.red("the same bytes", on: STDOUT_FILENO)) are archived in "
                        + "\(object.alsoIn.map(Terminal.visible).joined(separator: ", "))"
                )
            }
        }
        for gone in verification.destroyed {
            lines.append(
                "  \(Figure.padded(gone.kind, 17))  destroyed \(Figure.time(gone.destroyedAt)), ledger entry "
                    + "\(gone.entry)"
            )
        }
        return lines
    }
}
