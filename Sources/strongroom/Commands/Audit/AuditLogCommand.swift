import Archive
import ArgumentParser
import Base
import Evidence
import Foundation
import Presentation
import Synchronization
internal import Vault

struct AuditLogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show what happened.",
        discussion: """
            Shows the newest entries that fit, in their order; with --after, those that follow an entry, so that page \
            after page shows all: --after the last number of the page before. With --json, a line for each entry.
            """)

    @Option(help: ArgumentHelp("Only entries of this kind, such as 'access opened'.", valueName: "kind"))
    var kind: String?

    @Option(
        name: .customLong("case"), parsing: .unconditional,
        help: ArgumentHelp("Only entries about this case.", valueName: "id"))
    var caseID: String?

    @Option(
        name: .customLong("by"), parsing: .unconditional,
        help: ArgumentHelp("Only entries of what this actor did.", valueName: "name"))
    var by: String?

    @Option(help: ArgumentHelp("Only entries of this time or later.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only entries of before this time.", valueName: "time"))
    var before: String?

    @Option(help: ArgumentHelp("Go on after this entry.", valueName: "number"))
    var after: UInt64?

    @Flag(help: "From the first entry on.")
    var fromStart = false

    @Option(help: "How many entries at most.")
    var limit = 50

    @Flag(help: "Show also the reasons that people gave, where they can be opened.")
    var reasons = false

    @Flag(help: "Go on showing entries as they come, until interrupted.")
    var follow = false

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit is a number from 1 to 100000.") }
        if let kind, !LedgerQuery.kinds.contains(kind) {
            throw ValidationError("'\(kind)' is not a kind of entry: \(LedgerQuery.kinds.joined(separator: ", ")).")
        }
        if fromStart, after != nil { throw ValidationError("Give either --from-start or --after.") }
    }

    func run() throws {
        try reportingErrors {
            var query = LedgerQuery()
            query.kind = kind
            query.actor = by
            query.caseID = try caseID.map { try CaseID($0) }
            let since = try since.map { try Moment($0, option: "--since") }
            let before = try before.map { try Moment($0, option: "--before") }
            query.after = after
            query.fromStart = fromStart
            query.withReasons = reasons
            query.limit = limit
            try common.withArchive(toLook: true) { archive in
                let zone = zone.zone(of: archive)
                query.from = since?.from(zone)
                query.before = before?.before(zone)
                query.caseID = try query.caseID.map { try archive.retrieval.named($0) }
                let newest = try archive.audit.lastEntry()
                var lines = try archive.audit.entries(query)
                try show(lines)
                if !follow {
                    // Where the index itself is not what it was, that is said of the whole of it.
                    if archive.fork == nil { try check(lines) }
                    if query.after != nil || fromStart, lines.count == limit, let last = lines.last {
                        Terminal.say("more may follow: strongroom audit log --after \(last.number)")
                    } else if lines.isEmpty {
                        Terminal.say("no entries")
                    } else if let first = lines.first, query.after == nil, !fromStart {
                        try sayLeftOut(archive.audit.earlier(than: first.number, query))
                    }
                    return
                }
                if archive.fork == nil { try check(lines) }
                var last = lines.last?.number ?? newest
                while !Interruption.isWished, Terminal.outputFailure.load(ordering: .relaxed) == 0 {
                    if lines.isEmpty { Thread.sleep(forTimeInterval: 0.5) }
                    query.after = last
                    query.fromStart = false
                    do { lines = try archive.audit.entries(query) } catch  where Interruption.isWished { break }
                    try show(lines)
                    try check(lines)
                    last = lines.last?.number ?? last
                }
            }
        }
    }

    private func sayLeftOut(_ count: Int) {
        guard count > 0, !common.json else { return }
        let many = count == 100_000 ? "at least \(Figure.count(count))" : Figure.count(count)
        Terminal.say(
            "\(many) earlier \(count == 1 ? "entry" : "entries") not shown: --limit shows more, --from-start begins "
                + "with "
                + "the first")
    }

    /// What was altered has been shown; that it was is the end of it.
    private func check(_ lines: [LedgerLine]) throws {
        guard let problem = Audit.problem(among: lines) else { return }
        throw problem
    }

    /// Who is only claimed looks different from who is known.
    private static func known(_ source: String) -> String {
        switch source {
        case "claimed": " (claimed)"
        case "token": " (token)"
        default: ""
        }
    }

    private func show(_ lines: [LedgerLine]) throws {
        for line in lines {
            if common.json {
                try Terminal.document(line, pretty: false)
                continue
            }
            let number = String(line.number)
            let about = line.caseID.map { " · case \(Terminal.visible($0))" } ?? ""
            Terminal.print(
                "\(String(repeating: " ", count: max(0, 7 - number.count)))\(number)  \(Figure.time(line.time))  "
                    + "\(Terminal.visible(line.actor))\(Self.known(line.known)) \(Terminal.visible(line.sentence))"
                    + (line.media.isEmpty ? "" : ": \(line.media.joined(separator: ", "))") + about
                    + (line.reason.map { " · “\(Terminal.visible($0))”" } ?? ""))
        }
    }
}
