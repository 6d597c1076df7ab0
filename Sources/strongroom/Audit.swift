import ArgumentParser

struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read, prove, export and check the ledger.",
        discussion: """
            The ledger holds everything that happened, in entries that are numbered from 0 and never change. Its \
            head, a checkpoint, is signed and published outside of the archive; who has the archive's verifier key \
            can check everything that the ledger proves without this program.
            """,
        subcommands: [
            AuditLog.self, AuditCheckpoint.self, AuditProve.self, AuditExport.self, AuditVerify.self,
            AuditReconcile.self, AuditAcceptFork.self,
        ])
}
