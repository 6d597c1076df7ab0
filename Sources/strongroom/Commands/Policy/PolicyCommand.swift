import ArgumentParser

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Rules of retention, and the terms of agreements.",
        subcommands: [
            PolicyNewCommand.self, PolicyCheckCommand.self, PolicyTestCommand.self, PolicySimulateCommand.self,
            PolicyActivateCommand.self,
            PolicyRetireCommand.self, PolicyListCommand.self,
            PolicyShowCommand.self, PolicyResolveCommand.self, PolicyTermsCommand.self, PolicyRefreshCommand.self,
        ])
}
