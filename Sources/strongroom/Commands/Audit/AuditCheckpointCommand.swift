import Archive
import ArgumentParser
import Presentation

struct AuditCheckpointCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Print the signed head of the ledger, and publish it.",
        discussion: """
            A checkpoint is a signed note: the ledger's origin, how many entries it has, and their root. Keep it: \
            with audit verify --since it shows later that nothing before it was changed.
            """)

    @OptionGroup var common: CommonOptions

    private struct Document: Encodable {
        let origin: String
        let entries: UInt64
        let verifierKey: String
        let checkpoint: String
    }

    func run() throws {
        try reportingErrors {
            try common.withArchive { archive in
                let (note, head) = try archive.audit.checkpoint()
                if common.json {
                    return try Terminal.document(
                        Document(
                            origin: head.origin, entries: head.entries, verifierKey: head.verifierKey, checkpoint: note)
                    )
                }
                Terminal.write(note, to: 1)
            }
        }
    }
}
