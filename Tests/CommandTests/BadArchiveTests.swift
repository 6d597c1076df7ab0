import Foundation
import Synchronization
import Testing

/// Archives that are none, or damaged, and commands that meet: a sentence, the right exit code, nothing lost.
struct BadArchiveTests {
    @Test func archivesThatAreNone() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        try expect(
            place, 1, saying: "no archive", "strongroom init", from: ["status", "--archive", place.folder + "/none"])
        try expect(place, 1, saying: "no archive", from: ["status", "--archive", file])
        try expect(place, 1, saying: "already holds an archive", from: ["init"])
        let used = place.folder + "/used"
        try FileManager.default.createDirectory(
            atPath: used, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try Data([1]).write(to: URL(fileURLWithPath: used + "/notes"))
        try expect(place, 1, saying: "not empty", from: ["init", "--archive", used])
        try expect(
            place, 1, saying: "lies inside",
            from: ["init", "--archive", place.folder + "/new", "--root-key-file", place.folder + "/new/root.key"])
        try expect(
            place, 1, saying: "no root key file", from: ["status", "--root-key-file", place.folder + "/none.key"])
        let other = place.folder + "/other.key"
        try FileManager.default.copyItem(atPath: file, toPath: other)
        chmod(other, 0o600)
        try expect(place, 1, saying: "not a root key file", from: ["status", "--root-key-file", other])
        try FileManager.default.removeItem(atPath: other)
        #expect(try place.strongroom("init", "--archive", place.folder + "/second", "--root-key-file", other).code == 0)
        try expect(place, 4, saying: "not the root key of the archive", from: ["status", "--root-key-file", other])
        chmod(place.folder + "/root.key", 0o644)
        try expect(place, 1, saying: "can be read by others", "mode 0600", from: ["status"])
        chmod(place.folder + "/root.key", 0o600)

        chmod(place.archive, 0o750)
        try expect(place, 1, saying: "open to other users", "mode 0700", from: ["status"])
        chmod(place.archive, 0o700)

        let settings = place.archive + "/strongroom.yaml"
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        for (change, words) in [
            ("format: 2", "format 2"), ("format: 1\ncolour: red", "'colour' is not a key"),
            ("format: [", "not YAML"),
        ] {
            try text.replacingOccurrences(of: "format: 1", with: change).write(
                toFile: settings, atomically: false, encoding: .utf8)
            try expect(place, 1, saying: words, from: ["status"])
        }
        try text.write(toFile: settings, atomically: false, encoding: .utf8)

        let keyring = place.archive + "/keyring.sealed"
        let second = FileManager.default.contents(atPath: place.folder + "/second/keyring.sealed")!
        let sealed = FileManager.default.contents(atPath: keyring)!
        try second.write(to: URL(fileURLWithPath: keyring))
        try expect(place, 4, saying: "different archives", from: ["status", "--root-key-file", other])
        try (sealed.dropLast() + [sealed.last! ^ 1]).write(to: URL(fileURLWithPath: keyring))
        try expect(place, 4, saying: "keyring was altered", from: ["status"])
        try sealed.write(to: URL(fileURLWithPath: keyring))
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func alteredBlobs() throws {
        let place = try Workplace()
        for name in ["a", "b"] {
            let file = try place.file("\(name).json", try Simulator.answer("size=200k~\(name)"))
            #expect(
                try place.strongroom("import", "--case", name, file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        }
        func path(_ caseID: String) throws -> String {
            let verification = try #require(
                (try place.strongroom("case", "show", caseID, "--json").json()["verifications"] as? [[String: Any]])?
                    .first)
            let object = try #require(
                (verification["objects"] as? [[String: Any]])?.first { $0["kind"] as? String == "video" })
            let address = try #require(object["address"] as? String)
            return place.archive + "/objects/\(address.prefix(2))/\(address)"
        }
        let (first, second) = (try path("a"), try path("b"))
        let (one, two) = (FileManager.default.contents(atPath: first)!, FileManager.default.contents(atPath: second)!)
        var flipped = one
        flipped[flipped.count / 2] ^= 1
        let damages: [(String, () throws -> Void, String, Int)] = [
            ("one flipped bit", { try flipped.write(to: URL(fileURLWithPath: first)) }, "blob-altered", 1),
            ("cut short", { try one.dropLast(100).write(to: URL(fileURLWithPath: first)) }, "blob-altered", 1),
            (
                "swapped",
                {
                    try two.write(to: URL(fileURLWithPath: first)); try one.write(to: URL(fileURLWithPath: second))
                }, "blob-altered", 2
            ),
            ("endless", { #expect(truncate(first, 1 << 40) == 0) }, "blob-altered", 1),
            ("gone", { try FileManager.default.removeItem(atPath: first) }, "blob-missing", 1),
            (
                "a stranger",
                {
                    try Data([1]).write(
                        to: URL(fileURLWithPath: place.archive + "/objects/00/" + String(repeating: "0", count: 64)))
                }, "blob-unreferenced", 1
            ),
        ]
        for (name, damage, kind, count) in damages {
            try damage()
            let run = try place.strongroom("verify", "--json")
            #expect(run.code == 4, "\(name)")
            let findings = try #require(try run.json()["findings"] as? [[String: Any]])
            #expect(
                findings.map { $0["kind"] as? String } == Array(repeating: kind, count: count), "\(name): \(findings)")
            if kind != "blob-unreferenced" {
                let out = place.folder + "/out"
                for arguments in [["--out", out], ["--media", "video", "--output", out]] {
                    let retrieved = try Programs.run(
                        Programs.folder + "/strongroom", ["retrieve", "a", "--reason", "r"] + arguments,
                        environment: place.environment)
                    #expect(retrieved.code == 4, "\(name): \(retrieved.err)")
                    #expect(retrieved.err.contains(kind == "blob-missing" ? "gone" : "altered"), "\(retrieved.err)")
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: place.folder).filter {
                    $0.contains("out")
                }
                #expect(left.isEmpty, "\(name) left \(left)")
            }
            try one.write(to: URL(fileURLWithPath: first))
            try two.write(to: URL(fileURLWithPath: second))
            try? FileManager.default.removeItem(
                atPath: place.archive + "/objects/00/" + String(repeating: "0", count: 64))
        }
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func anArchiveThatLostAPart() throws {
        let place = try Workplace()
        for part in ["keyring.sealed", "index.sqlite", "objects", "staging", "strongroom.yaml"] {
            let path = place.archive + "/" + part
            try FileManager.default.moveItem(atPath: path, toPath: place.folder + "/" + part)
            try expect(place, 4, saying: "has lost \(part)", "do not run init", from: ["status"])
            try FileManager.default.moveItem(atPath: place.folder + "/" + part, toPath: path)
        }
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func nothingIsOverwritten() throws {
        let place = try Workplace()
        let file = try place.file("a.json", try Simulator.answer("tok"))
        #expect(try place.strongroom("import", "--case", "K", file, "--captured-at", "2026-01-01T00:00:00Z").code == 0)
        try expect(
            place, 1, saying: "exists already",
            from: ["retrieve", "K", "--reason", "r", "--media", "video", "--output", file])
        try expect(place, 1, saying: "exists already", from: ["retrieve", "K", "--reason", "r", "--out", place.folder])
        try expect(
            place, 3, saying: "no selfie", "there is action-video, best-frame, result, video",
            from: ["retrieve", "K", "--reason", "r", "--media", "selfie", "--output", place.folder + "/x"])
        try expect(
            place, 1, saying: "does not lie within",
            from: [
                "retrieve", "K", "--reason", "r", "--media", "video", "--output", place.folder + "/x", "--range",
                "0-99999999",
            ])
    }

    @Test func twoThatCreateTheArchiveAtOnce() throws {
        let place = try Workplace(makesArchive: false)
        let codes = Mutex<[Int32]>([])
        let environment = place.environment
        DispatchQueue.concurrentPerform(iterations: 6) { _ in
            let run = try? Programs.run(Programs.folder + "/strongroom", ["init"], environment: environment)
            codes.withLock { $0.append(run?.code ?? -1) }
        }
        let all = codes.withLock { $0 }
        #expect(all.filter { $0 == 0 }.count == 1 && all.allSatisfy { $0 == 0 || $0 == 1 }, "\(all)")
        #expect(try place.strongroom("verify").code == 0)
    }

    @Test func manyCommandsAtOnce() throws {
        let place = try Workplace()
        let simulator = try Simulator("--rate", "1000")
        var texts: [String] = []
        for number in 0..<8 {
            texts.append(try place.file("\(number).json", try Simulator.answer("tok-\(number % 4)")))
        }
        let table = try place.file("t.csv", "case,sdk-token\n" + (0..<10).map { "P-\($0),pull-\($0)\n" }.joined())
        let (environment, files, url) = (place.environment, texts, simulator.url)
        let codes = Mutex<[Int32]>([])
        DispatchQueue.concurrentPerform(iterations: 10) { number in
            // Each answer twice into the same case, and the same table twice.
            let arguments =
                number < 8
                ? ["import", "--case", "K-\(number % 4)", files[number], "--captured-at", "2026-01-01T00:00:00Z"]
                : ["pull", "--from", table, "--endpoint", url]
            let run = try? Programs.run(Programs.folder + "/strongroom", arguments, environment: environment)
            codes.withLock { $0.append(run?.code ?? -1) }
        }
        let all = codes.withLock { $0 }
        #expect(all == Array(repeating: 0, count: 10), "\(all)")
        let status = try place.strongroom("status", "--json").json()
        #expect(status["cases"] as? Int == 14)
        #expect(try place.strongroom("verify").code == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.archive + "/staging").isEmpty)
    }
}
