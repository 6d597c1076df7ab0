import BlobStore
import Foundation
import GRDB
import Ledger
import Testing

@testable import Archive

/// What an auditor is handed: every alteration is found and named.
struct EvidenceTests {
    private func export(_ test: TestArchive, cases: Int = 1, to name: String = "export") throws -> String {
        let archive = try test.open()
        for number in 0..<cases {
            _ = try archive.import(
                try test.item("K-\(UUID().uuidString)-\(number)", answer: TestAnswer(videoLength: 10).text))
        }
        _ = try archive.exportLedger(to: test.directory + "/" + name)
        return test.directory + "/" + name
    }

    private func problems(_ path: String, key: String? = nil, since: String? = nil) throws -> [String] {
        var verifier = EvidenceVerifier()
        verifier.verifierKey = key
        verifier.since = since
        return try verifier.verify(path).problems
    }

    @Test func everyByteOfAnExportCounts() throws {
        let test = try TestArchive()
        let export = try export(test)
        let key = try test.open().verifierKey()
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
        let export = try export(test, cases: 2)
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
        let first = try export(test, to: "first")
        let second = try export(test, to: "second")
        let key = try test.open().verifierKey()
        #expect(try problems(second, key: key, since: first + "/checkpoint") == [])
        #expect(
            try problems(first, key: key, since: second + "/checkpoint").contains { $0.contains("entries are gone") })
        let stranger = try TestArchive()
        let other = try export(stranger)
        #expect(try !problems(other, since: first + "/checkpoint").isEmpty)
        #expect(try problems(other, key: key).contains { $0.contains("another key than the one that was given") })
        // The proofs say the same.
        let archive = try test.open()
        let proof = test.directory + "/proof"
        _ = try archive.proveConsistency(since: first + "/checkpoint", to: proof)
        #expect(try problems(proof, key: key, since: first + "/checkpoint") == [])
        #expect(throws: ArchiveError.self) { try problems(proof, key: key, since: second + "/checkpoint") }
        #expect(throws: ArchiveError.self) {
            try archive.proveConsistency(since: other + "/checkpoint", to: test.directory + "/p2")
        }
    }

    // MARK: Bags

    private func bag(_ test: TestArchive) throws -> String {
        _ = try test.open(actor: "importer").import(
            try test.item("K-1", answer: TestAnswer(videoLength: 10).text) { $0.consent = "consent 7" })
        _ = try test.contents("video", of: "K-1", in: try test.open(actor: "somebody else"))
        _ = try test.open().verify(VerifyOptions())
        _ = try test.open().retrieve(try CaseID("K-1"), for: try Reason("my own reason"), to: test.directory + "/bag")
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
        let video = try #require(items.first { ($0["file"] as? String)?.contains("video") == true })
        switch what {
        case "item":
            try FileManager.default.removeItem(atPath: bag + "/" + (video["file"] as! String))
            items.removeAll { $0["file"] as? String == video["file"] as? String }
        case "swap":
            let frame = try #require(items.first { ($0["file"] as? String)?.contains("best-frame") == true })
            let (a, b) = (bag + "/" + (video["file"] as! String), bag + "/" + (frame["file"] as! String))
            try FileManager.default.moveItem(atPath: a, toPath: bag + "/x")
            try FileManager.default.moveItem(atPath: b, toPath: a)
            try FileManager.default.moveItem(atPath: bag + "/x", toPath: b)
            items = items.map { item in
                var item = item
                if item["file"] as? String == video["file"] as? String {
                    item["file"] = frame["file"]
                } else if item["file"] as? String == frame["file"] as? String {
                    item["file"] = video["file"]
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
            let name = bag + "/" + (video["file"] as! String)
            try FileManager.default.moveItem(atPath: name, toPath: bag + "/data/2-video.mp4")
            items = items.map { item in
                var item = item
                if item["file"] as? String == video["file"] as? String { item["file"] = "data/2-video.mp4" }
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
        let early = try export(test, to: "early")
        let bag = try bag(test)
        let late = try export(test, to: "late")
        let key = try test.open().verifierKey()
        _ = try other.open().exportLedger(to: other.directory + "/foreign")
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
        _ = try test.open().retrieve(try CaseID("K-1"), for: try Reason("again"), to: all, withReasons: true)
        #expect(try contains(all, "\"test\"") && problems(all) == [])
        #expect(try !String(contentsOfFile: all + "/custody.html", encoding: .utf8).contains("Reason: not shown"))
    }

    @Test func aPageCannotBeMadeToSayMore() throws {
        let test = try TestArchive()
        let name = "<script>alert(1)</script>&\"'"
        _ = try test.open(actor: name).import(try test.item(name, answer: TestAnswer(videoLength: 10).text))
        let bag = test.directory + "/bag"
        _ = try test.open(actor: name).retrieve(try CaseID(name), for: try Reason(name), to: bag)
        let page = try String(contentsOfFile: bag + "/custody.html", encoding: .utf8)
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;"))
        #expect(try problems(bag) == [])
    }

    // MARK: The index

    /// Every column of every ledger table, altered behind the program's back.
    @Test func everyColumnOfTheLedgersTablesCounts() throws {
        let test = try TestArchive()
        let archive = try test.open()
        _ = try archive.import(try test.item("K-1", answer: TestAnswer(videoLength: 10).text) { $0.subject = "S" })
        try archive.retrieve(
            ItemName(kind: "video", verification: nil), of: try CaseID("K-1"), range: ByteRange("0-1"),
            for: try Reason("r")
        ) { _ in }
        #expect(try archive.reconcile().findings == [])
        let tables = [
            "ledger_entry": ["entry", "offset", "kind", "time", "newest", "actor_uid", "case_uid"],
            "ledger_node": ["hash"], "ledger_opening": ["entry", "member", "case_id", "sealed"],
            "ledger_origin": ["origin", "first_entry"], "actor": ["uid", "known", "name", "name_tag"],
            "open_access": ["entry", "actor_uid", "case_uid", "object_uid", "opened_at"],
            "cases": ["uid", "registered_at", "purpose", "particulars", "case_id_tag", "subject_tag"],
            "verification": ["uid", "origin", "state", "registered_at", "captured_from", "ended_at", "result_code"],
            "object": ["uid", "kind", "media_type", "length", "address", "archived_at"],
        ]
        let path = test.path + "/index.sqlite"
        var changes = 0
        for (table, columns) in tables.sorted(by: { $0.key < $1.key }) {
            for column in columns {
                let queue = try DatabaseQueue(path: path)
                let rows = try queue.read {
                    try Int64.fetchAll(
                        $0,
                        sql: table == "ledger_opening"
                            ? "SELECT entry FROM ledger_opening WHERE \(column) IS NOT NULL"
                            : "SELECT rowid FROM \(table) WHERE \(column) IS NOT NULL")
                }
                for row in [rows.first, rows.last].compactMap({ $0 }) {
                    // What is altered is taken back by rolling a copy in.
                    let copy = test.directory + "/copy-\(UUID().uuidString)"
                    try queue.backup(to: DatabaseQueue(path: copy))
                    let altered = test.directory + "/altered-\(changes)"
                    try FileManager.default.copyItem(atPath: copy, toPath: altered)
                    let other = try DatabaseQueue(path: altered)
                    try other.writeWithoutTransaction { db in
                        try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
                        for name in try String.fetchAll(
                            db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
                        {
                            try db.execute(sql: "DROP TRIGGER \(name)")
                        }
                        let key = table == "ledger_opening" ? "entry" : "rowid"
                        let type = try String.fetchOne(
                            db, sql: "SELECT typeof(\(column)) FROM \(table) WHERE \(key) = \(row)")
                        switch type {
                        case "integer":
                            try db.execute(sql: "UPDATE \(table) SET \(column) = \(column) + 100 WHERE \(key) = \(row)")
                        case "text":
                            try db.execute(
                                sql: "UPDATE \(table) SET \(column) = \(column) || 'x' WHERE \(key) = \(row)")
                        default:
                            var bytes = try #require(
                                try Data.fetchOne(db, sql: "SELECT \(column) FROM \(table) WHERE \(key) = \(row)"))
                            bytes[bytes.count / 2] ^= 1
                            try db.execute(
                                sql: "UPDATE \(table) SET \(column) = ? WHERE \(key) = \(row)", arguments: [bytes])
                        }
                    }
                    try other.close()
                    let found = try reconcile(test, index: altered)
                    #expect(!found.isEmpty, "\(table).\(column), row \(row)")
                    changes += 1
                }
            }
        }
        #expect(changes > 50)
        for (sql, what) in [
            (
                "DELETE FROM ledger_entry WHERE number = (SELECT max(number) FROM ledger_entry)",
                "the last entry removed"
            ),
            ("DELETE FROM ledger_entry WHERE number = 4", "an entry removed"),
            ("DELETE FROM ledger_node WHERE position = 3", "a node removed"),
            ("INSERT INTO ledger_node VALUES (999, randomblob(32))", "a node added"),
            ("DELETE FROM ledger_opening WHERE entry = 4", "an opening removed"),
            ("DELETE FROM object WHERE kind = 'video'", "an object removed"),
            ("DELETE FROM open_access", "an access forgotten"),
            ("UPDATE verification SET details = NULL", "what the answer said removed"),
            ("UPDATE ledger_entry SET offset = -1 WHERE number = 4", "a negative offset"),
            ("UPDATE ledger_entry SET time = 9223372036854775807 WHERE number = 4", "the last of all times"),
            ("UPDATE ledger_entry SET time = -9223372036854775807 WHERE number = 4", "the first of all times"),
            ("UPDATE open_access SET bytes = -1", "a negative count"),
            ("UPDATE ledger_origin SET published = 100000", "more published than there is"),
            (
                "UPDATE ledger_entry SET number = 9223372036854775807 WHERE number = (SELECT max(number) FROM ledger_entry)",
                "the last of all numbers"
            ),
            ("DELETE FROM ledger_entry", "no entry left"),
            ("INSERT INTO case_jurisdiction SELECT id, 'XX' FROM cases", "a jurisdiction added"),
        ] {
            let altered = test.directory + "/altered-\(UUID().uuidString)"
            let queue = try DatabaseQueue(path: path)
            try queue.backup(to: DatabaseQueue(path: altered))
            let other = try DatabaseQueue(path: altered)
            try other.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA foreign_keys = OFF")
                for name in try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
                    try db.execute(sql: "DROP TRIGGER \(name)")
                }
                try db.execute(sql: sql)
            }
            try other.close()
            #expect(try !reconcile(test, index: altered).isEmpty, "\(what)")
        }
    }

    /// What reconciling finds with another index in the archive's place.
    private func reconcile(_ test: TestArchive, index: String) throws -> [String] {
        let copy = test.directory + "/clone-\(UUID().uuidString)"
        try FileManager.default.copyItem(atPath: test.path, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        chmod(copy, 0o700)
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: copy + "/index.sqlite" + suffix) }
        try FileManager.default.removeItem(atPath: copy + "/index.sqlite")
        try FileManager.default.copyItem(atPath: index, toPath: copy + "/index.sqlite")
        let queue = try DatabaseQueue(path: copy + "/index.sqlite")
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.close()
        do {
            return try Archive.open(
                copy, rootKey: test.rootKey, actor: try Actor(claimed: "auditor"), effects: test.effects(), toLook: true
            ).reconcile().findings
        } catch {
            return ["\(error)"]
        }
    }
}
