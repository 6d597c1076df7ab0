internal import Base
internal import Foundation
internal import Sealing

/// A second copy of the sealed keyring, in a directory that the operator named: without the keyring nothing in an
/// archive can be opened, whoever has the root key. Whenever the archive is opened the copy is made the newest.
struct KeyringCopy {
    let path: String
    private let files: any FileSystem
    private let suffix: String

    /// - Parameter directory: outside of the archive.
    init(in directory: String, of archive: ArchiveUID, effects: Effects) {
        path = "\(FilePath.trimmed(directory))/\(archive.hex).keyring"
        files = effects.files
        suffix = effects.suffix()
    }

    /// Writes what the copy lacks, durably.
    ///
    /// - Parameters:
    ///   - sealed: the keyring as it lies in the archive, which a root key has just opened.
    ///   - generation: of it.
    /// - Throws: where the copy is of a newer keyring, or cannot be read or written.
    func update(_ sealed: [UInt8], generation: UInt64) throws {
        var known: [UInt8]?
        do throws(FileError) { known = try files.contents(of: path, limit: 1 << 20) } catch {
            guard error.code == ENOENT else { throw error }
        }
        if known == sealed { return }
        if let known, let other = try? Keyring.Preamble(known).generation, other > generation {
            throw ArchiveError(
                .badKeyring, "\(path) is a newer keyring than the archive's own",
                remedy: "the archive's was rolled back: put the newer one back in its place")
        }
        try sealed.withUnsafeBytes { try files.replaceDurably(path, bytes: $0, suffix: suffix) }
    }

    /// What to do about a keyring that is gone.
    var remedy: Remedy? {
        guard files.exists(path) else { return nil }
        return "its copy is \(path): put that in its place, with mode 0600"
    }
}
