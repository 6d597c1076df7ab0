internal import Base
internal import Foundation
internal import Ledger
internal import StrictYAML
internal import Vendor

/// The operator's own configuration: whatever names a program, a host, a certificate, a place or a file of secrets. It
/// lies outside of the archive, because whoever may write there must not make a program run, or choose who is believed.
/// See <doc:Settings>.
extension Configuration {
    /// Where the operator's file is looked for.
    public enum OperatorFile: Sendable, Equatable {
        /// One that was named.
        case named(String)
        /// `strongroom/UID.yaml` in this directory: the files of several archives keep apart.
        case standard(inside: String)

        func path(of uid: ArchiveUID) -> String {
            switch self {
            case .named(let path): path
            case .standard(let directory): "\(directory)/strongroom/\(uid.hex).yaml"
            }
        }
    }

    static func operatorTemplate(
        for uid: ArchiveUID, publishedTo place: String, mark: String, vendor: ProviderSettings,
        keyringCopy: String? = nil
    ) -> String {
        """
        # What a Strongroom archive uses of this machine. Times are seconds, sizes are bytes. A key that is not known is
        # refused. This file belongs to who runs the archive, or to root, and nobody else may write it or its directory.

        # The archive that it is for. Without it, it is for any.
        archive: \(uid.hex)

        # Where results are pulled from.
        vendor:
          endpoint: \(vendor.endpoint.url)
          region: \(vendor.region)
          # The vendor allows 20 requests a second; all commands of this archive share them.
          requests-per-second: 20
          # The largest answer that is read.
          answer-cap: 67108864
          connect-timeout: 10
          # A transfer that is slower than 1,000 bytes a second for this long has stalled.
          stall-timeout: 30
          total-timeout: 600
          # A PEM file, where the system's certificates are not the ones to trust.
          # ca-bundle: /etc/ssl/certs/ca-certificates.crt
          # A file of mode 0600 with the vendor's credentials, where they are not in the environment.
          # credentials-file: /etc/strongroom/vendor.credentials

        # Whether memory with keys has to be locked, so that it never comes into the swap: preferred, and said where the
        # system refuses it, or required.
        locked-memory: preferred

        # A directory outside of the archive, best on another disk, for a second copy of the sealed keyring, which is
        # kept the newest: without the keyring, nothing can be opened. Not where the root key is.
        \(keyringCopy.map { "keyring-copy: \(quoted($0))" } ?? "# keyring-copy: /mnt/other/strongroom")

        # In which time zone a day is a day, where an option or a table gives one (--time-zone goes before it); the days
        # of case events are those of the policies that wait for them.
        # time-zone: Asia/Hong_Kong

        # Where the ledger's checkpoints and entries are published, outside of the archive.
        ledger:
          # A directory, best on another machine.
          directory: \(quoted(place))
          # Or a program and its arguments, which is handed what is new, and gives back its newest checkpoint.
          # command: [/usr/local/bin/publish, --to, elsewhere]
          # Where this machine notes how far the ledger had come, so that an older archive is known as such while the
          # place above cannot be read: a directory that outlives the machine's power, elsewhere than that place.
          mark: \(quoted(mark))

        """
    }

    /// The text of an operator's file that names a directory for the copy of the keyring, where it names none: in the
    /// line that the template has for it, or at its end.
    static func operatorText(_ text: String, keepingKeyringCopyIn directory: String) throws -> String {
        let line = "keyring-copy: \(quoted(directory))"
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if let place = lines.firstIndex(where: { $0.hasPrefix("# keyring-copy:") }) {
            lines[place] = line
        } else {
            if lines.last == "" { lines.removeLast() }
            lines += [line, ""]
        }
        let changed = lines.joined(separator: "\n")
        // A file may end in a way that takes no line more.
        guard try YAMLMapping(changed).text("keyring-copy") == directory else {
            throw ArchiveError(
                .badConfiguration, "the configuration takes no line at its end", remedy: "add to it: \(line)")
        }
        return changed
    }

    /// Reads the operator's file of an archive whose own settings were read.
    ///
    /// - Parameter directory: of the archive.
    mutating func readOperatorFile(
        _ file: OperatorFile, of directory: String, files: any FileSystem
    ) throws(ArchiveError) {
        let path = file.path(of: archiveUID)
        let text: String
        do {
            text = try Self.checkedText(of: path, outside: directory, files: files)
        } catch let error as ArchiveError {
            throw error
        } catch let error as FileError where error.code == ENOENT || error.code == ENOTDIR {
            throw ArchiveError(
                .noConfiguration, "there is no configuration of this archive at \(path)",
                remedy: "write one: who moves an archive names there where its ledger is published; or name one with "
                    + "\(input: .config)")
        } catch {
            throw ArchiveError(error)
        }
        do {
            try read(operator: try YAMLMapping(text))
            let paths = [
                publication.mark, publication.directory, publication.command?.first, vendor.connection.caBundle,
                credentialsFile, keyringCopy,
            ]
            for path in paths.compactMap({ $0 }) where !FilePath.isOutside(path, of: directory) {
                throw ArchiveError(
                    .badConfiguration, "\(PlainText.excerpt(path)) is inside the archive",
                    remedy: "put it elsewhere: who changes the archive must not reach it")
            }
            if let mark = publication.mark, let place = publication.directory, !FilePath.isOutside(mark, of: place) {
                throw ArchiveError(
                    .badConfiguration, "the mark would lie in the place that the ledger is published to",
                    remedy: "name another directory: the mark is for when that place cannot be read")
            }
        } catch let error as ArchiveError {
            throw ArchiveError(error.code, "\(path): \(error.message)", remedy: error.remedy)
        } catch {
            throw ArchiveError(
                .badConfiguration, (error as? YAMLProblem)?.description(of: path) ?? "\(path): \(error)",
                remedy: "mend the file and try again")
        }
    }

    /// The text of a file that only who acts and root can change, outside of the archive.
    private static func checkedText(
        of path: String, outside directory: String, files: any FileSystem
    ) throws -> String {
        func check(_ status: FileStatus, _ what: String) throws {
            // A link has no mode of its own.
            let isLink = status.kind == .other
            guard status.owner == geteuid() || status.owner == 0 else {
                throw ArchiveError(
                    .badConfiguration, "\(what) belongs to another user (uid \(status.owner))",
                    remedy: "only you, or root, may say which programs run and which hosts are asked")
            }
            // A directory where only owners take away what is theirs, as /tmp is one, lets nobody exchange the file.
            let isSticky = status.kind == .directory && status.mode & 0o1000 != 0
            guard status.mode & 0o022 == 0 || isSticky || isLink else {
                throw ArchiveError(
                    .badConfiguration,
                    "\(what) can be written by others (mode \(String(status.mode & 0o7777, radix: 8)))",
                    remedy: "let only its owner write it, and see that what it says is yours")
            }
        }
        guard FilePath.isOutside(path, of: directory) else {
            throw ArchiveError(
                .badConfiguration, "\(path) is inside the archive",
                remedy: "put it elsewhere: who changes the archive must not reach it")
        }
        // Links are followed: who may change one, or a directory on the way, says where it leads.
        guard let way = FilePath.way(to: path), let target = way.last else {
            throw ArchiveError(
                .badConfiguration, "\(path) leads from one symbolic link to the next",
                remedy: "name the file itself")
        }
        // The file that is checked is the one that is read.
        let file = try files.open(target)
        defer { files.close(file) }
        for part in way.dropLast() { try check(try files.status(part), part) }
        try check(try files.status(file), path)
        return String(decoding: try files.contents(of: file, limit: 1 << 20), as: UTF8.self)
    }

    private mutating func read(operator reader: YAMLMapping) throws {
        try reader.allow(["archive", "vendor", "ledger", "locked-memory", "keyring-copy", "time-zone"])
        if let text = try reader.text("time-zone") {
            guard let zone = TimeZone(identifier: text) else {
                throw ArchiveError(
                    .badConfiguration, "time-zone: '\(PlainText.excerpt(text))' is not a time zone",
                    remedy: "give one like Asia/Hong_Kong")
            }
            timeZone = zone
        }
        keyringCopy = try reader.text("keyring-copy")
        if let keyringCopy { try Self.checkIsAbsolute(keyringCopy) }
        if let text = try reader.text("locked-memory") {
            guard let rule = LockedMemoryRule(rawValue: text) else {
                throw ArchiveError(
                    .badConfiguration, "locked-memory: '\(PlainText.excerpt(text))' is neither preferred nor required",
                    remedy: "take one of them")
            }
            lockedMemory = rule
        }
        if reader.has("archive") {
            guard try reader.text("archive").flatMap({ ArchiveUID(hex: $0) }) == archiveUID else {
                throw ArchiveError(
                    .badConfiguration, "it is for another archive than \(archiveUID)",
                    remedy: "name the one of this archive with \(input: .config)")
            }
        }
        if let vendor = try reader.mapping("vendor") { try read(vendor: vendor) }
        if let ledger = try reader.mapping("ledger") { try read(place: ledger) }
    }

    private mutating func read(vendor section: YAMLMapping) throws {
        try section.allow([
            "endpoint", "region", "requests-per-second", "answer-cap", "connect-timeout", "stall-timeout",
            "total-timeout", "ca-bundle", "credentials-file",
        ])
        if let text = try section.text("endpoint") { vendor.endpoint = try Self.endpoint(text) }
        if let text = try section.text("region") { vendor.region = try Self.region(text) }
        if let number = try section.number("requests-per-second", within: 0.01...1000) {
            vendor.requestsPerSecond = number
        }
        if let number = try section.number("answer-cap", within: 1024...4_294_967_296) {
            vendor.answerCap = UInt64(number)
        }
        if let number = try section.number("connect-timeout", within: 0.1...600) {
            vendor.connection.connectTimeout = number
        }
        if let number = try section.number("stall-timeout", within: 1...600) { vendor.connection.stallTimeout = number }
        if let number = try section.number("total-timeout", within: 1...86_400) {
            vendor.connection.totalTimeout = number
        }
        vendor.connection.caBundle = try section.text("ca-bundle")
        credentialsFile = try section.text("credentials-file")
    }

    private static func checkIsAbsolute(_ path: String) throws {
        guard path.hasPrefix("/") else {
            throw ArchiveError(
                .badConfiguration, "'\(PlainText.excerpt(path))' is not an absolute path",
                remedy: "give the whole path")
        }
    }

    private mutating func read(place section: YAMLMapping) throws {
        try section.allow(["directory", "command", "mark"])
        publication.mark = try section.text("mark")
        publication.directory = try section.text("directory")
        publication.command = try section.texts("command")
        for path in [publication.directory, publication.command.map { $0.first ?? "" }, publication.mark].compactMap({
            $0
        }) {
            try Self.checkIsAbsolute(path)
        }
        guard publication.directory == nil || publication.command == nil else {
            throw ArchiveError(
                .badConfiguration, "the ledger is published to a directory or by a command, not both",
                remedy: "take one of them out of the configuration")
        }
    }
}
