internal import Base
internal import Catalog
internal import Foundation

/// An empty file in the archive that stands from a commit of which it is not known whether it was done until everything
/// was made durable anew. While one stands, nobody opens the archive without doing that first: what is found then stays
/// found, and what is not found never comes back. Each such commit has its own: `unsettled.` and 32 digits. Where
/// the disk takes no new name, because it is full, the index itself is marked: its owner may execute it then.
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

    /// Sets a mark. It is for those who read the index out of the same memory: after a power cut what the disk has kept
    /// is what counts, with a mark or without. So it need not be durable, and it stays where its own sync fails, too.
    ///
    /// - Returns: whether it stands.
    func set() -> Bool {
        let path = directory + "/" + Self.prefix + suffix()
        if let file = try? files.create(path) {
            try? files.syncData(file)
            files.close(file)
        }
        try? files.syncNames(in: directory)
        return files.exists(path) || chmod(index, 0o700) == 0
    }

    private var index: String { directory + "/" + OpenArchive.indexName }
    private var isIndexMarked: Bool { (try? files.status(index)).map { $0.mode & 0o100 != 0 } ?? false }

    /// Whether one stands in an archive.
    static func stands(in directory: String, files: any FileSystem) throws -> Bool {
        try files.names(in: directory).contains { $0.hasPrefix(prefix) }
            || files.status(directory + "/" + OpenArchive.indexName).mode & 0o100 != 0
    }

    /// Makes durable what is there, and takes the marks away that stood before.
    ///
    /// - Returns: whether one stood.
    func settle(_ catalog: Index) throws -> Bool {
        let marks = try files.names(in: directory).filter { $0.hasPrefix(Self.prefix) }
        let isIndexMarked = isIndexMarked
        guard !marks.isEmpty || isIndexMarked else { return false }
        do {
            try catalog.syncAnew(until: WaitLimit(seconds: Self.patience))
            // One that is set meanwhile is lost with it; but then the disk fails no more.
            if isIndexMarked { chmod(index, 0o600) }
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
