import Archive
import ArgumentParser
import Presentation

struct PolicyRefreshCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Decide anew about every object, whatever the index keeps of earlier decisions.",
        discussion: "For an index that was altered, as audit reconcile finds it. Destroys nothing.")

    @OptionGroup var common: CommonOptions

    private struct Document: Encodable {
        /// About which was decided anew.
        let objects: Int
    }

    func run() throws {
        try reportingErrors {
            try common.withArchive { archive in
                let bar = ProgressBar("deciding", total: 2, isShown: !common.json)
                let count = try archive.policies.refresh { bar.advance(to: $0, of: $1) }
                bar.clear()
                if common.json { return try Terminal.document(Document(objects: count)) }
                Terminal.print("decided anew about \(Figure.count(count, "object"))")
            }
        }
    }
}
