import Archive
import ArgumentParser
import Presentation

struct AuditExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the whole ledger for somebody else to check.",
        discussion: """
            Makes a directory with checkpoint, the signed head; entries.jsonl, the entries' bytes, a line each; and \
            verifier.key. It holds no data of the verified persons. strongroom audit verify checks it, and so does \
            anything that reads RFC 6962 and C2SP signed notes.
            """)

    @Option(help: ArgumentHelp("The directory to make.", valueName: "dir"), completion: .directory)
    var out: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            try common.withArchive(toLook: true) { archive in
                let done = try archive.audit.export(to: out)
                if common.json { return try Terminal.document(done) }
                Terminal.print("\(Figure.count(Int(done.entries), "entry", "entries")) written to \(out)")
                Terminal.print("verifier key: \(done.verifierKey)")
            }
        }
    }
}
