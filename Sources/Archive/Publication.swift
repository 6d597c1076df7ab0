internal import BlobStore
internal import Catalog
internal import Foundation
internal import Ledger

/// The place outside of the archive where its ledger is published, under one origin. See <doc:Publication>.
struct Publication: Sendable {
    static let checkpointName = "checkpoint"
    static let entriesName = "entries.jsonl"
    static let verifierName = "verifier.key"

    let origin: OriginRecord
    let key: VerifierKey
    private let settings: PublicationSettings
    private let files: any FileSystem
    /// The folder of this archive, which its origins are in.
    private let home: String

    init(
        origin: OriginRecord, key: VerifierKey, archive uid: ArchiveUID, settings: PublicationSettings, effects: Effects
    ) {
        self.origin = origin
        self.key = key
        self.settings = settings
        files = effects.files
        home = FilePath.trimmed(settings.directory ?? effects.stateDirectory + "/strongroom") + "/" + uid.hex
    }

    /// For people.
    var place: String { settings.command.map { "the command \($0.first ?? "")" } ?? folder }

    var folder: String { "\(home)/\(origin.number)" }

    /// What is published.
    enum Published {
        case nothing
        case checkpoint(Checkpoint, note: SignedNote)
    }

    /// Reads the newest published checkpoint, and sees that no newer origin is.
    func newest() throws -> Published {
        if let later = try originNumbers().filter({ $0 > origin.number }).max() {
            throw ArchiveError(
                .ledgerForked, "\(home)/\(later) is published, an origin that this index does not know",
                hint: Archive.forkHint)
        }
        let path = folder + "/" + Self.checkpointName
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try files.contents(of: path, limit: SignedNote.longest)
        } catch {
            guard error.code == ENOENT else { throw error }
            return .nothing
        }
        do throws(NoteError) {
            let note = try SignedNote(bytes)
            return .checkpoint(try Checkpoint(note, by: key), note: note)
        } catch {
            throw ArchiveError(
                .ledgerForked, "\(path) is not a checkpoint of this archive: \(error)", hint: Archive.forkHint)
        }
    }

    /// The newest published checkpoint of any origin as it stands, whatever it is; empty where there is none. What
    /// is no text is shown as such.
    func newestBytes() throws -> String {
        let number = try originNumbers().max() ?? origin.number
        let path = "\(home)/\(number)/\(Self.checkpointName)"
        guard let bytes = try? files.contents(of: path, limit: 16_384) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A number that no origin has.
    func nextOriginNumber() throws -> Int { max(origin.number, try originNumbers().max() ?? 0) + 1 }

    /// The origins that are published.
    private func originNumbers() throws -> [Int] {
        do throws(FileError) {
            return try files.names(in: home).compactMap { Int($0) }
        } catch {
            guard error.code == ENOENT else { throw error }
            return []
        }
    }

    /// Runs `body` while no other process publishes for this archive.
    func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        try makeFolders()
        let path = home + "/lock"
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw FileError(.lock, path: path, code: errno) }
        defer { close(descriptor) }
        var patience = 1000
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            patience -= 1
            guard patience > 0, errno == EWOULDBLOCK || errno == EINTR else {
                throw FileError(.lock, path: path, code: errno)
            }
            usleep(10_000)
        }
        return try body()
    }

    /// Adds what is new, and then its checkpoint. Durable when it returns.
    ///
    /// - Parameters:
    ///   - lines: hands over the lines of the entries from a number on.
    ///   - offset: bytes of the lines before the published checkpoint.
    func publish(
        _ head: Checkpoint, note: SignedNote, after published: UInt64, offset: UInt64,
        lines: (UInt64, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let verifier = folder + "/" + Self.verifierName
        if (try? files.status(verifier)) == nil {
            try replace(verifier, Array("\(key.text)\n".utf8))
        }
        if let command = settings.command {
            try handOver(note, size: head.size, after: published, to: command, lines: lines)
        } else {
            try append(after: published, offset: offset, lines: lines)
        }
        try replace(folder + "/" + Self.checkpointName, note.bytes)
    }

    private func append(
        after published: UInt64, offset: UInt64, lines: (UInt64, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let path = folder + "/" + Self.entriesName
        let length = (try? files.status(path))?.length
        // Shorter than its checkpoint says, it is written anew beside the old one.
        if published == 0 || length.map({ $0 < offset }) ?? true {
            let temporary = path + ".new"
            try? files.remove(temporary)
            let file = try files.create(temporary)
            defer { files.close(file) }
            try lines(0) { try files.append($0, to: file) }
            try files.syncData(file)
            try files.rename(temporary, to: path)
            try files.syncDirectory(folder)
            return
        }
        let file = try files.openForAppending(path)
        defer { files.close(file) }
        if let length, length > offset { try files.truncate(file, to: offset) }
        try lines(published) { try files.append($0, to: file) }
        try files.syncData(file)
    }

    private func handOver(
        _ note: SignedNote, size: UInt64, after published: UInt64, to command: [String],
        lines: (UInt64, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let entries = folder + "/handover.jsonl"
        let checkpoint = folder + "/handover.checkpoint"
        defer {
            try? files.remove(entries)
            try? files.remove(checkpoint)
        }
        try? files.remove(entries)
        let file = try files.create(entries)
        do {
            defer { files.close(file) }
            try lines(published) { try files.append($0, to: file) }
        }
        try replace(checkpoint, note.bytes)
        try PublicationCommand.run(
            command,
            environment: [
                "STRONGROOM_CHECKPOINT": checkpoint, "STRONGROOM_ENTRIES": entries,
                "STRONGROOM_FIRST_ENTRY": "\(published)", "STRONGROOM_SIZE": "\(size)",
                "STRONGROOM_ORIGIN": key.name, "STRONGROOM_VERIFIER_KEY": key.text,
            ])
    }

    private func makeFolders() throws {
        let state = FilePath.parent(home)
        if settings.directory == nil, (try? files.status(state)) == nil {
            try FileManager.default.createDirectory(
                atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        for folder in [home, folder] {
            do throws(FileError) {
                try files.makeDirectory(folder)
                try files.syncDirectory(FilePath.parent(folder))
            } catch {
                guard error.code == EEXIST else { throw error }
            }
        }
    }

    private func replace(_ path: String, _ bytes: [UInt8]) throws {
        let suffix = ".new"
        try? files.remove(path + suffix)
        try bytes.withUnsafeBytes { try files.replaceDurably(path, bytes: $0, suffix: suffix) }
    }
}

/// The program that is handed what is published.
enum PublicationCommand {
    /// Seconds that it may take.
    static let patience: TimeInterval = 60

    static func run(_ command: [String], environment: [String: String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        // No secret of this process is the command's business.
        let own = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LANG", "TZ", "USER"].contains($0.key)
        }
        process.environment = own.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let failure: (String) -> ArchiveError = {
            ArchiveError(
                .storage, "the command \(command[0]) \($0)",
                hint: "see ledger: command in strongroom.yaml; try it by hand")
        }
        do { try process.run() } catch { throw failure("cannot be started") }
        let end = Date().addingTimeInterval(patience)
        while process.isRunning, Date() < end { usleep(5000) }
        guard !process.isRunning else {
            kill(process.processIdentifier, SIGKILL)
            throw failure("did not end within \(Int(patience)) s")
        }
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw failure("failed with exit code \(process.terminationStatus)")
        }
    }
}
