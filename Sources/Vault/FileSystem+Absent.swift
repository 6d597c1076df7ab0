package import Base
internal import Foundation

/// Refuses a path where something is already.
package func checkAbsent(_ path: String, files: any FileSystem) throws {
    guard !path.isEmpty else {
        throw ArchiveError(.outputExists, "the name to write to is empty", remedy: "name a new file or directory")
    }
    guard (try? files.status(FilePath.parent(path) + "/.").kind) == .directory else {
        throw ArchiveError(.outputExists, "there is no directory \(FilePath.parent(path))", remedy: "make it first")
    }
    do throws(FileError) {
        _ = try files.status(path)
    } catch {
        guard error.code == ENOENT else { throw error }
        return
    }
    throw ArchiveError(.outputExists, "\(path) exists already", remedy: "name another; nothing is ever overwritten")
}
