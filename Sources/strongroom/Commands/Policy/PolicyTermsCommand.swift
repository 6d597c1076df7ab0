import Archive
import ArgumentParser
internal import Base
import Foundation
import Presentation
internal import Vault

struct PolicyTermsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "terms",
        abstract: "Compare what the terms ask for with this archive: obligation, control, evidence, gap.")

    @Argument(
        help: ArgumentHelp("A file of terms, instead of those that are active.", valueName: "file"), completion: .file()
    )
    var file: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let report = try common.withArchive(toLook: true) { archive in
                guard let file else { return try archive.policies.termsReport() }
                guard case .terms(let terms) = try PolicyFile(path: file).content else {
                    throw ArchiveError(.badPolicy, "\(file) is a policy, and no terms", remedy: "name a file of terms")
                }
                return try archive.policies.termsReport(on: terms)
            }
            if common.json { return try Terminal.document(report) }
            Terminal.print("\(report.terms) v\(report.version) · \(Terminal.visible(report.title))")
            for line in report.obligations {
                Terminal.print("")
                Terminal.print("\(line.name): \(Terminal.visible(line.says))")
                Terminal.print(
                    "  source    \(Terminal.visible(line.cite)) · text read: \(ExplanationText.checked(line.checked))")
                Terminal.print("  control   \(line.control)")
                Terminal.print("  evidence  \(Terminal.visible(line.evidence))")
                Terminal.print(
                    line.gap.map { "  \(Terminal.red("gap", on: STDOUT_FILENO))       \(Terminal.visible($0))" }
                        ?? "  gap       none")
            }
            Terminal.print("")
            Terminal.print(
                "\(Figure.count(report.obligations.count, "obligation")) · "
                    + "\(report.gaps == 0 ? "no gap" : Figure.count(report.gaps, "gap"))"
            )
        }
    }
}
