import Foundation

/// An operation on a file that failed: which, on what, and the system's reason.
public struct FileError: Error, Equatable, Sendable {
    public enum Operation: String, Sendable {
        case makeDirectory = "make the directory"
        case create = "create"
        case write = "write"
        case sync = "make durable"
        case link = "link"
        case rename = "rename"
        case remove = "remove"
        case open = "open"
        case read = "read"
        case list = "list"
        case lock = "lock"
    }

    public let operation: Operation
    public let path: String
    /// The system's `errno`.
    public let code: Int32

    public init(_ operation: Operation, path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// What the person can do about it, where there is something to say.
    public var remedy: Remedy? {
        switch code {
        case ENOSPC, EDQUOT: "free some space there and run the same command again; what was acknowledged is safe"
        case EFBIG where operation == .read: "see that it is the right file: this one is longer than any that is read"
        case EFBIG: "let this user write larger files (ulimit -f, LimitFSIZE) and run the same command again"
        case EACCES, EPERM: "run this as the user who owns the archive"
        case EROFS:
            "the file system is mounted read-only: what is there can be looked at; whatever goes on the record, as "
                + "handing "
                + "out media does, needs the archive itself"
        case EIO: "the disk reports an error: look at the kernel's log before you go on"
        case EMFILE, ENFILE: "raise the limit of open files (ulimit -n)"
        default: nil
        }
    }
}

extension FileError: CustomStringConvertible {
    public var description: String {
        code == EFBIG && operation == .read
            ? "\(path) is too long to be read"
            : "cannot \(operation.rawValue) \(path): \(String(cString: strerror(code)).lowercased())"
    }
}
