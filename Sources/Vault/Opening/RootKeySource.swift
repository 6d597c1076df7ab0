package import Base
internal import Foundation
package import Sealing

/// Where the root key comes from.
public enum RootKeySource: Sendable, Equatable {
    case keyFile(String)
    case passphraseFile(String)

    public var path: String {
        switch self {
        case .keyFile(let path), .passphraseFile(let path): path
        }
    }

    /// Reads the root key into locked memory.
    ///
    /// - Parameter directory: the archive's. A key inside it protects nothing from who has a copy of it.
    package func read(_ files: any FileSystem, outsideOf directory: String) throws -> RootKey {
        try checkIsOutside(of: directory)
        let file: OpenFile
        do throws(FileError) {
            // A secret that an orchestrator mounts is often a link.
            file = try files.open(FilePath.resolved(path))
        } catch {
            guard error.code == ENOENT else { throw error }
            throw ArchiveError(
                .noRootKey, "no \(name) at \(path)",
                remedy:
                    "give \(input: .rootKeyFile), or \(input: .passphraseFile)"
            )
        }
        defer { files.close(file) }
        let status = try files.status(file)
        guard status.kind == .file, status.length <= 4096 else {
            throw ArchiveError(.badRootKey, "\(path) is not a \(name)")
        }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw ArchiveError(
                .badRootKey, "\(path) belongs to another user (uid \(status.owner)), who can read and exchange it",
                remedy: "make the file your own, or root's, and draw a new key where somebody may have read it")
        }
        guard status.mode & 0o077 == 0 else {
            throw ArchiveError(
                .badRootKey, "\(path) can be read by others (mode \(String(status.mode, radix: 8)))",
                remedy: "let only its owner read it: mode 0600")
        }
        do {
            return try withLockedMemory(byteCount: Int(status.length)) { memory in
                let count = try files.read(file, at: 0, into: memory)
                let content = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count])
                switch self {
                case .keyFile: return try RootKeyFile.read(content)
                case .passphraseFile: return .passphrase(try RootKey.Passphrase(file: content))
                }
            }
        } catch let error as SealingError {
            throw ArchiveError(error, subject: path)
        }
    }

    /// Refuses a key inside the archive that it is to protect.
    func checkIsOutside(of directory: String) throws(ArchiveError) {
        guard FilePath.isOutside(path, of: directory) else {
            throw ArchiveError(
                .badRootKey, "\(path) lies inside the archive",
                remedy: "keep the root key elsewhere: who copies the archive must not copy its key")
        }
    }

    private var name: String {
        switch self {
        case .keyFile: "root key file"
        case .passphraseFile: "passphrase file"
        }
    }
}
