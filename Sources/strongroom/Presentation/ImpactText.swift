import Archive
import Foundation
import Presentation

/// A policy's impact as people read it.
enum ImpactText {
    static func lines(_ impact: PolicyImpact, isRetired: Bool = false) -> [String] {
        var lines = [
            "\(impact.policy) v\(impact.version) · \(Terminal.visible(impact.title))"
                + (isRetired ? "" : impact.replaces.map { " · in the place of v\($0)" } ?? " · new")
        ]
        guard impact.form == "policy" else { return lines + termsLines(impact) }
        lines.append(
            "of \(Figure.count(impact.objects, "object")): \(Figure.count(impact.dueNow)) due at once · "
                + "\(Figure.count(impact.earlier)) due earlier · "
                + "\(Figure.count(impact.later)) later · \(Figure.count(impact.never)) no longer")
        for status in Set(impact.before.keys).union(impact.after.keys).sorted() {
            let (before, after) = (impact.before[status] ?? 0, impact.after[status] ?? 0)
            guard before != after else { continue }
            lines.append("  \(Figure.padded(status, 18)) \(Figure.count(before)) → \(Figure.count(after))")
        }
        for example in impact.examples {
            func words(_ due: Date?, _ status: String) -> String { due.map { "due \(Figure.day($0))" } ?? status }
            lines.append(
                "  for instance \(Terminal.visible(example.caseID)), \(example.kind): "
                    + "\(words(example.before, example.statusBefore)) → \(words(example.after, example.statusAfter))")
        }
        return lines
    }

    private static func termsLines(_ impact: PolicyImpact) -> [String] {
        guard !impact.asksFor.isEmpty else { return ["terms: they ask for nothing at registration; no object changes"] }
        let what = impact.asksFor.joined(separator: ", ")
        return [
            "terms: no object changes; from then on an import of a case without \(what) is refused,",
            "  and a token that comes without is kept and marked: the vendor's 72 hours do not wait",
        ]
    }
}
