import ArgumentParser

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Read, prove, export and check the ledger.",
        discussion: """
            The ledger holds everything that happened, in entries that are numbered from 0 and never change. Its \
            head, a checkpoint, is signed and published outside of the archive; who has the archive's verifier key \
            can check everything that the ledger proves without this program.
            """,
        subcommands: [
            AuditLogCommand.self, AuditCheckpointCommand.self, AuditProveCommand.self, AuditExportCommand.self,
            AuditVerifyCommand.self,
            AuditReconcileCommand.self, AuditAcceptForkCommand.self,
        ])
}
