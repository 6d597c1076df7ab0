import Foundation

/// Paths as texts. (Foundation's own functions trap on paths of one character on Linux.)
public enum FilePath {
    /// The path without slashes at its end, except for the root.
    public static func trimmed(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// The directory that a path lies in: `.` for a bare name.
    public static func parent(_ path: String) -> String {
        guard let slash = trimmed(path).lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : trimmed(String(path[..<slash]))
    }

    /// The last part of a path.
    public static func name(_ path: String) -> String {
        let path = trimmed(path)
        guard let slash = path.lastIndex(of: "/") else { return path }
        return String(path[path.index(after: slash)...])
    }

    /// A hidden name in the same directory, for what is still being written.
    public static func hidden(_ path: String, suffix: String) -> String {
        "\(parent(path))/.\(name(path)).\(suffix)"
    }

    /// Where a path leads, with every symbolic link followed; the path itself where nothing is there.
    public static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Whether a path leads elsewhere than into a directory, or to it, with every symbolic link followed as far
    /// as there is something.
    public static func isOutside(_ path: String, of directory: String) -> Bool {
        func resolved(_ path: String) -> String {
            var (there, rest) = (URL(fileURLWithPath: path).standardizedFileURL.path, "")
            while realpath(there, nil).map({ free($0) }) == nil, there != "/", there != "." {
                rest = "/" + name(there) + rest
                there = parent(there)
            }
            return trimmed(Self.resolved(there)) + rest
        }
        return !(resolved(path) + "/").hasPrefix(resolved(directory) + "/")
    }
}
