import Base
import Foundation
import Ledger
import Sealing
import TestSupport
import Testing

/// The one form of entries: what is written is read, and nothing else is.
struct EntryTests {
    private struct Canonical: Decodable {
        struct Text: Decodable { let text, why: String }
        struct Bytes: Decodable { let hex, why: String }
        let accepted: [String]
        let refused: [Text]
        let refusedBytes: [Bytes]
    }

    private struct Refused: Decodable { let why, entry: String }

    private func check(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try CanonicalJSON.check($0) } }

    @Test func aValueHasOneForm() throws {
        let vectors: Canonical = try Vectors.read("canonical.json")
        for text in vectors.accepted {
            #expect(try CanonicalJSON(Array(text.utf8)).bytes == Array(text.utf8), "\(text)")
            #expect(throws: Never.self, "\(text)") { try check(Array(text.utf8)) }
        }
        let refused =
            vectors.refused.map { (Array($0.text.utf8), $0.why) }
            + vectors.refusedBytes.map { (Vectors.bytes(hex: $0.hex), $0.why) }
        for (bytes, why) in refused {
            #expect(throws: EntryError.self, "\(why)") { try CanonicalJSON(bytes) }
            #expect(throws: EntryError.self, "\(why)") { try check(bytes) }
        }
    }

    /// A change of any byte gives the same value never again: it is refused, or another value.
    @Test func everyByteCounts() throws {
        for line in try Vectors.data("entries.jsonl").split(separator: 0x0A) {
            let bytes = [UInt8](line)
            let value = try CanonicalJSON(bytes)
            for index in bytes.indices {
                for bit in [UInt8(1), 0x20, 0x80] {
                    var altered = bytes
                    altered[index] ^= bit
                    let other = try? CanonicalJSON(altered)
                    #expect(other != value)
                    #expect((other == nil) == ((try? check(altered)) == nil))
                }
            }
        }
    }

    @Test func everyKindIsReadAndWrittenAgain() throws {
        var kinds: Set<Event.Kind> = []
        for line in try Vectors.data("entries.jsonl").split(separator: 0x0A) {
            let entry = try Entry([UInt8](line))
            #expect(try entry.encoded() == [UInt8](line))
            kinds.insert(entry.event.kind)
        }
        #expect(kinds == Set(Event.Kind.allCases), "a kind without a vector")
    }

    @Test func whatIsNotAnEntryIsRefused() throws {
        let refused: [Refused] = try Vectors.read("entries-refused.json")
        for vector in refused {
            #expect(throws: EntryError.self, "\(vector.why)") { try Entry(Array(vector.entry.utf8)) }
            #expect(throws: Never.self, "\(vector.why)") { try check(Array(vector.entry.utf8)) }
        }
    }

    @Test func anEntryHasAnEnd() throws {
        let actor = ActorStamp(uid: ActorUID(from: .system), known: .claimed)
        func entry(_ length: Int) -> Entry {
            Entry(
                time: Date(timeIntervalSince1970: 0), actor: actor,
                event: .attemptFailed(
                    .init(
                        verb: String(repeating: "x", count: length), code: "c", outcome: .failed, count: 1, caseUID: nil
                    )))
        }
        let overhead = try entry(0).encoded().count
        #expect(try entry(Entry.longest - overhead).encoded().count == Entry.longest)
        #expect(throws: EntryError.tooLong(Entry.longest + 1)) { try entry(Entry.longest - overhead + 1).encoded() }
    }

    @Test func timesAreThoseOfTheCalendar() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var times: [TimeInterval] = [
            0, 951_782_400, 951_868_799.999, 4_107_542_400, 253_402_300_799.999, 1_709_164_800,
        ]
        var random = SeededGenerator.ofTest()
        for _ in 0..<5000 {
            times.append((Double.random(in: 0..<253_402_300_799, using: &random) * 1000).rounded() / 1000)
        }
        for seconds in times {
            let time = Date(timeIntervalSince1970: seconds)
            #expect(LedgerTime.text(time) == formatter.string(from: time))
            #expect(LedgerTime.time(LedgerTime.text(time)).map { abs($0.timeIntervalSince(time)) < 0.0005 } == true)
        }
    }
}
