import Base
import Foundation
import Ledger
import Testing
import Vendor

@testable import Archive
@testable import Vault

/// What is believed of files: the operator's own says which programs run and who is asked, the archive's only proposes.
struct SettingsTests {
    private let test: TestArchive
    private let reason: Reason

    init() throws {
        test = try TestArchive()
        reason = try Reason("r")
    }

    @Test(arguments: [
        ("ledger:\n", "ledger:\n  command: [/bin/false]\n"), ("ledger:\n", "ledger:\n  directory: /tmp\n"),
        ("retention:\n", "vendor:\n  endpoint: https://127.0.0.1\nretention:\n"),
        ("retention:\n", "vendor:\n  ca-bundle: /tmp/x\nretention:\n"),
    ])
    func theArchiveNamesNoProgramHostOrPlace(old: String, new: String) throws {
        try test.set(old, new)
        let refused = refusal { _ = try test.open() }
        #expect(refused?.code == .badConfiguration && refused?.message.contains("not believed here") == true)
    }

    @Test func whatLoosensWaitsAlsoForOnePerson() throws {
        try test.set("limit-percent: 5", "limit-percent: 100")
        try test.set("  - onboarding\n", "  - onboarding\n  - anything\n")
        try test.set("clock-behind-seconds: 300", "clock-behind-seconds: 60")
        var archive = try test.open()
        _ = try archive.record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
        archive = try test.open()
        #expect(archive.configuration.retention.limitShare == 0.05)
        #expect(archive.configuration.retention.clockBehind == 60)
        #expect(!archive.configuration.purposes.contains("anything"))
        #expect(Set(archive.people.loosenedSettings.map(\.name)) == ["limit-percent", "purposes"])
        _ = try archive.people.applySettings(reason: reason).get()
        archive = try test.open()
        #expect(archive.configuration.retention.limitShare == 1)
        #expect(
            archive.configuration.purposes == [
                "onboarding", "anything", "periodic-review", "account-recovery", "transaction",
            ])
        #expect(archive.people.loosenedSettings.isEmpty)
        #expect(refusal { _ = try archive.people.applySettings(reason: reason) }?.code == .notNeeded)
        var query = LedgerQuery()
        query.kind = "configuration changed"
        let entry = try #require(try archive.audit.entries(query).last)
        #expect(entry.sentence.contains("limit-percent 100 instead of 5"), "\(entry.sentence)")
        // What stands as a commitment is named, and what it was is kept to be opened.
        try test.setOperator("\(test.directory)/state/strongroom\"", "\(test.directory)/elsewhere\"")
        try test.setOperator("# ca-bundle:", "ca-bundle:")
        try FileManager.default.createDirectory(
            atPath: test.directory + "/elsewhere", withIntermediateDirectories: false)
        archive = try test.open()
        _ = try archive.record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
        let sentence = try #require(try archive.audit.entries(query).last?.sentence)
        #expect(sentence == "works with other settings: another ca-bundle, another publish directory")
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Nobody who only writes the file can make it need more persons than there are.
    @Test func whoApprovesWaits() throws {
        try test.set(
            "# hold release: { roles: [legal], quorum: 2 }",
            "settings apply: { quorum: 20 }\n  hold release: { roles: [legal], quorum: 20 }")
        _ = try test.open().record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
        let archive = try test.open()
        #expect(
            Set(archive.people.loosenedSettings.map(\.name)) == ["approve settings apply", "approve hold release"])
        #expect(archive.configuration.approvals[.settingsApply]?.quorum ?? 1 == 1)
    }

    /// A guard that was made stricter stays so when the file goes back to what it was.
    @Test func whatWasTightenedStays() throws {
        try test.set("limit-objects: 100", "limit-objects: 7")
        _ = try test.open().record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
        try test.set("limit-objects: 7", "limit-objects: 100")
        #expect(try test.open().configuration.retention.limitObjects == 7)
    }

    @Test func theOperatorsFileIsTheOperators() throws {
        let path = try test.operatorFile()
        let parent = FilePath.parent(path)
        func refused(_ words: String) {
            let refused = refusal { _ = try test.open() }
            #expect(
                refused?.code == .badConfiguration && refused?.message.contains(words) == true,
                "\(String(describing: refused))")
        }
        chmod(path, 0o620)
        refused("can be written by others")
        chmod(path, 0o602)
        refused("can be written by others")
        chmod(path, 0o600)
        chmod(parent, 0o777)
        refused("can be written by others")
        chmod(parent, 0o1777)
        #expect(throws: Never.self) { try test.open() }
        chmod(parent, 0o700)
        let grandparent = FilePath.parent(parent)
        chmod(grandparent, 0o777)
        refused("can be written by others")
        chmod(grandparent, 0o700)
        // A chain of links through a directory that others write.
        let (open, kept) = (test.directory + "/open", test.directory + "/kept.yaml")
        try FileManager.default.createDirectory(atPath: open, withIntermediateDirectories: false)
        try FileManager.default.moveItem(atPath: path, toPath: kept)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "../../open/link")
        try FileManager.default.createSymbolicLink(atPath: open + "/link", withDestinationPath: kept)
        chmod(open, 0o777)
        refused("can be written by others")
        chmod(open, 0o700)
        #expect(throws: Never.self) { try test.open() }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: kept, toPath: path)
        if geteuid() == 0 {
            chown(path, 1234, 1234)
            refused("belongs to another user")
            chown(path, 0, 0)
            chown(parent, 1234, 1234)
            refused("belongs to another user")
            chown(parent, 0, 0)
        }
        try test.setOperator("archive: ", "archive: \(String(repeating: "0", count: 32)) #")
        refused("for another archive")
        try test.setOperator("archive: \(String(repeating: "0", count: 32)) #", "archive: ")
        try test.setOperator("vendor:", "colour: red\nvendor:")
        refused("'colour' is not a key")
        try test.setOperator("colour: red\n", "")
        #expect(throws: Never.self) { try test.open() }
        try FileManager.default.removeItem(atPath: path)
        let missing = refusal { _ = try test.open() }
        #expect(missing?.code == .noConfiguration && missing?.message.contains(path) == true)
    }

    @Test func itIsNotInsideTheArchive() throws {
        let inside = test.path + "/own.yaml"
        try FileManager.default.copyItem(atPath: try test.operatorFile(), toPath: inside)
        var effects = test.effects()
        effects.operatorFile = .named(inside)
        #expect(
            refusal { _ = try OpenArchive.open(test.path, rootKey: test.rootKey, effects: effects) }?.message.contains(
                "inside the archive") == true)
        // A link is followed, to where nobody else writes.
        let own = test.directory + "/to-own"
        try FileManager.default.createSymbolicLink(atPath: own, withDestinationPath: try test.operatorFile())
        effects.operatorFile = .named(own)
        #expect(throws: Never.self) { try OpenArchive.open(test.path, rootKey: test.rootKey, effects: effects) }
        // Nor by a link that leads there.
        let link = test.directory + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: inside)
        effects.operatorFile = .named(link)
        #expect(
            refusal { _ = try OpenArchive.open(test.path, rootKey: test.rootKey, effects: effects) }?.message.contains(
                "inside the archive") == true)
        let elsewhere = test.directory + "/new"
        effects.operatorFile = .named(elsewhere + "/own.yaml")
        #expect(
            refusal {
                _ = try OpenArchive.create(elsewhere, rootKey: test.rootKey, actor: .osUser, effects: effects)
            }?.code == .badConfiguration)
        #expect(!FileManager.default.fileExists(atPath: elsewhere))
    }

    /// One that was named and is there is used as it is.
    @Test func anExistingFileIsUsed() throws {
        let path = test.directory + "/own.yaml"
        let place = test.directory + "/place"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let text = "vendor: { region: ap-hongkong }\nledger: { directory: \(place) }\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        var effects = test.effects()
        effects.operatorFile = .named(path)
        let made = try OpenArchive.create(
            test.directory + "/second", rootKey: test.rootKey, actor: .osUser, effects: effects)
        #expect(try made.configuration == path && String(contentsOfFile: path, encoding: .utf8) == text)
        let archive = try OpenArchive.open(test.directory + "/second", rootKey: test.rootKey, effects: effects)
        #expect(archive.configuration.vendor.region == "ap-hongkong")
        #expect(FileManager.default.fileExists(atPath: "\(place)/\(made.uid)/1/checkpoint"))
    }
}
