import Archive
import Foundation
import Presentation

/// What purges say.
enum PurgeText {
    static func reasons(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { status, count in
            switch status {
            case "held": "\(Figure.count(count)) held"
            case "conflict": "\(Figure.count(count)) in conflict (strongroom explain --conflicts)"
            case "backstop-review": "\(Figure.count(count)) past their backstop, waiting for an approval"
            case "erasure-pending": "\(Figure.count(count)) to be erased once they need not be kept any more"
            case "unconfirmed": "\(Figure.count(count)) due when imported, waiting for a word (strongroom case confirm)"
            case "gone": "\(Figure.count(count)) destroyed before"
            case "kept": "\(Figure.count(count)) not due"
            case "interrupted": "\(Figure.count(count)) not reached"
            case "altered": "\(Figure.count(count)) altered"
            default: "\(Figure.count(count)) \(status)"
            }
        }.joined(separator: " · ")
    }

    static func percent(_ share: Double) -> String {
        let rounded = (share * 1000).rounded() / 10
        return "\(rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)") %"
    }

    static func lines(_ report: PurgeReport) -> [String] {
        var lines: [String] = []
        if let run = report.run, report.destroyed > 0 {
            lines.append(
                "destroyed \(Figure.count(report.destroyed, "object")) (\(Figure.size(report.bytes)))"
                    + (report.cases > 0 ? ", with them \(Figure.count(report.cases, "whole case"))" : "")
                    + " · ledger entry \(run)")
        } else {
            lines.append("nothing is due")
        }
        if !report.skipped.isEmpty { lines.append("not destroyed: \(reasons(report.skipped))") }
        if report.blobsMissing > 0 {
            lines.append(
                "the encrypted bytes of \(Figure.count(report.blobsMissing, "object")) were not there when they "
                    + "were to be removed"
            )
        }
        if report.blobsWaiting > 0 {
            lines.append(
                "\(Terminal.red("not removed", on: 1)): the encrypted bytes of "
                    + "\(Figure.count(report.blobsWaiting, "object")): \(Terminal.visible(report.blobProblem ?? ""))"
            )
            lines.append("  their keys are gone, nobody can open them; the next run tries again")
        }
        if let problem = report.problem {
            lines.append("\(Terminal.red("not finished", on: 1)): \(Terminal.visible(problem))")
        }
        if !report.residueErased {
            lines.append("the index's log could not be cut: another command reads; the next run does it")
        }
        if let compacted = report.compacted {
            lines.append(
                "index compacted: \(Figure.size(compacted.bytesBefore)) → \(Figure.size(compacted.bytesAfter))")
        }
        return lines
    }
}
