import ArgumentParser

struct PurgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Destroy what is due, and prove it.",
        discussion: """
            plan and apply let a person look first; run is what a schedule calls. Destroyed is the key: in the \
            transaction \
            that decides, deletes it and says so on the ledger. Then the encrypted bytes go, and the log of the index.
            """,
        subcommands: [
            PurgePlanCommand.self, PurgeApplyCommand.self, PurgeRunCommand.self, PurgeCertificateCommand.self,
            PurgeCompactCommand.self,
            PurgeBackstopCommand.self,
        ])
}
