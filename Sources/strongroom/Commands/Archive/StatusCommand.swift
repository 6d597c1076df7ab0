import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what the archive holds and what waits.",
        discussion: """
            With --check, one line as monitoring plugins print it, and their exit codes: 0 all is well, 1 a warning, 2 \
            critical, 3 not known, because the archive cannot be opened.
            """)

    @Flag(help: "One line for a monitoring program, with its exit codes.")
    var check = false

    @OptionGroup var common: CommonOptions

    func run() throws {
        if check { return try sayConditions() }
        try reportingErrors {
            try common.withArchive(toLook: true) { archive in
                let status = try archive.overview.status()
                if common.json {
                    try Terminal.document(status)
                } else {
                    for line in lines(status) { Terminal.print(line) }
                }
                guard archive.fork == nil, archive.isStopped else { return }
                throw ArchiveError(
                    .ledgerUnpublished, "work is stopped: too much of the ledger is not published",
                    remedy: "mend the place that the ledger is published to, or name another in the configuration")
            }

        }
    }

    private func sayConditions() throws {
        var found: ConditionReport?
        var problem: ArchiveError?
        // What the command would say of a fork, or of a ledger that is not published, is in the list.
        do {
            try common.withArchive(toLook: true, quietly: true) { archive in
                // What only publishing finds is found now.
                archive.finishPublication()
                found = try archive.overview.conditions()
            }
        } catch let error as ArchiveError { problem = error }
        // A commit whose outcome is not known, or a fork that was found after the list was made.
        if problem != nil, found?.level != .critical { found = nil }
        guard let report = found else {
            let level = [.integrity, .unsettled].contains(problem?.outcome) ? "CRITICAL" : "UNKNOWN"
            let message = Terminal.visible(problem?.message ?? "").replacing("|", with: "/")
            let exit: Int32 = level == "CRITICAL" ? 2 : 3
            if common.json { Terminal.failure(problem ?? ArchiveError(.storage, "not known"), exit: exit) }
            if !common.json { Terminal.print("\(level): \(message)") }
            throw ExitCode(exit)
        }
        if common.json {
            try Terminal.document(report)
        } else {
            // What is wrong comes first: the line may be cut off.
            let worst = report.conditions.filter { $0.level == report.level && report.level != .ok }
            let rest = report.conditions.filter { $0.level != report.level || report.level == .ok }
            let words = (worst + rest).map { "\($0.name.rawValue) \($0.says)" }.joined(separator: " · ")
            let figures = report.figures.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            Terminal.print(
                "\(report.level.rawValue.uppercased()) \(words) | \(figures.joined(separator: " "))")
        }
        switch report.level {
        case .ok: return
        case .warning: throw ExitCode(1)
        case .critical: throw ExitCode(2)
        }
    }

    private func lines(_ status: ArchiveStatus) -> [String] {
        let open = status.epochs.filter { $0.state == "open" }.map { epoch in
            "epoch \(epoch.number) (\(Int(-epoch.createdAt.timeIntervalSinceNow / 86_400)) days)"
        }
        var lines = [
            "archive    \(Terminal.visible(status.archive)) · \(Figure.count(status.cases, "case")) · "
                + "\(Figure.count(status.objects, "object")) · "
                + "\(Figure.size(status.bytes)) · opened with \(status.rootKey), \(open.joined(separator: ", "))"
        ]
        let kinds = status.objectsByKind.sorted { $0.key < $1.key }.map { "\(Figure.count($0.value)) \($0.key)" }
        if !kinds.isEmpty { lines.append("objects    \(kinds.joined(separator: " · "))") }
        func count(_ state: String) -> Int { status.verifications[state] ?? 0 }
        var intake = "\(Figure.count(count("awaiting"))) waiting"
        if let earliest = status.deadlines.earliest {
            let left = earliest.timeIntervalSinceNow
            intake +=
                left > 0
                ? ", earliest deadline in \(Figure.span(left))"
                : ", \(Terminal.red("deadline over", on: STDOUT_FILENO)) since \(Figure.span(left))"
        }
        lines.append(
            "intake     \(intake) · \(Figure.count(count("archived"))) archived · "
                + "\(Figure.count(count("expired"))) expired · "
                + "\(Figure.count(count("rejected"))) rejected")
        if !status.problems.isEmpty {
            let reasons = status.problems.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { code, number in
                "\(Figure.count(number)) \(code)"
            }
            lines.append(
                "           \(Terminal.red("met last", on: STDOUT_FILENO)): \(reasons.joined(separator: " · "))")
        }
        let marked = [("incomplete", "without media"), ("unreadable", "unreadable")].filter { count($0.0) > 0 }
            .map { Terminal.red("\(Figure.count(count($0.0))) \($0.1)", on: STDOUT_FILENO) }
        if !marked.isEmpty {
            lines.append("           \(marked.joined(separator: " · ")): see strongroom case list --state")
        }
        if status.casesLackingTerms > 0 {
            let cases = Figure.count(status.casesLackingTerms, "case lacks", "cases lack")
            lines.append(
                "           \(Terminal.red(cases, on: STDOUT_FILENO)) what the terms ask for: register "
                    + "\(status.casesLackingTerms == 1 ? "it" : "them") again with it")
        }
        let ahead = status.deadlines
        if count("awaiting") > 0 {
            lines.append(
                "deadlines  \(ahead.over) over · \(ahead.within1Hour) within 1 h · \(ahead.within6Hours) within 6 h · "
                    + "\(ahead.within24Hours) within 24 h · \(ahead.later) later")
        }
        let duplicates = status.duplicates
        if duplicates.contents == 0 {
            lines.append("duplicates none: no media is archived in two cases")
        } else {
            lines.append(
                "duplicates \(Terminal.red(Figure.count(duplicates.contents, "item"), on: STDOUT_FILENO)) "
                    + "archived in more than one case, "
                    + "\(Figure.count(duplicates.cases, "case")): perhaps a replay")
            for example in duplicates.examples {
                lines.append(
                    "           \(example.kind) in \(example.cases.map(Terminal.visible).joined(separator: ", "))")
            }
        }
        lines += retentionLines(status)
        lines += holdLines(status)
        let ledger = status.ledger
        let waiting = Int(ledger.entries - min(ledger.entries, ledger.published))
        let state =
            ledger.fork != nil
            ? Terminal.red("not the one that is published", on: STDOUT_FILENO)
            : ledger.problem != nil
                ? "\(Terminal.red("not published", on: STDOUT_FILENO)): \(Figure.count(waiting)) waiting"
                : waiting > 0 ? "\(Figure.count(waiting)) not published yet" : "published"
        lines.append(
            "ledger     \(Figure.count(Int(ledger.entries), "entry", "entries")) · \(state) · to "
                + "\(Terminal.visible(ledger.publishedTo))"
                + (ledger.openAccesses > 0 ? " · \(Figure.count(ledger.openAccesses, "access", "accesses")) open" : ""))
        for rule in ledger.rulesLost {
            lines.append(
                "           \(Terminal.red("lost with a fork", on: STDOUT_FILENO)): \(Terminal.visible(rule)); "
                    + "nothing is destroyed until it is so here"
            )
        }
        lines.append("verifier   \(ledger.verifierKey)")
        lines.append(
            "keyring    "
                + (status.keyringCopy.map { "second copy in \(Terminal.visible($0))" }
                    ?? "\(Terminal.red("no second copy", on: STDOUT_FILENO)): "
                    + (status.keyringCopyProblem.map(Terminal.visible) ?? "strongroom keys copy DIR")))
        for place in status.weakPlaces {
            lines.append("storage    \(Terminal.red("weak", on: STDOUT_FILENO)): \(Terminal.visible(place))")
        }
        return lines
    }

    private func holdLines(_ status: ArchiveStatus) -> [String] {
        func alarm(_ text: String) -> String { Terminal.red(text, on: STDOUT_FILENO) }
        let (holds, authority) = (status.holds, status.authority)
        var lines: [String] = []
        if holds.lost > 0 {
            lines.append(
                "holds      \(alarm("lost with a fork")): \(Figure.count(holds.lost, "matter")) of the published "
                    + "ledger; nothing is destroyed until each is placed again")
        }
        if holds.matters > 0 {
            var parts = [Figure.count(holds.matters, "matter")]
            if holds.cooling > 0 { parts.append("\(holds.cooling) cooling") }
            if holds.isWorking { parts.append("what they take in is still being pinned; it is protected") }
            lines.append("holds      \(parts.joined(separator: " · "))")
            if !holds.overdueReviews.isEmpty {
                lines.append(
                    "           \(alarm("review overdue")): "
                        + "\(HoldText.list(holds.overdueReviews.map(Terminal.visible)))"
                )
            }
            if !holds.unfinished.isEmpty {
                lines.append(
                    "           \(alarm("not placed to its end")): "
                        + "\(HoldText.list(holds.unfinished.map(Terminal.visible))); run hold place again, or "
                        + "hold withdraw"
                )
            }
        }
        if authority.needsTwoPersons {
            lines.append(
                "persons    what lifts a guard needs two · \(Figure.count(authority.approvers, "person")) can "
                    + "approve · \(Figure.count(authority.openRequests, "request")) open"
            )
            if authority.approvers < 2 {
                lines.append("           \(alarm("fewer than two can approve")): strongroom token create")
            }
        } else {
            lines.append("persons    one person can do all here: two are needed once two hold tokens that approve")
        }
        for waiting in authority.waitingApprovers {
            lines.append("           \(alarm("a new approver")): \(Terminal.visible(waiting))")
        }
        for setting in authority.loosened {
            lines.append(
                "           \(alarm("\(setting.name) waits")): strongroom.yaml says \(setting.file), "
                    + "\(setting.counts) counts until it is applied: strongroom settings apply"
            )
        }
        return lines
    }

    private func retentionLines(_ status: ArchiveStatus) -> [String] {
        let retention = status.retention
        let names =
            retention.policies.isEmpty
            ? "no policy is active: nothing is ever destroyed" : retention.policies.joined(separator: ", ")
        var lines = ["policies   \(names)"]
        func count(_ name: String, _ words: String, alarm: Bool = false) -> String {
            let text = "\(Figure.count(retention[name])) \(words)"
            return alarm && retention[name] > 0 ? Terminal.red(text, on: STDOUT_FILENO) : text
        }
        lines.append(
            "retention  "
                + [
                    count("due", "due"), count("overdue", "overdue", alarm: true),
                    count("waiting-for-event", "waiting for an event"),
                    count("conflict", "in conflict", alarm: true), count("unbounded", "unbounded"),
                    count("uncovered", "uncovered"),
                ].joined(separator: " · "))
        let more = [
            ("held", "held"), ("erasure-pending", "to be erased later"), ("backstop-review", "past their backstop"),
            ("unconfirmed", "due when imported, waiting for strongroom case confirm"),
        ]
        .filter { retention[$0.0] > 0 }.map { count($0.0, $0.1) }
        if !more.isEmpty { lines.append("           \(more.joined(separator: " · "))") }
        if retention.isRefreshing {
            lines.append(
                "           decisions by the active policies are still to be computed: strongroom purge run "
                    + "goes on with it"
            )
        }
        let total = retention.next30Days.reduce(0, +)
        lines.append("next 30 d  \(Self.chart(retention.next30Days))  \(Figure.count(total, "object"))")
        if retention.blobsWaiting > 0 {
            lines.append(
                "           the encrypted bytes of \(Figure.count(retention.blobsWaiting, "destroyed object")) "
                    + "are still to be removed"
            )
        }
        if let doubt = status.clock.doubt {
            lines.append("clock      \(Terminal.red("in doubt", on: STDOUT_FILENO)): \(doubt); nothing is destroyed")
        }
        return lines
    }

    /// A column for each number, in eighths of the largest.
    private static func chart(_ numbers: [Int]) -> String {
        let most = numbers.max() ?? 0
        let blocks = Array("▁▂▃▄▅▆▇█")
        return String(
            numbers.map { number in
                number == 0 ? blocks[0] : blocks[max(1, Int((Double(number) / Double(most) * 7).rounded()))]
            })
    }
}
