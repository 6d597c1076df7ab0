import Base
import BlobStoreConformance
import Foundation
import Synchronization
import Testing

@testable import BlobStore

struct DirectoryBlobStoreTests {
    private static let stage = String(repeating: "5a", count: 16)

    let directory: String

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try DirectoryBlobStore.create(in: directory, files: PosixFileSystem())
    }

    @Test(arguments: BlobStorageCheck.all) func keeps(_ check: BlobStorageCheck) throws {
        try check.run(
            on: DirectoryBlobStore(directory: directory) { UUID().uuidString.lowercased().replacing("-", with: "") })
    }

    @Test func filesAndDirectoriesAreForTheOwnerAlone() throws {
        let store = DirectoryBlobStore(directory: directory) { UUID().uuidString.lowercased().replacing("-", with: "") }
        let stage = try store.stage()
        try [UInt8](0..<9).withUnsafeBytes { try stage.write($0) }
        let address = stage.finish()
        try store.commit([stage])
        let files = PosixFileSystem()
        #expect(try files.status(store.path(of: address)).mode == 0o600)
        #expect(try files.status(store.directory(of: address)).mode == 0o700)
        #expect(store.path(of: address).hasSuffix("/objects/\(address.hex.prefix(2))/\(address.hex)"))
    }

    @Test func foreignFilesAreNamed() throws {
        let store = DirectoryBlobStore(directory: directory) { UUID().uuidString.lowercased().replacing("-", with: "") }
        _ = FileManager.default.createFile(atPath: directory + "/objects/ab/notes.txt", contents: Data())
        _ = FileManager.default.createFile(
            atPath: directory + "/objects/ab/" + String(repeating: "c", count: 64), contents: Data())
        _ = FileManager.default.createFile(atPath: directory + "/objects/README", contents: Data())
        var foreign: Set<String> = []
        try store.walk { if case .foreign(let path) = $0 { foreign.insert(path) } }
        #expect(
            foreign == ["objects/ab/notes.txt", "objects/ab/\(String(repeating: "c", count: 64))", "objects/README"])
    }

    /// Promise 1: bytes before the name, the name before the directory, and nothing synced twice.
    @Test func theOrderOfDurabilityIsKept() throws {
        let files = RecordingFileSystem()
        let store = DirectoryBlobStore(directory: directory, files: files) { Self.stage }
        let stage = try store.stage()
        try [UInt8](0..<9).withUnsafeBytes { try stage.write($0) }
        let address = stage.finish()
        try store.commit([stage])
        store.settle([stage])
        #expect(
            files.operations == [
                "create staging/\(Self.stage)", "append staging/\(Self.stage)", "openDirectory staging",
                "syncData staging/\(Self.stage)", "syncDirectory staging", "close staging",
                "openDirectory objects/\(address.hex.prefix(2))",
                "link staging/\(Self.stage) objects/\(address.hex.prefix(2))/\(address.hex)",
                "syncDirectory objects/\(address.hex.prefix(2))", "close objects/\(address.hex.prefix(2))",
                "remove staging/\(Self.stage)", "close staging/\(Self.stage)",
            ])
    }

    @Test func aFailedSyncIsNeverTriedAgain() throws {
        let files = RecordingFileSystem(failing: "syncData")
        let store = DirectoryBlobStore(directory: directory, files: files) { Self.stage }
        let stage = try store.stage()
        let address = stage.finish()
        #expect(throws: FileError(.sync, path: directory + "/staging/\(Self.stage)", code: EIO)) {
            try store.commit([stage])
        }
        stage.discard()
        #expect(files.operations.filter { $0.hasPrefix("syncData") }.count == 1)
        #expect(!FileManager.default.fileExists(atPath: directory + "/staging/\(Self.stage)"))
        #expect(throws: BlobStoreError.missing(address)) { try store.open(address) }
    }

    @Test func pathsOfAnyLengthHaveAParentAndAName() {
        let paths = [
            ("q", ".", "q"), ("é", ".", "é"), ("x/", ".", "x"), ("./q", ".", "q"), ("/q", "/", "q"), ("a/b", "a", "b"),
            ("/a//b//", "/a", "b"), ("/", "/", ""), ("", ".", ""),
        ]
        for (path, parent, name) in paths {
            #expect(FilePath.parent(path) == parent && FilePath.name(path) == name, "\(path)")
        }
    }

    @Test func addressesAreReadStrictly() {
        let hex = String(repeating: "0f", count: 32)
        #expect(BlobAddress(hex: hex)?.hex == hex)
        for bad in ["", String(hex.dropLast()), hex + "0", hex.uppercased(), String(repeating: "0g", count: 32)] {
            #expect(BlobAddress(hex: bad) == nil)
        }
    }
}

/// The operating system's files, with a record of what was done to them below one directory.
private final class RecordingFileSystem: FileSystem {
    private let posix = PosixFileSystem()
    private let failing: String?
    private let record = Mutex<[String]>([])

    init(failing: String? = nil) { self.failing = failing }

    var operations: [String] { record.withLock { $0 } }

    private func note(_ operation: String, _ paths: String...) throws(FileError) {
        let shown = paths.map { path in
            path.range(of: "/staging").map { String(path[$0.lowerBound...].dropFirst()) } ?? path.range(of: "/objects/")
                .map { String(path[$0.lowerBound...].dropFirst()) } ?? path
        }
        record.withLock { $0.append(([operation] + shown).joined(separator: " ")) }
        if operation == failing { throw FileError(.sync, path: paths[0], code: EIO) }
    }

    func makeDirectory(_ path: String) throws(FileError) { try posix.makeDirectory(path) }
    func create(_ path: String) throws(FileError) -> OpenFile {
        try note("create", path)
        return try posix.create(path)
    }
    func openForAppending(_ path: String) throws(FileError) -> OpenFile { try posix.openForAppending(path) }

    func truncate(_ file: OpenFile, to length: UInt64) throws(FileError) { try posix.truncate(file, to: length) }

    func append(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(FileError) {
        try note("append", file.path)
        try posix.append(bytes, to: file)
    }
    func syncData(_ file: OpenFile) throws(FileError) {
        try note("syncData", file.path)
        try posix.syncData(file)
    }
    func close(_ file: OpenFile) {
        try? note("close", file.path)
        posix.close(file)
    }
    func link(_ path: String, to newPath: String) throws(FileError) {
        try note("link", path, newPath)
        try posix.link(path, to: newPath)
    }
    func rename(_ path: String, to newPath: String) throws(FileError) { try posix.rename(path, to: newPath) }
    func remove(_ path: String) throws(FileError) {
        try note("remove", path)
        try posix.remove(path)
    }
    func openDirectory(_ path: String) throws(FileError) -> OpenFile {
        try note("openDirectory", path)
        return try posix.openDirectory(path)
    }
    func syncDirectory(_ directory: OpenFile) throws(FileError) {
        try note("syncDirectory", directory.path)
        try posix.syncDirectory(directory)
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
