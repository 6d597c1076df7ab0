import Base
import Foundation
import Testing

@testable import Archive
@testable import Sealing
@testable import Vault

/// The sealed keyring has a second copy where the operator asks for one; whoever loses the first goes on.
struct KeyringCopyTests {
    private let test: TestArchive
    private let copies: String
    private let copy: String
    private var keyring: String { test.path + "/keyring.sealed" }

    init() throws {
        test = try TestArchive()
        copies = test.directory + "/copies"
        try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: false)
        // The configuration is named by the archive's UID, as the copy is.
        copy = copies + "/" + FilePath.name(try test.operatorFile()).dropLast(5) + ".keyring"
        try test.setOperator("# keyring-copy: /mnt/other/strongroom", "keyring-copy: \(copies)")
    }

    private func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test func aLostKeyringIsPutBack() throws {
        #expect(try test.open().archive.keyringCopyProblem == nil)
        #expect(try contents(copy) == contents(keyring))
        #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o600)
        try FileManager.default.removeItem(atPath: keyring)
        let lost = refusal { _ = try test.open() }
        #expect(
            lost?.outcome == .integrity && lost.flatMap(\.remedy).map { "\($0)".contains(copy) } == true,
            "\(String(describing: lost))")
        try FileManager.default.copyItem(atPath: copy, toPath: keyring)
        #expect(throws: Never.self) { try test.open() }
    }

    /// What is not the newest is replaced, what is newer is not, and what cannot be written is said.
    @Test func theCopyIsKeptTheNewest() throws {
        _ = try test.open()
        let good = try contents(keyring)
        for old in [Data(), Data([1, 2, 3]), good.dropLast()] {
            try old.write(to: URL(fileURLWithPath: copy))
            #expect(try test.open().archive.keyringCopyProblem == nil)
            #expect(try contents(copy) == good)
        }
        // What says that it is newer, and no key vouches for that, is altered.
        var altered = good
        altered[32] = 9
        try altered.write(to: URL(fileURLWithPath: copy))
        #expect(try test.open().archive.keyringCopyProblem == nil)
        #expect(try contents(copy) == good)
        let rootKey = try test.rootKey.read(PosixFileSystem(), outsideOf: test.path)
        let known = try Keyring(opening: [UInt8](good), with: rootKey)
        let newer = try Keyring(archiveUID: known.archiveUID, generation: 9, entries: known.entries).sealed(
            under: rootKey, cost: .moderate(.system), randomness: .system)
        try Data(newer).write(to: URL(fileURLWithPath: copy))
        #expect(try test.open().archive.keyringCopyProblem?.code == .badKeyring)
        #expect(try contents(copy) == Data(newer))
        try FileManager.default.removeItem(atPath: copies)
        let problem = try #require(try test.open().archive.keyringCopyProblem)
        #expect(problem.message.contains(copies) && problem.remedy != nil)
        // The archive's own is never written by it.
        #expect(try contents(keyring) == good)
    }

    /// What the operator wrote by hand is looked at, too.
    @Test func aCopyBesideTheRootKeyIsSaid() throws {
        try test.setOperator("keyring-copy: \(copies)", "keyring-copy: \(test.directory)")
        let problem = try #require(try test.open().archive.keyringCopyProblem)
        #expect(problem.message.contains("where the root key is"))
        let status = try test.open().overview.status()
        #expect(status.keyringCopy == nil && status.keyringCopyProblem == problem.message)
    }

    @Test func aCopyInsideTheArchiveIsRefused() throws {
        try test.setOperator("keyring-copy: \(copies)", "keyring-copy: \(test.path)/staging")
        #expect(refusal { _ = try test.open() }?.code == .badConfiguration)
        try test.setOperator("keyring-copy: \(test.path)/staging", "keyring-copy: copies")
        #expect(refusal { _ = try test.open() }?.code == .badConfiguration)
    }

    /// An archive that was made without one gets it later, once, and keeps it the newest from then on.
    @Test func aCopyIsAskedForLater() throws {
        let (configuration, other) = (try test.operatorFile(), test.directory + "/other")
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        #expect(refusal { _ = try keep(in: test.directory) }?.message.contains("where the root key is") == true)
        let named = try String(contentsOfFile: configuration, encoding: .utf8)
        func keep(in directory: String) throws -> String {
            try OpenArchive.keepKeyringCopy(
                in: directory, of: test.path, rootKey: test.rootKey, effects: test.effects()
            ).copy
        }
        // With the line of the template, without it, and without a last line end.
        for rest in ["# keyring-copy: /mnt/other/strongroom", ""] {
            for end in ["", "\n"] {
                var text = named.replacing("keyring-copy: \(copies)", with: rest)
                while text.hasSuffix("\n") { text.removeLast() }
                try (text + end).write(toFile: configuration, atomically: true, encoding: .utf8)
                chmod(configuration, 0o600)
                #expect(try keep(in: copies) == copy)
                #expect(try contents(copy) == contents(keyring))
                try Data([1]).write(to: URL(fileURLWithPath: copy))
                #expect(try test.open().archive.keyringCopyProblem == nil)
                #expect(try contents(copy) == contents(keyring))
                // Again, it is so already.
                #expect(try keep(in: copies) == copy)
                #expect(refusal { _ = try keep(in: other) }?.message.contains("another directory") == true)
                try FileManager.default.removeItem(atPath: copy)
            }
        }
        #expect(refusal { _ = try keep(in: test.path + "/staging") }?.code == .badConfiguration)
        #expect(refusal { _ = try keep(in: copies + "/none") }?.code == .badConfiguration)
    }
}
