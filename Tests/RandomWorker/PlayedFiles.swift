import Base
import Foundation

/// The real files, whose ages are told by the time that is played: what was written a moment ago is young, however far
/// the clock is ahead of the machine's.
struct PlayedFiles: FileSystem {
    private let files = PosixFileSystem()
    /// Seconds.
    let offset: @Sendable () -> Double

    func makeDirectory(_ path: String) throws(FileError) { try files.makeDirectory(path) }
    func create(_ path: String) throws(FileError) -> OpenFile { try files.create(path) }
    func openForAppending(_ path: String) throws(FileError) -> OpenFile { try files.openForAppending(path) }
    func truncate(_ file: OpenFile, to length: UInt64) throws(FileError) { try files.truncate(file, to: length) }
    func append(_ bytes: UnsafeRawBufferPointer, to file: OpenFile) throws(FileError) {
        try files.append(bytes, to: file)
    }
    func syncData(_ file: OpenFile) throws(FileError) { try files.syncData(file) }
    func close(_ file: OpenFile) { files.close(file) }
    func link(_ path: String, to newPath: String) throws(FileError) { try files.link(path, to: newPath) }
    func rename(_ path: String, to newPath: String) throws(FileError) { try files.rename(path, to: newPath) }
    func remove(_ path: String) throws(FileError) { try files.remove(path) }
    func openDirectory(_ path: String) throws(FileError) -> OpenFile { try files.openDirectory(path) }
    func syncDirectory(_ directory: OpenFile) throws(FileError) { try files.syncDirectory(directory) }
    func open(_ path: String) throws(FileError) -> OpenFile { try files.open(path) }
    func read(
        _ file: OpenFile, at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer
    ) throws(FileError) -> Int { try files.read(file, at: offset, into: buffer) }
    func status(_ file: OpenFile) throws(FileError) -> FileStatus { played(try files.status(file)) }
    func status(_ path: String) throws(FileError) -> FileStatus { played(try files.status(path)) }
    func names(in path: String) throws(FileError) -> [String] { try files.names(in: path) }

    private func played(_ status: FileStatus) -> FileStatus {
        var status = status
        status.modifiedAt += offset()
        return status
    }
}
