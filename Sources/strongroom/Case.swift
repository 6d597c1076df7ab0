import ArgumentParser

struct Case: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at cases.", subcommands: [CaseList.self, CaseShow.self])
}
