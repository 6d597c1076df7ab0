import Archive
import ArgumentParser
import Presentation

struct PurgeCompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Rewrite the index without what deleted rows left inside it.",
        discussion:
            """
            Nobody can write to the archive meanwhile, and it may take as much memory as the index has bytes. A purge \
            run \
            does it by itself every 30 days (compact-days).
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let done = try common.withArchive { try $0.destruction.compact() }
            if common.json { return try Terminal.document(done) }
            Terminal.print("index compacted: \(Figure.size(done.bytesBefore)) → \(Figure.size(done.bytesAfter))")
        }
    }
}
