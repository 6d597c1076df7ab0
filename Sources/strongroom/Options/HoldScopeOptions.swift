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

    @OptionGroup var zone: ZoneOptions

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
    }

    func scope(for archive: Session) throws -> HoldOrder.Scope {
        if everything { return .everything }
        if let subject = subjects.first { return .subject(subject) }
        if let expression { return .expression(expression, judgedOnly: judgedOnly, timeZone: zone.zone(of: archive)) }
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
}
