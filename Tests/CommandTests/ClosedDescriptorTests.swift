import Foundation
import Testing

/// A program that is started with closed descriptors writes nothing where it was not asked to.
struct ClosedDescriptorTests {
    private func shell(_ place: Workplace, _ line: String) throws -> Programs.Outcome {
        try Programs.run(
            "/bin/sh", ["-c", line],
            environment: place.environment.merging(["PROGRAMS": Programs.folder]) { $1 })
    }

    @Test func mediaDoesNotGoIntoTheArchiveInsteadOfAClosedOutput() throws {
        let place = try Workplace()
        let file = try place.file("answer.json", try Simulator.answer("tok"))
        try #require(
            try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        for closed in [">&-", "<&- >&-", "<&- >&- 2>&-"] {
            let outcome = try shell(
                place, "\"$PROGRAMS/strongroom\" retrieve K --reason r --media best-frame --output - \(closed)")
            #expect(outcome.code == 1, "\(closed): \(outcome.err)")
        }
        let marker = Data([0xFF, 0xD8, 0xFF])
        for (name, content) in place.snapshot() {
            #expect(content.range(of: marker + Data([0xE0, 0, 0x10, 0x4A, 0x46, 0x49, 0x46])) == nil, "\(name)")
            if name.contains("lock") { #expect(content.isEmpty, "\(name)") }
        }
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func aCommandWhoseOutputGoesNowhereFails() throws {
        let place = try Workplace()
        for line in ["status", "status --json", "audit log"] {
            #expect(try shell(place, "\"$PROGRAMS/strongroom\" \(line) >&-").code == 1, "\(line)")
        }
        let outcome = try shell(
            place, "\"$PROGRAMS/strongroom\" import --case L - --captured-at 2026-01-01T00:00:00Z <&-")
        #expect(outcome.code == 1 && outcome.err.contains("bad file descriptor"), "\(outcome.err)")
    }
}
