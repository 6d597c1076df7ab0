import Foundation
import Testing

/// Runs a command that must fail, and checks that it says something and changes nothing.
func expect(
    _ place: Workplace, _ code: Int32, saying words: String..., from arguments: [String],
    extra: [String: String] = [:], input: Data? = nil,
    location: SourceLocation = #_sourceLocation
) throws {
    let before = place.snapshot()
    let run = try Programs.run(
        Programs.folder + "/strongroom", arguments, environment: place.environment.merging(extra) { $1 },
        input: input)
    #expect(run.code == code, "\(run.err)", sourceLocation: location)
    for word in words { #expect(run.err.contains(word), "\(run.err)", sourceLocation: location) }
    #expect(!run.err.contains("Fatal") && !run.err.contains("Optional("), "\(run.err)", sourceLocation: location)
    let after = place.snapshot()
    // That somebody tried is on the ledger, and a long log is moved into the index.
    let isMoved = (after["index.sqlite-wal"]?.count ?? 0) < (before["index.sqlite-wal"]?.count ?? 0)
    let kept = after.filter {
        !$0.key.hasSuffix("-lock") && !$0.key.hasSuffix("-wal") && !(isMoved && $0.key == "index.sqlite")
    }
    for (name, content) in kept where !name.hasPrefix("vendor.pace") {
        #expect(before[name] == content, "\(name) changed", sourceLocation: location)
    }
}
