package import Base
package import Catalog
internal import Evidence
internal import Foundation
package import Ledger

/// The place outside of the archive where its ledger is published, under one origin. See <doc:Publication>.
package struct Publication: Sendable {
    package let origin: OriginRecord
    package let key: VerifierKey
    private let archive: ArchiveUID
    private let settings: PublicationSettings
    let effects: Effects
    var files: any FileSystem { effects.files }
    /// The folder of this archive, which its origins are in.
    private let home: String
    /// How long is waited for others who publish, and for the command.
    private let limit: WaitLimit

    package init(
        origin: OriginRecord, key: VerifierKey, archive uid: ArchiveUID, settings: PublicationSettings,
        effects: Effects,
        until limit: WaitLimit = .none
    ) {
        self.limit = limit
        self.origin = origin
        self.key = key
        archive = uid
        self.settings = settings
        self.effects = effects
        home = FilePath.trimmed(settings.directory ?? Self.standardPlace(effects)) + "/" + uid.hex
    }

    /// The same ledger's publication in another place.
    package func elsewhere(_ settings: PublicationSettings) -> Publication {
        Publication(
            origin: origin, key: key, archive: archive, settings: settings, effects: effects, until: limit)
    }

    var now: Date { effects.clock.now() }

    /// For people.
    package var place: String { settings.command.map { "the command \($0.first ?? "")" } ?? folder }

    package var folder: String { "\(home)/\(origin.number)" }

    /// Reads the newest published checkpoint, and sees that no newer origin is; nil where nothing is published.
    package func newest() throws -> Checkpoint? {
        let found = try checkpoints { $0 >= origin.number }
        if let later = found.filter({ $0.key > origin.number && isOurs($0.value) }).keys.max() {
            throw ArchiveError(
                .ledgerForked, "\(name(of: later)) is published, an origin that this index does not know",
                remedy: Session.forkRemedy)
        }
        guard let bytes = found[origin.number] else {
            // A directory that is not there may not be mounted now: that says nothing of what is published in it.
            if let directory = settings.directory { _ = try files.status(FilePath.trimmed(directory) + "/.") }
            return nil
        }
        do throws(NoteError) {
            return try Checkpoint(try SignedNote(bytes), by: key)
        } catch {
            throw ArchiveError(
                .ledgerForked, "what \(name(of: origin.number)) has is not a checkpoint of this archive: \(error)",
                remedy: Session.forkRemedy)
        }
    }

    /// For people: where an origin is published.
    private func name(of number: Int) -> String {
        settings.command == nil ? "\(home)/\(number)" : "\(place), origin \(number),"
    }

    /// The checkpoints that the place has, verbatim, by the numbers of their origins. A program gives back the newest
    /// of all.
    private func checkpoints(where isAsked: (Int) -> Bool) throws -> [Int: [UInt8]] {
        guard let command = settings.command else {
            return try originNumbers().filter(isAsked).reduce(into: [:]) { $0[$1] = try checkpointBytes(of: $1) }
        }
        let bytes = try PublishingProgram.newestCheckpoint(command, of: archive, until: limit)
        guard !bytes.isEmpty else { return [:] }
        // A page of a login, for instance, says nothing of the ledger.
        guard let note = try? SignedNote(bytes), isOurs(bytes) else {
            throw ArchiveError(
                .storage, "the command \(command[0]) printed something that no key of this archive signed",
                remedy:
                    "with STRONGROOM_ACTION=newest it has to print the newest checkpoint that it took, and nothing else"
            )
        }
        let number = number(of: note)
        return isAsked(number) ? [number: bytes] : [:]
    }

    private func number(of note: SignedNote) -> Int {
        number(ofOrigin: note.text.split(separator: "\n").first.map(String.init) ?? "")
    }

    /// The number of the origin of a name: only the first has none there.
    func number(ofOrigin name: String) -> Int {
        if name == origin.origin { return origin.number }
        guard let last = name.split(separator: "/").last,
            let number = last.split(separator: ".").first.flatMap({
                Int($0)
            }), number > 1
        else { return 1 }
        return number
    }

    /// Whether a checkpoint is signed by this archive's key, under whatever name: nothing else counts.
    private func isOurs(_ bytes: [UInt8]) -> Bool { signedCheckpoint(bytes) != nil }

    /// The newest published checkpoint of any origin, verbatim; empty where there is none. What stands in its place and
    /// is no note is named by its SHA-256.
    package func newestText() throws -> String {
        guard let bytes = try checkpoints(where: { _ in true }).max(by: { $0.key < $1.key })?.value else { return "" }
        if (try? SignedNote(bytes)) != nil, bytes.count < 8192 { return String(decoding: bytes, as: UTF8.self) }
        return "not a checkpoint: SHA-256 \(SHA256.digest(of: bytes).hex)"
    }

    /// Whether an origin with this number begins with the newest checkpoint that is published under the one before
    /// it; true where that cannot be read now.
    package func follows(_ previous: String, number: Int) -> Bool {
        guard let before = try? checkpoints(where: { $0 < number }).max(by: { $0.key < $1.key })?.value,
            (try? SignedNote(before)) != nil
        else { return true }
        return Array(previous.utf8) == before
    }

    private func checkpointBytes(of number: Int) throws -> [UInt8]? {
        do throws(FileError) {
            return try files.contents(of: "\(home)/\(number)/\(LedgerFiles.checkpoint)", limit: SignedNote.longest)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
    }

    /// Where this origin and those after it are published, as far as they are this archive's. A program gives no
    /// entries back.
    func laterFolders() throws -> [(number: Int, folder: String)] {
        guard settings.command == nil else { return [] }
        let found = try checkpoints { $0 > origin.number }
        return ([origin.number] + found.filter { isOurs($0.value) }.keys.sorted()).map { ($0, "\(home)/\($0)") }
    }

    /// The checkpoint there, under the name of the origin with this number, so that none stands in the place of
    /// another.
    func signedCheckpoint(in folder: String, number: Int) throws -> Checkpoint? {
        guard let bytes = try? files.contents(of: folder + "/" + LedgerFiles.checkpoint, limit: SignedNote.longest)
        else { return nil }
        return signedCheckpoint(bytes, number: number)
    }

    /// A checkpoint that is signed by a key of this archive under whatever name; or under that of an origin with a
    /// number.
    package func signedCheckpoint(_ bytes: [UInt8], number: Int? = nil) -> Checkpoint? {
        guard let note = try? SignedNote(bytes),
            let name = note.text.split(separator: "\n").first.map(String.init), VerifierKey.isName(name)
        else { return nil }
        if let number, number != origin.number || name != origin.origin {
            guard name.split(separator: "/").last?.hasPrefix("\(number).") == true else { return nil }
        }
        return try? Checkpoint(note, by: VerifierKey(name: name, publicKey: key.publicKey))
    }

    /// A number that no origin has.
    package func nextOriginNumber() throws -> Int {
        max(origin.number, try checkpoints { _ in true }.filter { isOurs($0.value) }.keys.max() ?? 0) + 1
    }

    /// The origins that are published.
    private func originNumbers() throws -> [Int] {
        do throws(FileError) {
            return try files.names(in: home).filter { $0.wholeMatch(of: /[1-9][0-9]{0,5}/) != nil }.compactMap {
                Int($0)
            }
        } catch {
            guard error.code == ENOENT else { throw error }
            return []
        }
    }

    /// Seconds that are waited for another process that publishes: in a directory, or through a program, which may
    /// hang. That costs who started it its deadline, and nobody else.
    private var patience: TimeInterval { settings.command == nil ? 10 : 1 }

    /// Makes durable what another process has published and perhaps died over: what is read may be in memory only, and
    /// once the index counts it as published, a place that has less is not the one that it was.
    func makeDurable() throws {
        guard settings.command == nil else { return }
        for name in [LedgerFiles.entries, LedgerFiles.checkpoint] {
            let file: OpenFile
            // What is missing is found, and completed, by who publishes.
            do throws(FileError) { file = try files.open(folder + "/" + name) } catch {
                if error.code == ENOENT { continue } else { throw error }
            }
            defer { files.close(file) }
            try files.syncData(file)
        }
        for folder in [folder, home] { try files.syncNames(in: folder) }
    }

    /// Runs `body` while no other process publishes for this archive.
    ///
    /// - Throws: ``ArchiveError`` where another is at it; before that one ends, it publishes what came meanwhile.
    package func withLock<Result>(_ body: () throws -> Result) throws -> Result {
        try makeFolders()
        let lock = try FileLock(home + "/lock")
        do {
            try WaitLimit(seconds: patience).wait {
                if try lock.tryToTake() { return true }
                try limit.check()
                return false
            }
        } catch WaitEnded.timedOut where !limit.isOver {
            throw ArchiveError(
                .storage, "another command has been publishing for more than \(Int(patience)) s",
                remedy:
                    "what waits is published by it, or by whoever comes next; look after the program that it waits for")
        }
        defer { lock.release() }
        return try body()
    }

    /// Adds what is new, and then its checkpoint. Durable when it returns.
    ///
    /// - Parameters:
    ///   - published: how many entries the published checkpoint counts.
    ///   - last: the last of them.
    ///   - lines: hands over the lines of the entries from a number on.
    /// - Returns: how many entries the place held: less than `published` where their file was gone or cut.
    package func publish(
        _ head: Checkpoint, note: SignedNote, after published: UInt64, last: LedgerRow?,
        lines: (UInt64, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> UInt64 {
        if let command = settings.command {
            try handOver(note, size: head.size, after: published, to: command, lines: lines)
            return published
        }
        let verifier = folder + "/" + LedgerFiles.verifierKey
        if (try? files.status(verifier)) == nil {
            try replace(verifier, Array("\(key.text)\n".utf8))
        }
        let kept = try append(after: published, last: last, lines: lines)
        try replace(folder + "/" + LedgerFiles.checkpoint, note.bytes)
        return kept
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
        try PublishingProgram.publish(
            command, of: archive,
            environment: [
                "STRONGROOM_CHECKPOINT": checkpoint, "STRONGROOM_ENTRIES": entries,
                "STRONGROOM_FIRST_ENTRY": "\(published)", "STRONGROOM_SIZE": "\(size)",
                "STRONGROOM_ORIGIN": key.name, "STRONGROOM_VERIFIER_KEY": key.text,
            ], until: limit)
        guard try PublishingProgram.newestCheckpoint(command, of: archive, until: limit) == note.bytes else {
            throw ArchiveError(
                .storage, "the command \(command[0]) does not give back the checkpoint that it was handed",
                remedy: "with STRONGROOM_ACTION=newest it has to print its newest one: what cannot be read again is "
                    + "nothing to compare with")
        }
    }

    /// The place that an archive has when it is made: a folder of the user's state.
    static func standardPlace(_ effects: Effects) -> String { effects.stateDirectory + "/strongroom" }

    /// Makes a place where there is none.
    package static func make(_ place: String) throws {
        guard !FileManager.default.fileExists(atPath: place) else { return }
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private func makeFolders() throws {
        // A place that was named is not made: it may be somewhere that is not mounted now.
        if settings.directory == nil { try Self.make(FilePath.parent(home)) }
        for folder in [home, folder] where !files.exists(folder) {
            do throws(FileError) {
                try files.changingNames(in: [FilePath.parent(folder)]) { () throws(FileError) in
                    try files.makeDirectory(folder)
                }
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
