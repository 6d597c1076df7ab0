import Base
import Evidence
import Foundation
import Testing

@testable import Archive
@testable import Vault

/// What an auditor is handed: every alteration is found and named.
struct EvidenceTests {
    @Test func everyByteOfAnExportCounts() throws {
        let test = try TestArchive()
        let export = try test.export()
        let key = try test.open().audit.verifierKey()
        #expect(try problems(export) == [] && problems(export, key: key) == [])
        var flips = 0
        for name in ["checkpoint", "entries.jsonl", "verifier.key"] {
            let path = export + "/" + name
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            for index in good.indices {
                var altered = good
                altered[index] ^= 1 << UInt8(index % 8)
                try altered.write(to: URL(fileURLWithPath: path))
                #expect(try !problems(export).isEmpty, "byte \(index) of \(name)")
                flips += 1
            }
            for altered in [good.dropLast(), good.dropFirst(), Data(), good + [0x0A], good + good] {
                try altered.write(to: URL(fileURLWithPath: path))
                #expect(try !problems(export).isEmpty, "\(altered.count) bytes of \(name)")
            }
            try FileManager.default.removeItem(atPath: path)
            #expect(try !problems(export).isEmpty, "without \(name)")
            try good.write(to: URL(fileURLWithPath: path))
        }
        #expect(try problems(export) == [] && flips > 3000)
    }

    @Test func entriesThatAreRemovedRepeatedReorderedOrAppendedAreFound() throws {
        let test = try TestArchive()
        let export = try test.export(cases: 2)
        let path = export + "/entries.jsonl"
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
        func check(_ lines: [String], _ words: String) throws {
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
            let found = try problems(export)
            #expect(found.contains { $0.contains(words) }, "\(words): \(found)")
        }
        for index in lines.indices {
            var changed = lines
            changed.remove(at: index)
            try check(changed, "entries are missing")
            changed.insert(lines[(index + 1) % lines.count], at: index)
            try check(changed, "altered, exchanged, removed or repeated")
        }
        try check([lines[1], lines[0]] + lines[2...], "altered, exchanged, removed or repeated")
        try check(lines + [lines[3]], "the rest is not signed")
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try problems(export) == [])
    }

    @Test func theNextExportExtendsWhatTheAuditorKept() throws {
        let test = try TestArchive()
        let first = try test.export(to: "first")
        let second = try test.export(to: "second")
        let key = try test.open().audit.verifierKey()
        #expect(try problems(second, key: key, since: first + "/checkpoint") == [])
        #expect(
            try problems(first, key: key, since: second + "/checkpoint").contains { $0.contains("entries are gone") })
        let stranger = try TestArchive()
        let other = try stranger.export()
        #expect(try !problems(other, since: first + "/checkpoint").isEmpty)
        #expect(try problems(other, key: key).contains { $0.contains("another key than the one that was given") })
        // The proofs say the same.
        let archive = try test.open()
        let proof = test.directory + "/proof"
        _ = try archive.audit.proveConsistency(since: first + "/checkpoint", to: proof)
        #expect(try problems(proof, key: key, since: first + "/checkpoint") == [])
        #expect(throws: EvidenceError.self) { try problems(proof, key: key, since: second + "/checkpoint") }
        #expect(throws: ArchiveError.self) {
            try archive.audit.proveConsistency(since: other + "/checkpoint", to: test.directory + "/p2")
        }
    }
}
