import Base
import Foundation
import Testing

@testable import Archive
@testable import Evidence
@testable import Vault

/// A bag says who had what and when; whatever is altered or left out is found.
struct BagTests {
    private func bag(_ test: TestArchive) throws -> String {
        _ = try test.open(actor: "importer").intake.import(
            try test.item("K-1", answer: TestAnswer(videoLength: 10).text) { $0.consent = "consent 7" })
        _ = try test.contents("video", of: "K-1", in: try test.open(actor: "somebody else"))
        _ = try test.open().audit.verify(VerifyOptions())
        _ = try test.open().retrieval.retrieve(
            try CaseID("K-1"), for: try Reason("my own reason"), to: test.directory + "/bag")
        return test.directory + "/bag"
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).filter {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder + "/" + $0, isDirectory: &isDirectory)
            return !isDirectory.boolValue
        }.sorted()
    }

    @Test func everyFileOfABagIsChecked() throws {
        let test = try TestArchive()
        let bag = try bag(test)
        #expect(try problems(bag) == [])
        for name in try files(bag) {
            let path = bag + "/" + name
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            for index in stride(from: 0, to: good.count, by: max(1, good.count / 25)) {
                var altered = good
                altered[index] ^= 1 << UInt8(index % 8)
                try altered.write(to: URL(fileURLWithPath: path))
                #expect(try !problems(bag).isEmpty, "byte \(index) of \(name)")
            }
            try FileManager.default.removeItem(atPath: path)
            if name == "bagit.txt" {
                #expect(throws: Never.self) { (try? problems(bag)) ?? ["no bag"] }
            } else {
                #expect(try !problems(bag).isEmpty, "without \(name)")
            }
            try good.write(to: URL(fileURLWithPath: path))
        }
        try Data("x".utf8).write(to: URL(fileURLWithPath: bag + "/data/1/more.jpg"))
        #expect(try !problems(bag).isEmpty)
    }

    /// Somebody who alters a file and mends the manifests is found by the ledger.
    @Test func manifestsThatAreMendedDoNotHelp() throws {
        let test = try TestArchive()
        let bag = try bag(test)
        let names = try files(bag).filter {
            !$0.hasPrefix("manifest") && !$0.hasPrefix("tagmanifest") && $0 != "bagit.txt"
        }
        for name in names {
            let path = bag + "/" + name
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            var text = String(decoding: good, as: UTF8.self)
            var altered = good
            if name == "bag-info.txt" {
                text = text.replacingOccurrences(of: "External-Identifier: K-1", with: "External-Identifier: K-2")
                altered = Data(text.utf8)
            } else {
                altered[good.count / 2] ^= 1
            }
            try altered.write(to: URL(fileURLWithPath: path))
            try mendManifests(bag)
            let found = try problems(bag)
            #expect(!found.isEmpty && !found.contains { $0.contains("in the manifest") }, "\(name): \(found)")
            try good.write(to: URL(fileURLWithPath: path))
        }
        try mendManifests(bag)
        #expect(try problems(bag) == [])
        // A record that says something else, and a page that fits it.
        let path = bag + "/custody.json"
        let good = try String(contentsOfFile: path, encoding: .utf8)
        for (old, new) in [
            ("importer", "innocent"), ("archived the video", "archived the photo"), ("my own reason", "his own reason"),
            ("\"caseID\" : \"K-1\"", "\"caseID\" : \"K-7\""),
        ] {
            #expect(good.contains(old))
            let changed = good.replacingOccurrences(of: old, with: new)
            let document = try JSONDecoder().decode(Custody.Document.self, from: Data(changed.utf8))
            try Data(try document.bytes()).write(to: URL(fileURLWithPath: path))
            try CustodyPage.html(document).write(toFile: bag + "/custody.html", atomically: true, encoding: .utf8)
            try mendManifests(bag)
            #expect(try !problems(bag).isEmpty, "\(old)")
        }
    }

    /// A bag from which something was taken, or in which things were exchanged, with everything else mended.
    @Test(arguments: ["item", "swap", "retrieval", "end", "creation", "page", "info", "time", "name"])
    func aBagThatLeavesSomethingOutIsFound(what: String) throws {
        let test = try TestArchive()
        let bag = try bag(test)
        let path = bag + "/custody.json"
        var json = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path))) as? [String: Any])
        var items = try #require(json["items"] as? [[String: Any]])
        var record = try #require(json["record"] as? [[String: Any]])
        func drop(_ matches: ([String: Any]) -> Bool) throws {
            guard let line = record.last(where: matches) else { return #expect(Bool(false), "nothing to drop") }
            for ending in ["json", "tlog-proof"] {
                try FileManager.default.removeItem(atPath: bag + "/custody/\(line["number"]!).\(ending)")
            }
            record.removeAll { $0["number"] as? Int == line["number"] as? Int }
        }
        func file(_ kind: String) throws -> String {
            try #require(items.compactMap { $0["file"] as? String }.first { $0.contains(kind) })
        }
        let (videoFile, frameFile) = (try file("video"), try file("best-frame"))
        switch what {
        case "item":
            try FileManager.default.removeItem(atPath: bag + "/" + videoFile)
            items.removeAll { $0["file"] as? String == videoFile }
        case "swap":
            let (a, b) = (bag + "/" + videoFile, bag + "/" + frameFile)
            try FileManager.default.moveItem(atPath: a, toPath: bag + "/x")
            try FileManager.default.moveItem(atPath: b, toPath: a)
            try FileManager.default.moveItem(atPath: bag + "/x", toPath: b)
            items = items.map { item in
                var item = item
                if item["file"] as? String == videoFile {
                    item["file"] = frameFile
                } else if item["file"] as? String == frameFile {
                    item["file"] = videoFile
                }
                return item
            }
        case "retrieval": try drop { $0["number"] as? Int == json["access"] as? Int }
        case "end": try drop { $0["kind"] as? String == "verification ended" }
        case "creation": try drop { $0["number"] as? Int == 0 }
        case "page": try Data("x".utf8).write(to: URL(fileURLWithPath: bag + "/custody-final.html"))
        case "info":
            let info = bag + "/bag-info.txt"
            let text = try String(contentsOfFile: info, encoding: .utf8)
            try text.replacingOccurrences(of: "Retrieved-By: tester", with: "Retrieved-By: nobody")
                .write(toFile: info, atomically: true, encoding: .utf8)
        case "time": json["madeAt"] = "2020-01-01T00:00:00.000Z"
        default:
            let name = bag + "/" + videoFile
            try FileManager.default.moveItem(atPath: name, toPath: bag + "/data/2-video.mp4")
            items = items.map { item in
                var item = item
                if item["file"] as? String == videoFile { item["file"] = "data/2-video.mp4" }
                return item
            }
        }
        json["items"] = items
        json["record"] = record
        let document = try JSONDecoder().decode(
            Custody.Document.self, from: try JSONSerialization.data(withJSONObject: json))
        try Data(try document.bytes()).write(to: URL(fileURLWithPath: path))
        try CustodyPage.html(document).write(toFile: bag + "/custody.html", atomically: true, encoding: .utf8)
        try mendManifests(bag)
        let found = try problems(bag)
        #expect(!found.isEmpty && !found.contains { $0.contains("manifest") }, "\(what): \(found)")
    }

    /// A bag, a checkpoint and a proof do not claim to extend what they cannot show.
    @Test func onlyWhatWasShownExtends() throws {
        let (test, other) = (try TestArchive(), try TestArchive())
        let early = try test.export(to: "early")
        let bag = try bag(test)
        let late = try test.export(to: "late")
        let key = try test.open().audit.verifierKey()
        _ = try other.open().audit.export(to: other.directory + "/foreign")
        for since in [early, late, other.directory + "/foreign"] {
            #expect(try !problems(bag, since: since + "/checkpoint").isEmpty)
            #expect(
                try !problems(late + "/checkpoint", key: key, since: since + "/checkpoint").isEmpty || since == late)
        }
        #expect(try problems(bag, since: bag + "/checkpoint") == [])
    }

    private func mendManifests(_ bag: String) throws {
        func digest(_ name: String) throws -> String {
            var hash = SHA256()
            try Data(contentsOf: URL(fileURLWithPath: bag + "/" + name)).withUnsafeBytes { hash.update($0) }
            return hash.finish().hex
        }
        let names = try files(bag)
        let payload = try names.filter { $0.hasPrefix("data/") }.map { "\(try digest($0))  \($0)\n" }.joined()
        try payload.write(toFile: bag + "/manifest-sha256.txt", atomically: true, encoding: .utf8)
        let tags = try names.filter { !$0.hasPrefix("data/") && $0 != "tagmanifest-sha256.txt" }
            .map { "\(try digest($0))  \($0)\n" }.joined()
        try tags.write(toFile: bag + "/tagmanifest-sha256.txt", atomically: true, encoding: .utf8)
    }

    @Test func reasonsOfOthersAreShownOnlyWhereAsked() throws {
        let test = try TestArchive()
        let bag = try bag(test)
        func contains(_ bag: String, _ text: String) throws -> Bool {
            try files(bag).contains {
                try Data(contentsOf: URL(fileURLWithPath: bag + "/" + $0)).range(of: Data(text.utf8)) != nil
            }
        }
        let page = try String(contentsOfFile: bag + "/custody.html", encoding: .utf8)
        #expect(page.contains("my own reason") && page.contains("Reason: not shown") && page.contains("somebody else"))
        #expect(
            page.contains("consent 7") && page.contains("verified the archive") && page.contains("made the archive"))
        #expect(try !contains(bag, "\"test\""))
        let all = test.directory + "/all"
        _ = try test.open().retrieval.retrieve(try CaseID("K-1"), for: try Reason("again"), to: all, withReasons: true)
        #expect(try contains(all, "\"test\"") && problems(all) == [])
        #expect(try !String(contentsOfFile: all + "/custody.html", encoding: .utf8).contains("Reason: not shown"))
    }

    @Test func aPageCannotBeMadeToSayMore() throws {
        let test = try TestArchive()
        let name = "<script>alert(1)</script>&\"'"
        _ = try test.open(actor: name).intake.import(try test.item(name, answer: TestAnswer(videoLength: 10).text))
        let bag = test.directory + "/bag"
        _ = try test.open(actor: name).retrieval.retrieve(try CaseID(name), for: try Reason(name), to: bag)
        let page = try String(contentsOfFile: bag + "/custody.html", encoding: .utf8)
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;"))
        #expect(try problems(bag) == [])
    }

    /// A bag that is meant to keep its reader busy ends with sentences, soon.
    @Test func hostileBagsEndSoon() throws {
        let test = try TestArchive()
        let good = try bag(test)
        func check(_ name: String, _ change: (String) throws -> Void) throws {
            let bag = test.directory + "/hostile-" + name
            try FileManager.default.copyItem(atPath: good, toPath: bag)
            try change(bag)
            let began = ContinuousClock.now
            #expect(try !problems(bag).isEmpty, "\(name)")
            #expect(ContinuousClock.now - began < .seconds(30), "\(name)")
            try FileManager.default.removeItem(atPath: bag)
        }
        let video = "/data/1/video.mp4"
        try check("pipe") {
            try FileManager.default.removeItem(atPath: $0 + video)
            mkfifo($0 + video, 0o600)
        }
        try check("sparse") { truncate($0 + video, 3 << 40) }
        try check("sparse record") { truncate($0 + "/custody.json", 3 << 40) }
        for (name, file) in [("link to zeros", "/custody.json"), ("link to zeros in place of media", video)] {
            try check(name) {
                try FileManager.default.removeItem(atPath: $0 + file)
                try FileManager.default.createSymbolicLink(atPath: $0 + file, withDestinationPath: "/dev/zero")
            }
        }
        try check("loop") {
            try FileManager.default.createSymbolicLink(atPath: $0 + "/data/loop", withDestinationPath: "..")
        }
        try check("directory") {
            try FileManager.default.removeItem(atPath: $0 + "/manifest-sha256.txt")
            try FileManager.default.createDirectory(
                atPath: $0 + "/manifest-sha256.txt", withIntermediateDirectories: false)
        }
        // What cannot be looked into is said, and not taken for whole.
        try check("deep") {
            try FileManager.default.createDirectory(
                atPath: $0 + "/data/" + Array(repeating: "d", count: 900).joined(separator: "/"),
                withIntermediateDirectories: true)
        }
        // Nobody is made to read what no key vouches for: not by a length in an entry, either.
        try check("sparse and signed by nobody") { bag in
            try FileManager.default.removeItem(atPath: bag + "/verifier.key")
            truncate(bag + video, 300 << 30)
        }
        try check("many") { bag in
            try FileManager.default.createDirectory(atPath: bag + "/data/2", withIntermediateDirectories: false)
            for number in 0..<20_000 { close(creat("\(bag)/data/2/\(number)", 0o600)) }
        }
    }
}
