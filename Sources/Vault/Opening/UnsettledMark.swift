internal import Base
internal import Catalog
internal import Foundation

/// An empty file in the archive that stands from a commit of which it is not known whether it was done until everything
/// was made durable anew. While it stands, nobody opens the archive without doing that first: what is found then stays
/// found, and what is not found never comes back.
struct UnsettledMark: Sendable {
    static let name = "unsettled"

    private let directory: String
    private let files: any FileSystem
    private var path: String { directory + "/" + Self.name }

    /// Seconds that are waited for others who write or read.
    private static let patience = 10.0

    init(in directory: String, files: any FileSystem) { (self.directory, self.files) = (directory, files) }

    /// Sets the mark, durably as far as the disk that has just failed lets it.
    func set() {
        guard !files.exists(path) else { return }
        [UInt8]().withUnsafeBytes { try? files.createDurably(path, bytes: $0) }
    }

    /// Makes durable what is there, and takes the mark away, where it stands.
    ///
    /// - Returns: whether it stood.
    func settle(_ catalog: Index) throws -> Bool {
        guard files.exists(path) else { return false }
        do {
            try catalog.syncAnew(until: WaitLimit(seconds: Self.patience))
            try files.changingNames(in: [directory]) { () throws(FileError) in
                do throws(FileError) { try files.remove(path) } catch {
                    // Another process was first.
                    guard error.code == ENOENT else { throw error }
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
