import Base
import FaceID
import Foundation
import Ledger
import Synchronization
import Testing

@testable import Archive
@testable import Vault

/// Promise 1 against power cuts: after the N-th operation on files, for every N, everything that was not
/// synced is lost, and the archive is opened again.
struct PowerLossTests {
    @Test func nothingAcknowledgedIsLostInAnImport() throws {
        var step = 0
        var finished = false
        while !finished {
            let test = try TestArchive()
            let before = TestAnswer(videoLength: 70_000)
            _ = try test.open().intake.import(try test.item("K-before", answer: before.text))
            let answer = TestAnswer(videoLength: 70_000)
            let item = try test.item("K-1", answer: answer.text)

            let files = LosingFileSystem(operations: step)
            var acknowledged = false
            do {
                let archive = try test.open(files: files)
                acknowledged = try archive.intake.import(item).state == .archived
            } catch {
                #expect(files.isDead, "step \(step): \(error)")
            }
            finished = !files.isDead
            files.losePower()

            let archive = try test.open()
            let isThere = (try? archive.retrieval.caseDetails(try CaseID("K-1"))) != nil
            #expect(isThere || !acknowledged, "step \(step): acknowledged and lost")
            #expect(try archive.audit.verify(VerifyOptions()).findings.map(\.message) == [], "step \(step)")
            #expect(try test.contents("video", of: "K-before", in: archive) == before.video)

            // The next run completes, and what the crash left is cleared away.
            #expect(try archive.intake.import(item).state == (isThere ? .unchanged : .archived))
            #expect(try test.contents("video", of: "K-1", in: archive) == answer.video)
            test.time.advance(3 * 24 * 3600)
            try archive.intake.sweep()
            #expect(test.stagedNames.isEmpty, "step \(step)")
            let result = try archive.audit.verify(VerifyOptions())
            #expect(result.findings.isEmpty && result.blobs == 6 && result.unsettled == 0, "step \(step)")
            step += 1
        }
        #expect(step > 20)
    }

    @Test func creatingAnArchiveIsAllOrNothing() throws {
        var finished = false
        var step = 0
        // The 256 directories of the store are one step like another.
        while !finished {
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
                "strongroom-\(UUID().uuidString)"
            ).path
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            let key = RootKeySource.keyFile(directory + "/root.key")
            let files = LosingFileSystem(operations: step)
            let actor = try Actor(claimed: "tester")
            let state = directory + "/state"
            let made = try? OpenArchive.create(
                directory + "/archive", rootKey: key, actor: actor,
                effects: Effects(
                    provider: TencentFaceID(), files: files, stateDirectory: state,
                    operatorFile: .standard(inside: directory + "/config")))
            finished = !files.isDead
            files.losePower()
            // Either it is there, whole, or it can be made.
            let effects = Effects(
                provider: TencentFaceID(), stateDirectory: state,
                operatorFile: .standard(inside: directory + "/config"))
            if (try? OpenArchive.open(directory + "/archive", rootKey: key, effects: effects)) == nil {
                #expect(made == nil, "step \(step): acknowledged and lost")
                _ = try OpenArchive.create(directory + "/archive", rootKey: key, actor: actor, effects: effects)
            }
            let archive = try OpenArchive.open(directory + "/archive", rootKey: key, effects: effects)
                .session(as: .actor(actor))
            #expect(try archive.audit.verify(VerifyOptions()).findings.isEmpty, "step \(step)")
            step += (20..<265).contains(step) ? 25 : 1
        }
        #expect(step > 280)
    }

    /// A bag, an item and an export are there with all that is in them once the command has said so.
    @Test func whatWasHandedOutIsThere() throws {
        let test = try TestArchive()
        let answer = TestAnswer(videoLength: 70_000)
        _ = try test.open().intake.import(try test.item("K-1", answer: answer.text))
        let files = LosingFileSystem(operations: .max)
        let archive = try test.open(files: files)
        let (caseID, reason) = (try CaseID("K-1"), try Reason("checked"))
        let (bag, item, export) = (test.directory + "/bag", test.directory + "/item", test.directory + "/export")
        _ = try archive.retrieval.retrieve(caseID, for: reason, to: bag)
        _ = try archive.retrieval.retrieve(
            ItemName(kind: "video", verification: nil), of: caseID, range: nil, for: reason, toFile: item)
        let key = try archive.audit.export(to: export).verifierKey
        files.losePower()
        #expect(try problems(bag, key: key) == [] && problems(export, key: key) == [])
        #expect(FileManager.default.contents(atPath: item).map { [UInt8]($0) } == answer.video)
    }

    /// The test of the test: a store that forgets a sync is caught.
    @Test func aForgottenSyncIsNoticed() throws {
        let test = try TestArchive()
        let files = LosingFileSystem(operations: .max, skippingSyncs: true)
        #expect(
            try test.open(files: files).intake.import(try test.item("K-1", answer: TestAnswer().text)).state
                == .archived)
        files.losePower()
        #expect(try !test.open().audit.verify(VerifyOptions()).findings.isEmpty)
    }
}

/// The operating system's files with the worst that a power cut may do: names that no directory sync
/// covered are gone, bytes that no data sync covered are gone.
final class LosingFileSystem: FileSystem {
    private struct State {
        var left: Int
        var unsyncedData: Set<UInt64> = []
        var unsyncedNames: Set<String> = []
        /// What had a name that something else took since, without a sync of the directory: one or the other is left.
        var replaced: [String: Data] = [:]
    }

    private let posix = PosixFileSystem()
    private let skipsSyncs: Bool
    private let state: Mutex<State>

    init(operations: Int, skippingSyncs: Bool = false) {
        skipsSyncs = skippingSyncs
        state = Mutex(State(left: operations))
    }

    var isDead: Bool { state.withLock { $0.left <= 0 } }

    /// Takes away what was not synced; the object must not be used afterwards.
    func losePower() {
        state.withLock { state in
            for name in state.unsyncedNames.sorted(by: >) { try? FileManager.default.removeItem(atPath: name) }
            for (name, content) in state.replaced { try? content.write(to: URL(fileURLWithPath: name)) }
        }
        let unsynced = state.withLock { $0.unsyncedData }
        for root in roots.withLock({ $0 }) {
            for name in FileManager.default.enumerator(atPath: root)?.allObjects as? [String] ?? [] {
                let path = root + "/" + name
                if let status = try? posix.status(path), status.kind == .file, unsynced.contains(status.identity) {
                    Foundation.truncate(path, 0)
                }
            }
        }
    }

    private let roots = Mutex<Set<String>>([])

    private func step(_ path: String) throws(FileError) {
        let isAlive = state.withLock { state in
            state.left -= 1
            return state.left >= 0
        }
        guard isAlive else { throw FileError(.write, path: path, code: EIO) }
    }

    /// The test's own folder. Nothing outside of it is touched: the number of a file that is gone may be another's by
    /// now.
    private func home(_ path: String) -> String {
        let temporary = FileManager.default.temporaryDirectory.path
        precondition(path.hasPrefix(temporary + "/"), "a test's files are temporary")
        return temporary + "/" + path.dropFirst(temporary.count + 1).prefix { $0 != "/" }
    }

    func makeDirectory(_ path: String) throws(FileError) {
        try step(path)
        try posix.makeDirectory(path)
        state.withLock { _ = $0.unsyncedNames.insert(path) }
    }

    func create(_ path: String) throws(FileError) -> OpenFile {
        try step(path)
        let file = try posix.create(path)
        let identity = try posix.status(file).identity
        state.withLock { state in
            state.unsyncedNames.insert(path)
            state.unsyncedData.insert(identity)
        }
        _ = roots.withLock { $0.insert(home(path)) }
        return file
    }

    func openForAppending(_ path: String) throws(FileError) -> OpenFile {
        try step(path)
        return try posix.openForAppending(path)
    }

    func truncate(_ file: OpenFile, to length: UInt64) throws(FileError) {
        try step(file.path)
        try posix.truncate(file, to: length)
    }

    func append(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(FileError) {
        try step(file.path)
        try posix.append(bytes, to: file)
        let identity = try posix.status(file).identity
        state.withLock { _ = $0.unsyncedData.insert(identity) }
    }

    func syncData(_ file: OpenFile) throws(FileError) {
        try step(file.path)
        guard !skipsSyncs else { return }
        let identity = try posix.status(file).identity
        state.withLock { _ = $0.unsyncedData.remove(identity) }
    }

    func close(_ file: OpenFile) { posix.close(file) }

    func link(_ path: String, to newPath: String) throws(FileError) {
        try step(newPath)
        try posix.link(path, to: newPath)
        state.withLock { _ = $0.unsyncedNames.insert(newPath) }
    }

    func rename(_ path: String, to newPath: String) throws(FileError) {
        try step(newPath)
        let old = FileManager.default.contents(atPath: newPath)
        try posix.rename(path, to: newPath)
        state.withLock { state in
            if let old, !state.unsyncedNames.contains(newPath) { state.replaced[newPath] = old }
            // What is in a directory goes with it.
            state.unsyncedNames = Set(
                state.unsyncedNames.map { $0.hasPrefix(path + "/") ? newPath + $0.dropFirst(path.count) : $0 })
            state.unsyncedNames.remove(path)
            state.unsyncedNames.insert(newPath)
        }
    }

    func remove(_ path: String) throws(FileError) {
        try step(path)
        try posix.remove(path)
        state.withLock { _ = $0.unsyncedNames.remove(path) }
    }

    func openDirectory(_ path: String) throws(FileError) -> OpenFile { try posix.openDirectory(path) }

    func syncDirectory(_ directory: OpenFile) throws(FileError) {
        try step(directory.path)
        guard !skipsSyncs else { return }
        state.withLock { state in
            state.unsyncedNames = state.unsyncedNames.filter {
                (($0 as NSString).deletingLastPathComponent) != directory.path
            }
            state.replaced = state.replaced.filter {
                (($0.key as NSString).deletingLastPathComponent) != directory.path
            }
        }
    }

    func open(_ path: String) throws(FileError) -> OpenFile { try posix.open(path) }
    func read(_ file: OpenFile, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    {
        try posix.read(file, at: offset, into: buffer)
    }
    func status(_ file: OpenFile) throws(FileError) -> FileStatus { try posix.status(file) }
    func status(_ path: String) throws(FileError) -> FileStatus { try posix.status(path) }
    func names(in path: String) throws(FileError) -> [String] { try posix.names(in: path) }
}
