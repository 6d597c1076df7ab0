internal import Foundation

/// A file that appears whole or not at all: written with mode 0600 under a hidden name beside its own, and linked into
/// place without replacing anything.
public struct NewFile: ~Copyable {
    private let path: String
    private let files: any FileSystem
    private let file: OpenFile

    /// - Parameter suffix: of the hidden name; one that no other writer uses.
    public init(_ path: String, files: any FileSystem, suffix: String) throws(FileError) {
        self.path = path
        self.files = files
        file = try files.create(FilePath.hidden(path, suffix: suffix))
    }

    deinit {
        files.close(file)
        // Of what was linked into place this is the second name.
        try? files.remove(file.path)
    }

    public func append(_ bytes: UnsafeRawBufferPointer) throws(FileError) { try files.append(bytes, to: file) }

    /// Gives the file its name; it is durable with it when this returns. Throws `EEXIST` where something has the name.
    public consuming func finish() throws(FileError) {
        try files.syncData(file)
        try files.changingNames(in: [FilePath.parent(path)]) { () throws(FileError) in
            try files.link(file.path, to: path)
            try files.remove(file.path)
        }
    }
}
