import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Rules of retention, and the terms of agreements.",
        subcommands: [
            PolicyCheckCommand.self, PolicyTestCommand.self, PolicySimulate.self, PolicyActivate.self,
            PolicyRetire.self, PolicyList.self,
            PolicyShow.self, PolicyResolve.self, PolicyTerms.self, PolicyRefresh.self,
        ])
}
