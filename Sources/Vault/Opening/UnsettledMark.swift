internal import Base
internal import Catalog
internal import Foundation

/// An empty file in the archive that stands from a commit of which it is not known whether it was done until everything
/// was made durable anew. While one stands, nobody opens the archive without doing that first: what is found then stays
/// found, and what is not found never comes back. Each such commit has its own: `unsettled.` and 32 digits.
struct UnsettledMark: Sendable {
    static let prefix = "unsettled."

    private let directory: String
    private let files: any FileSystem
    private let suffix: @Sendable () -> String

    /// Seconds that are waited for others who write or read.
    private static let patience = 10.0

    /// - Parameter suffix: a name that was never used before.
    init(in directory: String, files: any FileSystem, suffix: @escaping @Sendable () -> String) {
        (self.directory, self.files, self.suffix) = (directory, files, suffix)
    }

    /// Sets a mark, durably as far as the disk that has just failed lets it.
    ///
    /// - Returns: whether it stands.
    func set() -> Bool {
        let path = directory + "/" + Self.prefix + suffix()
        do throws(FileError) {
            var failure: FileError?
            [UInt8]().withUnsafeBytes { bytes in
                do throws(FileError) { try files.createDurably(path, bytes: bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            return true
        } catch {
            return files.exists(path)
        }
    }

    /// Makes durable what is there, and takes the marks away that stood before.
    ///
    /// - Returns: whether one stood.
    func settle(_ catalog: Index) throws -> Bool {
        let marks = try files.names(in: directory).filter { $0.hasPrefix(Self.prefix) }
        guard !marks.isEmpty else { return false }
        do {
            try catalog.syncAnew(until: WaitLimit(seconds: Self.patience))
            try files.changingNames(in: [directory]) { () throws(FileError) in
                for mark in marks {
                    do throws(FileError) { try files.remove(directory + "/" + mark) } catch {
                        // Another process was first.
                        guard error.code == ENOENT else { throw error }
                    }
                }
            }
        } catch {
            let problem = ArchiveError(error)
            throw ArchiveError(
                .unsettled,
                "the disk failed while a change was committed here before, and what is there cannot be made durable "
                    + "anew: \(problem.message)",
                remedy: problem.remedy ?? "look after the disk, then try again; nothing is shown or changed before")
        }
        return true
    }
}
