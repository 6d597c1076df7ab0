import Archive
import ArgumentParser
import Presentation

struct AuditProveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Write the proof that an entry is in the ledger, or that the ledger extends an earlier one.",
        discussion: """
            Of an entry: a C2SP tlog-proof, to be checked with audit verify PROOF --entry FILE; with --entry-out the \
            entry's bytes are written too. With --since: the proof that the ledger extends the one of an earlier \
            checkpoint.
            """)

    @Argument(help: ArgumentHelp("The entry's number.", valueName: "entry"))
    var entry: UInt64?

    @Option(help: ArgumentHelp("The file of an earlier checkpoint.", valueName: "file"), completion: .file())
    var since: String?

    @Option(help: ArgumentHelp("The file to write the proof to.", valueName: "file"), completion: .file())
    var out: String

    @Option(help: ArgumentHelp("A file to write the entry's bytes to.", valueName: "file"), completion: .file())
    var entryOut: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (entry == nil) != (since == nil) else {
            throw ValidationError("Give either an entry's number, or --since.")
        }
        if entry == nil, entryOut != nil { throw ValidationError("--entry-out goes with an entry's number.") }
    }

    func run() throws {
        try reportingErrors {
            try common.withArchive(toLook: true) { archive in
                let done =
                    try since.map { try archive.audit.proveConsistency(since: $0, to: out) }
                    ?? archive.audit.prove(entry ?? 0, to: out, entryTo: entryOut)
                if common.json { return try Terminal.document(done) }
                Terminal.print(
                    "proof written to \(out) · for a ledger of \(Figure.count(Int(done.entries), "entry", "entries"))")
            }
        }
    }
}
