public import Base
internal import Foundation

/// Writes a BagIt 1.0 bag (RFC 8493) with SHA-256 manifests, which appears whole or not at all.
public final class BagWriter {
    private let output: NewDirectory
    private var payload: [(name: String, digest: String)] = []
    private var tags: [(name: String, digest: String)] = []
    private var payloadBytes: UInt64 = 0

    /// - Parameter suffix: of the hidden name under which it is written; one that no other writer uses.
    public init(_ directory: String, files: any FileSystem, suffix: String) throws(FileError) {
        output = try NewDirectory(directory, files: files, suffix: suffix)
    }

    /// Adds a payload file.
    ///
    /// - Parameter name: below `data/`, of ASCII letters, digits, dots, hyphens and slashes.
    /// - Returns: the SHA-256 of the content.
    @discardableResult
    public func add(
        _ name: String, content: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Digest {
        let (digest, length) = try output.add("data/" + name, content: content)
        payload.append(("data/" + name, digest.hex))
        payloadBytes += length
        return digest
    }

    /// Adds a tag file.
    public func addTag(_ name: String, _ content: [UInt8]) throws {
        tags.append((name, try output.add(name, content).digest.hex))
    }

    /// Writes the tag files and gives the bag its name; durable when it returns.
    public func finish(info: [(String, String)]) throws {
        try addTag("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        let oxum = [("Payload-Oxum", "\(payloadBytes).\(payload.count)")]
        try addTag("bag-info.txt", (info + oxum).map { "\($0): \($1)\n" }.joined())
        try addTag("manifest-sha256.txt", Self.manifest(payload))
        try addTag("tagmanifest-sha256.txt", Self.manifest(tags))
        try output.finish()
    }

    /// Removes what was written.
    public func abandon() { output.abandon() }

    private func addTag(_ name: String, _ text: String) throws { try addTag(name, Array(text.utf8)) }

    private static func manifest(_ entries: [(name: String, digest: String)]) -> String {
        entries.sorted { $0.name < $1.name }.map { "\($0.digest)  \($0.name)\n" }.joined()
    }
}
