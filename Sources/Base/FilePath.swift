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

    /// Everything on the way from the root to what a path names: each directory that is looked into, each symbolic link
    /// that is followed, and the end. Whoever can change one of them can change where the path leads.
    ///
    /// - Returns: nil where there are more than 40 links on the way, as many as Linux follows.
    public static func way(to path: String) -> [String]? {
        var ahead = parts(path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path)
        var (here, way, links) = (["/"], [String](), 0)
        while !ahead.isEmpty {
            let part = ahead.removeFirst()
            if part == ".." {
                if here.count > 1 { here.removeLast() }
                continue
            }
            if way.last != here.last { way.append(here[here.count - 1]) }
            let next = (here.count == 1 ? "" : here[here.count - 1]) + "/" + part
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: next) else {
                here.append(next)
                continue
            }
            way.append(next)
            links += 1
            guard links <= 40 else { return nil }
            if target.hasPrefix("/") { here = ["/"] }
            ahead = parts(target) + ahead
        }
        return way + [here[here.count - 1]]
    }

    private static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }
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
