internal import Foundation

/// A file that a person named as input: links are followed, and it may be a pipe, as a shell's process substitution is.
public enum InputFile {
    /// Reads it to its end.
    ///
    /// - Parameter limit: bytes; more is refused (`EFBIG`).
    public static func contents(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(.open, path: path, code: errno) }
        defer { close(descriptor) }
        var (bytes, piece) = ([UInt8](), [UInt8](repeating: 0, count: 64 << 10))
        while true {
            let count = piece.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress!, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError(.read, path: path, code: errno) }
            if count == 0 { return bytes }
            bytes += piece[..<count]
            guard bytes.count <= limit else { throw FileError(.read, path: path, code: EFBIG) }
        }
    }
}
