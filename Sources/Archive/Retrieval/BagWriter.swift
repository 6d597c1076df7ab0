internal import BlobStore
internal import FaceID
internal import Foundation

/// Writes a BagIt 1.0 bag (RFC 8493) with SHA-256 manifests: first under a temporary name beside its
/// own, so that it appears whole.
final class BagWriter {
    private let directory: String
    private let temporary: String
    private let files: any FileSystem
    private var made: Set<String> = []
    private var payload: [(name: String, digest: String)] = []
    private var tags: [(name: String, digest: String)] = []
    private var payloadBytes: UInt64 = 0

    init(directory: String, effects: Effects) throws {
        self.directory = FilePath.trimmed(directory)
        files = effects.files
        try checkAbsent(self.directory, files: files)
        temporary = temporaryPath(beside: self.directory, effects: effects)
        try files.makeDirectory(temporary)
    }

    /// Adds a payload file.
    ///
    /// - Parameter name: below `data/`, of ASCII letters, digits, dots, hyphens and slashes.
    /// - Returns: the SHA-256 of the content.
    @discardableResult
    func add(
        _ name: String, content: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> BlobAddress {
        let (digest, length) = try write("data/" + name, content: content)
        payload.append(("data/" + name, digest.hex))
        payloadBytes += length
        return digest
    }

    /// Adds a tag file.
    func addTag(_ name: String, _ content: [UInt8]) throws {
        let (digest, _) = try write(name) { write in try content.withUnsafeBytes(write) }
        tags.append((name, digest.hex))
    }

    /// Writes the tag files and gives the bag its name.
    func finish(info: [(String, String)]) throws {
        try addTag("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        let oxum = [("Payload-Oxum", "\(payloadBytes).\(payload.count)")]
        try addTag("bag-info.txt", (info + oxum).map { "\($0): \($1)\n" }.joined())
        try addTag("manifest-sha256.txt", Self.manifest(payload))
        try addTag("tagmanifest-sha256.txt", Self.manifest(tags))
        for made in made.sorted(by: >) { try files.syncDirectory(temporary + "/" + made) }
        try files.syncDirectory(temporary)
        try checkAbsent(directory, files: files)
        try files.rename(temporary, to: directory)
    }

    /// Removes what was written.
    func abandon() {
        try? FileManager.default.removeItem(atPath: temporary)
    }

    private func addTag(_ name: String, _ text: String) throws { try addTag(name, Array(text.utf8)) }

    private func write(
        _ name: String, content: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> (digest: BlobAddress, length: UInt64) {
        var directory = ""
        for part in name.split(separator: "/").dropLast() {
            directory += (directory.isEmpty ? "" : "/") + part
            if made.insert(directory).inserted { try files.makeDirectory(temporary + "/" + directory) }
        }
        let file = try files.create(temporary + "/" + name)
        defer { files.close(file) }
        var hash = SHA256()
        var length: UInt64 = 0
        try content {
            hash.update($0)
            length += UInt64($0.count)
            try files.append($0, to: file)
        }
        try files.syncData(file)
        return (hash.finish(), length)
    }

    private static func manifest(_ entries: [(name: String, digest: String)]) -> String {
        entries.sorted { $0.name < $1.name }.map { "\($0.digest)  \($0.name)\n" }.joined()
    }
}
