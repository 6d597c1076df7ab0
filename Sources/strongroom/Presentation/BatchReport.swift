import Archive
import Base
import Foundation
import Presentation
internal import Vault

/// A verification's report as JSON.
struct ReportLine: Encodable {
    @OrNull var caseID: String?
    @OrNull var number: Int?
    let state: String
    @OrNull var outcome: String?
    @OrNull var resultCode: String?
    let objects: Int
    let bytes: UInt64
    /// Objects that were due the moment they came: they wait for a person's word.
    let unconfirmed: Int
    /// Another case whose ID looks like this one's, and is not the same.
    @OrNull var looksLike: String?
    @OrNull var deadline: Date?
    @OrNull var line: Int?
    /// Why it could not be worked on, of which kind that is, and what to do about it.
    @OrNull var error: String?
    @OrNull var code: String?
    @OrNull var remedy: String?

    /// A line of a table that was refused before there was a verification.
    init(refused caseID: CaseID?, line: Int, problem: ArchiveError) {
        _caseID = OrNull(wrappedValue: caseID?.text)
        _number = OrNull(wrappedValue: nil)
        state = VerificationReport.State.failed.rawValue
        _outcome = OrNull(wrappedValue: nil)
        _resultCode = OrNull(wrappedValue: nil)
        objects = 0
        bytes = 0
        unconfirmed = 0
        _looksLike = OrNull(wrappedValue: nil)
        _deadline = OrNull(wrappedValue: nil)
        _line = OrNull(wrappedValue: line)
        _error = OrNull(wrappedValue: problem.message)
        _code = OrNull(wrappedValue: problem.code.rawValue)
        _remedy = OrNull(wrappedValue: problem.remedy?.words)
    }

    init(_ report: VerificationReport) {
        _caseID = OrNull(wrappedValue: report.caseID?.text)
        _number = OrNull(wrappedValue: report.number)
        state = report.state.rawValue
        _outcome = OrNull(wrappedValue: report.outcome?.verdict.rawValue)
        _resultCode = OrNull(wrappedValue: report.outcome?.code)
        objects = report.objects
        bytes = report.bytes
        unconfirmed = report.unconfirmed
        _looksLike = OrNull(wrappedValue: report.looksLike)
        _deadline = OrNull(wrappedValue: [.awaiting, .refused].contains(report.state) ? report.deadline : nil)
        _line = OrNull(wrappedValue: report.line)
        _error = OrNull(
            wrappedValue: report.problem?.message ?? report.refusal.map { "the vendor refuses it: \($0)" })
        _code = OrNull(wrappedValue: report.problem?.code.rawValue)
        _remedy = OrNull(wrappedValue: report.problem?.remedy?.words)
    }
}

extension [TableProblem] {
    /// Says each: a line of JSON, or a sentence.
    ///
    /// - Parameter separator: what the columns are separated by, where that is unusual: perhaps it was guessed wrong.
    func say(json: Bool, separator: String?) throws {
        if !json, let separator { Terminal.say("note: the columns of the table are separated by \(separator)") }
        for problem in self {
            guard json else {
                Terminal.complain(problem.error)
                continue
            }
            try Terminal.document(
                ReportLine(refused: problem.caseID, line: problem.line, problem: problem.error), pretty: false)
        }
    }
}

/// Prints the reports of a batch as they come: JSON lines, or a bar and, for what needs a look, a sentence.
final class BatchReport: Sendable {
    let bar: ProgressBar
    private let json: Bool
    private let isBatch: Bool

    init(_ verb: String, total: Int, json: Bool, isBatch: Bool) {
        bar = ProgressBar(verb, total: total, isShown: !json && isBatch)
        self.json = json
        self.isBatch = isBatch
    }

    func take(_ report: VerificationReport) {
        if json {
            try? Terminal.document(ReportLine(report), pretty: false)
            return
        }
        if let sentence = sentence(report) {
            bar.clear()
            Terminal.say(sentence)
        }
        if let other = report.looksLike, let caseID = report.caseID {
            bar.clear()
            Terminal.say(Self.alike(caseID.text, other))
        }
        if report.state == .failed, let problem = report.problem {
            bar.clear()
            Terminal.complain(problem, prefix: report.line.map { "line \($0): " } ?? "")
        }
        bar.advance()
    }

    static func alike(_ name: String, _ other: String) -> String {
        let difference = Likeness.difference(of: name, from: other).map {
            ": its character \($0.place) is \($0.character)"
        }
        return
            "\(Terminal.red("note")): \(Terminal.visible(name)) looks like \(Terminal.visible(other)), which is another"
            + (difference ?? "")
    }

    private static func unconfirmed(_ report: VerificationReport) -> String {
        guard report.unconfirmed > 0 else { return "" }
        let one = report.unconfirmed == 1
        return
            "\n  by its dates, \(Figure.count(report.unconfirmed, "object")) of it \(one ? "is" : "are") due "
            + "already: no "
            + "purge takes \(one ? "it" : "them") before somebody says that they are right\n"
            + "  strongroom case confirm says so; strongroom case correct puts them right"
    }

    /// What is said of a verification that is not simply archived.
    private func sentence(_ report: VerificationReport) -> String? {
        let name = "case \(Terminal.visible(report.caseID?.text ?? "?")), verification \(report.number ?? 0)"
        switch report.state {
        case .incomplete:
            return
                "\(Terminal.red("incomplete")): \(name): the vendor says that the person passed, and its answer has no "
                + "media of a type that is known; it is archived\n"
                + "  while an SDK token is kept, strongroom pull asks again by itself, and case reopen at once"
        case .unreadable:
            return
                "\(Terminal.red("unreadable")): \(name): the vendor's answer cannot be read; it is archived as it "
                + "came\n"
                + "  strongroom pull asks again by itself; strongroom case reread --lenient reads what is there"
        case .archived:
            guard !isBatch else { return nil }
            let meaning = report.outcome.map { " · result \($0.code)" } ?? ""
            return
                "archived: \(name)\(meaning) · \(Figure.count(report.objects, "object")) · \(Figure.size(report.bytes))"
                + Self.unconfirmed(report)
        case .unchanged:
            return isBatch
                ? nil
                : "unchanged: \(name) is \(report.outcome == nil ? "registered" : "archived") already"
                    + Self.unconfirmed(report)
        case .awaiting:
            guard let deadline = report.deadline, !isBatch else { return nil }
            let left = deadline.timeIntervalSinceNow
            let time =
                left > 0
                ? "the vendor keeps it until \(Figure.time(deadline)), \(Figure.span(left)) from now"
                : "by the time of issue on record its 72 h ended \(Figure.span(left)) ago, \(Figure.time(deadline))"
            return "not finished: \(name); \(time)\n  run strongroom pull again, or use --wait"
        case .expired:
            let issued = report.tokenIssuedAt.map { ", token issued \(Figure.time($0))" } ?? ""
            let ended = report.deadline.flatMap {
                $0 < Date() ? ", 72 h ended \(Figure.span($0.timeIntervalSinceNow)) ago" : nil
            }
            return "\(Terminal.red("expired")): \(name)\(issued)\(ended ?? ", by the vendor's word")"
        case .rejected:
            return
                "\(Terminal.red("rejected")): \(name): the vendor says again that there is no result; while the "
                + "token is kept, strongroom case reopen has it asked once more"
        case .refused:
            let until = report.deadline.map { ", until \(Figure.time($0)) at least" } ?? ""
            let code = Terminal.visible(report.refusal ?? "?")
            return
                "\(Terminal.red("refused")): \(name): the vendor says \(code); the token is kept\(until)\n"
                + "  it counts where the vendor says so again ten minutes later, and answers for others: run "
                + "strongroom pull again"
        case .failed: return nil
        }
    }
}
