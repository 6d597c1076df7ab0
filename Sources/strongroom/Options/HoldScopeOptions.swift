import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

/// What an order takes in.
struct HoldScopeOptions: ParsableArguments {
    @Option(name: .customLong("case"), parsing: .upToNextOption, help: ArgumentHelp("Case IDs.", valueName: "id"))
    var cases: [String] = []

    @Option(
        name: .customLong("cases"),
        help: ArgumentHelp("Files with a case ID a line, or a table with a column case.", valueName: "file"),
        completion: .file())
    var caseFiles: [String] = []

    @Option(
        name: .customLong("subject"),
        help: ArgumentHelp("Every case of this person, also those to come, by your reference.", valueName: "ref"))
    var subjects: [String] = []

    @Option(
        name: .customLong("where"), parsing: .unconditional,
        help: ArgumentHelp(
            "What fits, such as \"jurisdiction = HK and media in (video, action-video)\"; over jurisdiction, "
                + "purpose, outcome, media, captured, archived, with and, or, in, = < <= > >=.",
            valueName: "expression"))
    var expression: String?

    @Flag(help: "With --where: leave out what the expression cannot judge, which is held otherwise.")
    var judgedOnly = false

    @Option(
        help: ArgumentHelp("In which the days of --where and --review-by are days; UTC by default.", valueName: "zone"))
    var timeZone: String?

    @Flag(help: "All there is, and all that comes.")
    var everything = false

    private var count: Int {
        [!cases.isEmpty || !caseFiles.isEmpty, !subjects.isEmpty, expression != nil, everything].filter { $0 }.count
    }

    var isEmpty: Bool { count == 0 }

    func validate() throws {
        guard count <= 1 else {
            throw ValidationError(
                "Give one of --case and --cases, --subject, --where, --everything; hold extend adds another.")
        }
        guard subjects.count <= 1 else {
            throw ValidationError("Give one --subject; hold extend adds another.")
        }
        if judgedOnly, expression == nil { throw ValidationError("--judged-only goes with --where.") }
        if let timeZone, TimeZone(identifier: timeZone) == nil {
            throw ValidationError("'\(timeZone)' is not a time zone; give one like Asia/Hong_Kong.")
        }
    }

    var zone: TimeZone { timeZone.flatMap { TimeZone(identifier: $0) } ?? .gmt }

    func scope() throws -> HoldOrder.Scope {
        if everything { return .everything }
        if let subject = subjects.first { return .subject(subject) }
        if let expression { return .expression(expression, judgedOnly: judgedOnly, timeZone: zone) }
        if cases.isEmpty, caseFiles.isEmpty { return .review }
        return .cases(try named())
    }

    /// The cases that are named.
    func named() throws -> [CaseID] {
        var found = try cases.map { try CaseID($0) }
        for caseFile in caseFiles {
            let file = try CaseListFile(path: caseFile)
            if file.repeated > 0 {
                Terminal.say(
                    "note: \(Figure.count(file.repeated, "line")) of \(caseFile) "
                        + "\(file.repeated == 1 ? "names" : "name") a case again"
                )
            }
            found += file.cases
        }
        return found
    }

    /// A day of review: the whole day counts.
    static func reviewDay(_ text: String, in zone: TimeZone) throws -> Date {
        if text.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil, let midnight = Timestamp.parseDayOrTime(text) {
            var calendar = Calendar(identifier: .gregorian)
            calendar.timeZone = .gmt
            let day = calendar.dateComponents([.year, .month, .day], from: midnight)
            calendar.timeZone = zone
            if let start = calendar.date(from: day), let end = calendar.date(byAdding: .day, value: 1, to: start) {
                return end.addingTimeInterval(-1)
            }
        }
        return try Moment.parse(text, option: "--review-by")
    }
}
