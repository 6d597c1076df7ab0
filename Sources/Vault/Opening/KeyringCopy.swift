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

    /// Sees that a directory for the copy is there, outside of the archive, and not where the root key is.
    static func check(
        _ directory: String, outside archive: String, rootKey: RootKeySource, files: any FileSystem
    ) throws(ArchiveError) {
        guard FilePath.isOutside(directory, of: archive) else {
            throw ArchiveError(
                .badConfiguration, "\(PlainText.excerpt(directory)) is inside the archive",
                remedy: "put the copy elsewhere: what loses the one must not lose the other")
        }
        try checkIsApart(directory, from: rootKey)
        guard (try? files.status(directory + "/.").kind) == .directory else {
            throw ArchiveError(
                .badConfiguration, "there is no directory \(PlainText.excerpt(directory))",
                remedy: "make it first: it is best on another disk")
        }
    }

    /// Refuses a directory that has the root key in it, or somewhere below.
    static func checkIsApart(_ directory: String, from rootKey: RootKeySource) throws(ArchiveError) {
        guard FilePath.isOutside(rootKey.path, of: directory) else {
            throw ArchiveError(
                .badConfiguration, "\(PlainText.excerpt(directory)) is where the root key is",
                remedy: "keep the copy elsewhere: who finds both opens everything")
        }
    }

    /// Writes what the copy lacks, durably.
    ///
    /// - Parameters:
    ///   - sealed: the keyring as it lies in the archive, which a root key has just opened.
    ///   - generation: of it.
    ///   - rootKey: opens it.
    /// - Throws: where the copy is of a newer keyring, or cannot be read or written.
    func update(_ sealed: [UInt8], generation: UInt64, rootKey: borrowing RootKey) throws {
        var known: [UInt8]?
        do throws(FileError) { known = try files.contents(of: path, limit: 1 << 20) } catch {
            guard error.code == ENOENT else { throw error }
        }
        if known == sealed { return }
        // What its first bytes say is believed once the key has opened it; what is altered is written anew.
        if let known, let claimed = try? Keyring.Preamble(known).generation, claimed > generation,
            let other = try? Keyring(opening: known, with: rootKey), other.generation > generation
        {
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

extension OpenArchive {
    /// Has a second copy of the sealed keyring of an archive that exists, from now on: makes it, and names its
    /// directory in the operator's configuration. Durable when this returns.
    ///
    /// - Parameter copies: an existing directory outside of the archive, as an absolute path.
    /// - Returns: the path of the copy, and of the configuration.
    public static func keepKeyringCopy(
        in copies: String, of directory: String, rootKey source: RootKeySource, effects: Effects
    ) throws -> (copy: String, configuration: String) {
        do {
            try KeyringCopy.check(copies, outside: directory, rootKey: source, files: effects.files)
            let parts = try Parts(directory: directory, effects: effects)
            let uid = parts.configuration.archiveUID
            let path = FilePath.resolved(effects.operatorFile.path(of: uid))
            let known = parts.configuration.keyringCopy
            guard known == nil || known == copies else {
                throw ArchiveError(
                    .badConfiguration, "\(path) names another directory: \(known ?? "")",
                    remedy: "change it there: keyring-copy; what lies in the other one stays")
            }
            // It is opened first: no copy is made of what this root key does not open.
            let (keyring, _, problem) = try readKeyring(of: parts, rootKey: source)
            if let problem { throw problem }
            let copy = KeyringCopy(in: copies, of: uid, effects: effects)
            guard known == nil else { return (copy.path, path) }
            try copy.update(
                try effects.files.contents(of: directory + "/" + keyringName, limit: 1 << 20),
                generation: keyring.generation, rootKey: try source.read(effects.files, outsideOf: directory))
            let text = try Configuration.operatorText(
                String(decoding: try effects.files.contents(of: path, limit: 1 << 20), as: UTF8.self),
                keepingKeyringCopyIn: copies)
            do {
                try Array(text.utf8).withUnsafeBytes {
                    try effects.files.replaceDurably(path, bytes: $0, suffix: effects.suffix())
                }
            } catch let error as FileError {
                throw ArchiveError(
                    .badConfiguration,
                    "\(copy.path) was made, but \(path) cannot be written: \(String(cString: strerror(error.code)))",
                    remedy:
                        "add to it, so that the copy is kept the newest: keyring-copy: \(Configuration.quoted(copies))")
            }
            return (copy.path, path)
        } catch {
            throw ArchiveError(error)
        }
    }
}
