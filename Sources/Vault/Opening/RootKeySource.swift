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
    package func read(_ files: any FileSystem) throws -> RootKey {
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

    private var name: String {
        switch self {
        case .keyFile: "root key file"
        case .passphraseFile: "passphrase file"
        }
    }
}
