import Foundation
import Testing

@testable import Base

struct FileSystemTypeTests {
    @Test func whatDoesNotKeepItsWordIsNamed() throws {
        for type in ["tmpfs", "ramfs", "nfs", "nfs4", "cifs", "fuse.sshfs", "fuseblk", "9p"] {
            #expect(FileSystemType.weakness(ofType: type)?.contains(type) == true)
        }
        for type in ["ext4", "xfs", "btrfs", "zfs", "overlay"] { #expect(FileSystemType.weakness(ofType: type) == nil) }
    }

    @Test func theKindOfAFileSystemIsRead() throws {
        #expect(FileSystemType.name(at: "/proc") == "proc")
        #expect(FileSystemType.name(at: "/does/not/exist") == nil)
        if FileManager.default.fileExists(atPath: "/dev/shm") { #expect(FileSystemType.isInMemory("/dev/shm")) }
    }
}
