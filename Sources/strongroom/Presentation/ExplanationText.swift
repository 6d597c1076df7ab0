import Archive
import Base
import Foundation
import Presentation
internal import Vault

/// An explanation as people read it, with a line of time for each object.
enum ExplanationText {
    static func lines(_ explanation: Explanation) -> [String] {
        let places =
            explanation.jurisdictions.isEmpty ? "no jurisdiction" : explanation.jurisdictions.joined(separator: " ")
        let archived = explanation.objects.map(\.archivedAt).min().map { " · archived \(Figure.time($0))" } ?? ""
        var lines = [
            "Case \(Terminal.visible(explanation.caseID)) · \(places)\(archived) · "
                + "\(Figure.count(explanation.objects.count, "object"))"
        ]
        if let policy = explanation.ifActive { lines.append("as if \(policy) were active") }
        lines.append("as of \(Figure.time(explanation.asOf))")
        let severalVerifications = Set(explanation.objects.map(\.verification)).count > 1
        // What is said of several is said once.
        var said: [(names: [String], lines: [String])] = []
        for object in explanation.objects {
            let name = severalVerifications ? "\(object.kind) (\(object.verification))" : object.kind
            let text = self.lines(object, asOf: explanation.asOf)
            if let place = said.firstIndex(where: { $0.lines == text }) {
                said[place].names.append(name)
            } else {
                said.append(([name], text))
            }
        }
        for (names, text) in said {
            lines.append("")
            guard names.count > 1 else {
                lines.append("\(Figure.padded(names[0], 12)) \(text[0])")
                lines += text.dropFirst()
                continue
            }
            lines.append(names.joined(separator: ", "))
            lines.append("             \(text[0])")
            lines += text.dropFirst()
        }
        for gone in explanation.destroyed {
            lines.append("")
            let details = gone.details
            lines.append(
                "\(Figure.padded(details.kind, 12)) destroyed \(Figure.time(details.destroyedAt)), ledger entry "
                    + "\(Figure.count(Int(details.entry)))"
            )
            if let policy = details.policy, let version = details.version, let rule = details.rule {
                lines.append("             why    \(policy) v\(version), rule \(rule)")
            }
        }
        if !explanation.events.isEmpty {
            lines.append("")
            for event in explanation.events { lines.append("event        \(text(event))") }
        }
        let chart = Timeline(explanation).lines
        if !chart.isEmpty { lines += [""] + chart }
        return lines
    }

    /// Without its name: what becomes of it, and the details.
    private static func lines(_ object: ObjectExplanation, asOf: Date) -> [String] {
        var lines = [headline(object, asOf: asOf)]
        func detail(_ label: String, _ text: String) {
            for (number, part) in Figure.wrapped(text, 79).enumerated() {
                lines.append("             \(Figure.padded(number == 0 ? label : "", 6)) \(part)")
            }
        }
        if object.status == "held" {
            if object.holds.count > 1 { for hold in object.holds { detail("by", held(hold)) } }
            let due = object.dueWithoutHolds.map {
                $0 <= asOf ? "due since \(Figure.day($0))" : "due on \(Figure.day($0))"
            }
            detail("", "would be \(due ?? "kept all the same") without \(object.holds.count == 1 ? "it" : "them")")
        }
        for reason in object.reasons.sorted(by: { $0.decides && !$1.decides }) {
            detail(
                reason.decides ? "why" : "also",
                "\(reason.policy) v\(reason.version), rule \(reason.rule): \(text(reason))")
            if let from = reason.from, let until = reason.until {
                let source = reason.event.map { ", recorded in entry \(Figure.count(Int($0)))" } ?? ""
                detail(
                    "",
                    "\(reason.anchor) \(text(from, in: reason.timeZone))\(source) + \(reason.words) = "
                        + end(until, reason)
                        + (reason.timeZone == "GMT" ? "" : " (\(reason.timeZone))")
                )
            }
            if let entry = reason.overruledBy {
                detail("", "does not count: the conflict was resolved, entry \(Figure.count(Int(entry)))")
            }
            if reason.decides {
                for cite in reason.cites {
                    detail("", "\(Terminal.visible(cite.cite)) · text checked: \(checked(cite.checked))")
                }
            }
        }
        if object.reasons.isEmpty { detail("why", "no active rule is about it") }
        for event in object.awaits { detail("waits", "for \(event): strongroom case event … \(event)") }
        if let at = object.changesAt, let to = object.changesTo {
            detail("next", "\(to) on \(Figure.day(at)), if nothing else happens")
        }
        return lines
    }

    private static func text(_ from: DayOrTime, in zone: String) -> String {
        switch from {
        case .day(let day): day.text
        case .time(let time): Figure.day(time, in: zone)
        }
    }

    /// Of a day that is kept whole, the day itself, and not the midnight after it.
    private static func end(_ until: Date, _ reason: ReasonExplanation) -> String {
        guard case .day = reason.from, reason.side != "at-most" else { return Figure.day(until, in: reason.timeZone) }
        return "the end of \(Figure.day(until.addingTimeInterval(-1), in: reason.timeZone))"
    }

    private static func held(_ hold: HoldMention) -> String {
        guard let since = hold.since else { return hold.matter }
        let review =
            hold.coolingUntil.map { "released, cooling until \(Figure.day($0))" }
            ?? hold.reviewBy.map { "review by \(Figure.day($0)), \(hold.isOverdue ? "overdue" : "not overdue")" } ?? ""
        return
            "matter \(Terminal.visible(hold.matter)) since \(Figure.day(since)) "
            + "(\(Terminal.visible(hold.placedBy ?? "")), \(review))"
    }

    private static func headline(_ object: ObjectExplanation, asOf: Date) -> String {
        let gone = object.goneBy.map { " (must be gone by \(Figure.day($0)))" } ?? ""
        switch object.status {
        case "kept": return object.keepUntil.map { "kept until \(Figure.day($0))\(gone)" } ?? "kept\(gone)"
        case "waiting-for-event":
            return "kept: waiting for \(object.keepsUntilEvents.joined(separator: ", "))\(gone)"
        case "due": return "DUE\(gone)"
        case "overdue": return "\(Terminal.red("OVERDUE", on: STDOUT_FILENO))\(gone)"
        case "conflict":
            let kept =
                object.keepUntil.map { "to be kept until \(Figure.day($0))" }
                ?? "to be kept until \(object.keepsUntilEvents.joined(separator: ", "))"
            return
                "\(Terminal.red("CONFLICT", on: STDOUT_FILENO)): \(kept), and gone by "
                + "\(object.goneBy.map(Figure.day) ?? "—"); it is kept"
        case "unconfirmed":
            return
                "kept: it was due when it was imported\(gone); strongroom case confirm lets it go, case correct "
                + "puts its dates "
                + "right"
        case "unbounded": return "kept: nothing says when it goes"
        case "uncovered": return "kept: no rule is about it"
        case "backstop-review": return "kept: past its backstop; an approval destroys it, the event would keep it"
        case "erasure-pending":
            return
                "to be erased once it need not be kept any more\(object.keepUntil.map { ", \(Figure.day($0))" } ?? "")"
        case "held":
            guard object.holds.count == 1 else { return "HELD by \(Figure.count(object.holds.count, "matter"))" }
            return (object.holds[0].since == nil ? "HELD: " : "HELD by ") + held(object.holds[0])
        default: return object.status
        }
    }

    private static func text(_ reason: ReasonExplanation) -> String {
        switch reason.side {
        case "at-least": "at least \(reason.words) after \(reason.anchor)"
        case "at-most": "at most \(reason.words) after \(reason.anchor)"
        default: "backstop \(reason.words) after \(reason.anchor), where the event never comes"
        }
    }

    static func checked(_ text: String) -> String {
        switch text {
        case "unverified": "no"
        case "second-hand": "no, second-hand"
        case "read": "yes"
        default: text
        }
    }

    private static func text(_ event: CaseEventDetails) -> String {
        if let entry = event.withdraws { return "\(event.event) of entry \(entry) withdrawn, entry \(event.entry)" }
        let at = event.at.map(Figure.time) ?? ""
        if let entry = event.corrects { return "\(event.event) \(at), corrects entry \(entry), entry \(event.entry)" }
        return "\(event.event) \(at), entry \(event.entry)"
    }
}
