internal import Foundation

/// What kind of file system lies below a path: not each keeps what it was told to.
public enum FileSystemType {
    /// Its name, such as `ext4` or `fuse.sshfs`; nil where the system does not say.
    public static func name(at path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0,
            let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        else { return nil }
        // Each line has the device third, and behind a hyphen the kind of file system; proc_pid_mountinfo(5).
        let number = status.st_dev
        // As makedev(3) puts them together.
        let (major, minor) = ((number >> 8 & 0xfff) | (number >> 32 & ~0xfff), (number & 0xff) | (number >> 12 & ~0xff))
        let device = "\(major):\(minor)"
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 3, fields[2] == device, let hyphen = fields.firstIndex(of: "-"),
                hyphen + 1 < fields.count
            else { continue }
            return String(fields[hyphen + 1])
        }
        return nil
    }

    /// Whether nothing can be written there: the file system is mounted so, as a snapshot or a backup is.
    public static func isReadOnly(_ path: String) -> Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && status.f_flag & UInt(ST_RDONLY) != 0
    }

    /// How many bytes are free there for this user, and how many there are at all; nil where the system does not say.
    public static func space(at path: String) -> (free: UInt64, all: UInt64)? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let unit = UInt64(status.f_frsize)
        return (UInt64(status.f_bavail) * unit, UInt64(status.f_blocks) * unit)
    }

    /// Whether what lies there is gone with the machine's power.
    public static func isInMemory(_ path: String) -> Bool { name(at: path).map(isInMemory(type:)) ?? false }

    private static func isInMemory(type: String) -> Bool { ["tmpfs", "ramfs", "devtmpfs", "rootfs"].contains(type) }

    /// Why what lies there is not as durable, or as well locked, as an archive needs it; nil where nothing is known
    /// against it.
    public static func weakness(at path: String) -> String? { name(at: path).flatMap(weakness(ofType:)) }

    static func weakness(ofType type: String) -> String? {
        if isInMemory(type: type) { return "lies in memory (\(type)): it is gone with the machine's power" }
        if type.hasPrefix("nfs") || ["cifs", "smb3", "9p", "afs", "ceph", "glusterfs"].contains(type) {
            return "lies on another machine (\(type)): what is locked and durable there is only as good as its word"
        }
        if type.hasPrefix("fuse") {
            return "is served by a program (\(type)): what is locked and durable there is only as good as its word"
        }
        return nil
    }
}
