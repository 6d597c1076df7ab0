import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why a case's media is kept, and when it goes.",
        discussion:
            "With --conflicts instead of a case, shows which rules contradict each other about how many objects.")

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String?

    @Option(help: ArgumentHelp("One kind of media.", valueName: "kind"))
    var media: String?

    @Option(help: ArgumentHelp("As of another time, with what is known today.", valueName: "time"))
    var asOf: String?

    @Option(
        name: .customLong("if"), help: ArgumentHelp("As if this policy were active.", valueName: "file"),
        completion: .file())
    var ifFile: String?

    @Flag(help: "Show contradicting rules.")
    var conflicts = false

    @OptionGroup var zone: ZoneOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (caseID == nil) == conflicts else { throw ValidationError("Give a case ID, or --conflicts.") }
        if conflicts, media != nil || asOf != nil || ifFile != nil {
            throw ValidationError("--media, --as-of and --if go with a case.")
        }
    }

    func run() throws {
        try reportingErrors {
            guard let caseID else { return try showConflicts() }
            var query = ExplanationQuery()
            query.media = media
            let asOf = try asOf.map { try Moment($0, option: "--as-of") }
            query.ifActive = try ifFile.map { try PolicyFile(path: $0) }
            let id = try CaseID(caseID)
            let explanation = try common.withArchive(toLook: true) { archive in
                query.asOf = asOf?.until(zone.zone(of: archive))
                return try archive.policies.explain(try archive.retrieval.named(id), query)
            }
            if common.json { return try Terminal.document(explanation) }
            for line in ExplanationText.lines(explanation) { Terminal.print(line) }
        }
    }

    private func showConflicts() throws {
        let classes = try common.withArchive(toLook: true) { try $0.policies.conflictClasses() }
        if common.json { return try Terminal.document(classes) }
        if classes.isEmpty { Terminal.print("no rules contradict each other about anything that is archived") }
        for conflict in classes {
            Terminal.print(
                "\(Figure.count(conflict.objects, "object")): \(conflict.lower) keeps, \(conflict.upper) wants "
                    + "gone · for instance case \(Terminal.visible(conflict.exampleCase))"
            )
            Terminal.print(
                "  decide with: strongroom policy resolve --lower \(conflict.lowerRule) --upper "
                    + "\(conflict.upperRule) --winner keep|destroy --reason …"
            )
        }
    }
}
