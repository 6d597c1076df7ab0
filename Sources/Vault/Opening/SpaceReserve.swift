internal import Base
internal import Foundation

/// Space of the disk that is kept for purges: where the disk is full, they need some before they free any. A file of
/// zeros in the archive, which a purge gives back to the system while it is at work.
package struct SpaceReserve: Sendable {
    /// Bytes: several times what the log of the index takes for a batch of 250 objects, with its entries.
    static let length = 8 << 20
    static let name = "reserve"

    let path: String

    package init(in directory: String) { path = directory + "/" + Self.name }

    /// Whether the space is kept.
    package var isWhole: Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return Int(status.st_size) >= Self.length && Int(status.st_blocks) * 512 >= Self.length
    }

    /// Keeps the space, as far as it is there; what is missing is said by ``isWhole``.
    package func provide() {
        guard !isWhole else { return }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_nlink == 1 else { return }
        if posix_fallocate(descriptor, 0, off_t(Self.length)) != 0 {
            // A part of it would only keep others from working.
            ftruncate(descriptor, 0)
        }
    }

    /// Gives a part of it back, for who cannot even look at the archive while the disk is full.
    ///
    /// - Returns: whether there was some.
    func lend() -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1,
            Int(status.st_size) >= Self.length / 4
        else { return false }
        return truncate(path, status.st_size - off_t(Self.length / 8)) == 0
    }

    /// Gives the space back.
    package func release() { unlink(path) }
}
