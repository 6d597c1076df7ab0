import Archive
import Base
import Evidence
import Foundation
import Presentation
internal import Vault

/// What is said of holds.
enum HoldText {
    private static func named(_ gone: HoldAnswer.Destroyed) -> String {
        "\(Terminal.visible(gone.caseID)) entry \(Figure.count(Int(gone.entry))), \(Figure.day(gone.at))"
    }

    static func say(_ answer: HoldAnswer, json: Bool) throws {
        if json { return try Terminal.document(answer) }
        if let expression = answer.expression { Terminal.print("where     \(expression)") }
        var line =
            "\(answer.isPreview ? "would be held" : "held from now on"): "
            + "\(Figure.count(answer.heldCases, "case")), \(Figure.count(answer.heldObjects, "object"))"
        if !answer.unknownCases.isEmpty {
            let count = answer.unknownCases.count
            line +=
                " · \(Figure.count(count, "case")) not in the archive yet: held when "
                + "\(count == 1 ? "it comes" : "they come")"
        }
        if answer.isReview { line = "nothing new is held; the day of the review is another" }
        Terminal.print(line)
        if answer.expectsSubject { Terminal.print("  every other case of this person: held when it comes") }
        if !answer.unknownCases.isEmpty {
            Terminal.print("  not yet: \(list(answer.unknownCases.map(Terminal.visible)))")
        }
        for (name, other) in answer.lookalikes.sorted(by: { $0.key < $1.key }) {
            Terminal.say(BatchReport.alike(name, other))
        }
        if let other = answer.matterLooksLike { Terminal.say(BatchReport.alike(answer.matter, other)) }
        for (part, count) in answer.unjudged.sorted(by: { $0.key < $1.key }) {
            Terminal.print(
                "  of \(Figure.count(count, "case")) the \(words[part] ?? part) is not known; "
                    + "\(count == 1 ? "it is" : "they are") held, too (--judged-only leaves "
                    + "\(count == 1 ? "it" : "them") out)"
            )
        }
        let whole = answer.alreadyDestroyed.filter(\.isWhole)
        if !whole.isEmpty {
            Terminal.print(
                "already destroyed, before this order: \(Figure.count(whole.count, "case")) "
                    + "(\(list(whole.map(named), by: "; ")))"
            )
        }
        let parts = answer.alreadyDestroyed.filter { !$0.isWhole }
        if !parts.isEmpty {
            let cases = Dictionary(grouping: parts, by: \.caseID)
            Terminal.print(
                "destroyed of these cases, before this order: \(Figure.count(parts.count, "object")) of "
                    + "\(Figure.count(cases.count, "case")) "
                    + "(\(list(parts.map(named), by: "; ")))"
            )
        }
        if !answer.isMarked {
            Terminal.print(
                "it stands, and is not noted on this machine: nobody would see here that an archive without it is older"
            )
        }
        if let entry = answer.entry {
            Terminal.print(
                "matter \(Terminal.visible(answer.matter)), revision \(answer.revision) · ledger entry "
                    + "\(Figure.count(Int(entry)))"
            )
        } else {
            Terminal.print("nothing was changed")
        }
    }

    private static let words = [
        "jurisdiction": "jurisdiction", "purpose": "purpose", "outcome": "outcome", "captured": "time of capture",
    ]

    static func list(_ names: [String], by separator: String = ", ") -> String {
        names.prefix(20).joined(separator: separator)
            + (names.count > 20 ? "\(separator)and \(Figure.count(names.count - 20)) more" : "")
    }

    static func say(_ change: HoldChange, json: Bool) throws {
        if json { return try Terminal.document(change) }
        Terminal.print("\(Terminal.visible(change.sentence)) · ledger entry \(Figure.count(Int(change.entry)))")
    }

    /// Pins what an order takes in; it protects before, too.
    static func finish(_ archive: Session, json: Bool) throws {
        let bar = ProgressBar("pinning", total: 1, isShown: !json)
        try archive.holds.finish { bar.advance(to: 0, of: 1) }
        bar.clear()
    }

    /// How an actor is known, where it is not by a token.
    static func known(_ known: String) -> String {
        switch known {
        case "token": " (token)"
        case "claimed": " (claimed)"
        default: ""
        }
    }

    static func review(_ hold: HoldSummary) -> String {
        if hold.state == "released" { return "cooling until \(hold.coolingUntil.map(Figure.time) ?? "")" }
        if hold.state == "ended" { return "ended \(hold.endedAt.map(Figure.time) ?? "")" }
        if hold.state == "placing" { return Terminal.red("not placed to its end", on: STDOUT_FILENO) }
        return hold.isOverdue
            ? Terminal.red("review overdue since \(Figure.day(hold.reviewBy))", on: STDOUT_FILENO)
            : "review by \(Figure.day(hold.reviewBy))"
    }

    /// What a revision takes in.
    static func what(_ revision: HoldRevision) -> String {
        if let expression = revision.expression {
            return expression + (revision.judgedOnly ? " (only what can be judged)" : "")
        }
        if revision.form == "everything" { return "everything" }
        let named = Figure.count(revision.cases, "case")
        guard revision.expected > 0 else { return named }
        return
            "\(named); \(Figure.count(revision.expected, "case or person", "cases or persons")) named to be held "
            + "when they come"
    }

    static func lines(_ hold: HoldSummary) -> [String] {
        var lines = [
            "Matter \(Terminal.visible(hold.matter)) · \(hold.state) · placed \(Figure.time(hold.placedAt)) by "
                + "\(Terminal.visible(hold.placedBy))\(known(hold.placedByKnown))",
            "hold UID  \(hold.hold)", "review    \(review(hold))",
        ]
        if let reason = hold.reason { lines.append("reason    \(Terminal.visible(reason))") }
        if hold.isConfidential { lines.append("confidential: who may not know sees \"\(Session.keptByLaw)\"") }
        if let objects = hold.heldObjects, let cases = hold.heldCases {
            lines.append(
                "holds     \(Figure.count(objects, "object")) of \(Figure.count(cases, "case"))"
                    + (hold.isCompiling ? ", and more is being pinned" : ""))
        }
        for revision in hold.revisions {
            let cooling = revision.state == "cooling" ? ", until \(revision.coolingUntil.map(Figure.time) ?? "")" : ""
            lines.append(
                "revision  \(revision.revision) since \(Figure.time(revision.since)), entry "
                    + "\(Figure.count(Int(revision.entry))) · \(revision.state)\(cooling) · \(what(revision))"
            )
        }
        for narrowing in hold.narrowings {
            lines.append(
                "revision  \(narrowing.revision) takes \(Figure.count(narrowing.cases, "case")) out · "
                    + (narrowing.hasEnded ? "done" : "held as before until \(Figure.time(narrowing.coolingUntil))"))
        }
        for read in hold.acknowledgements {
            lines.append(
                "read by   \(Terminal.visible(read.reader)), \(Figure.time(read.at)), revision \(read.revision)")
        }
        return lines
    }

    /// A field of a table.
    static func quoted(_ text: String) -> String {
        text.contains(where: { ",\"\n\r".contains($0) })
            ? "\"\(text.replacingOccurrences(of: "\"", with: "\"\""))\"" : text
    }
}
