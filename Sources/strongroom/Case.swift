import ArgumentParser

struct Case: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at cases, and record what happens to them.",
        subcommands: [CaseList.self, CaseShow.self, CaseEvent.self])
}
