internal import Base
internal import Catalog
package import Foundation
package import Ledger
package import Sealing
internal import Synchronization

/// How far the ledger had come when this machine last saw it, under the keys' MAC: an index that is older is known as
/// such also while the published place cannot be read. See <doc:Publication>.
package struct Mark: Equatable, Sendable {
    let archive: ArchiveUID
    /// The origin that the ledger had.
    package let origin: Int
    package let size: UInt64
    package let root: MerkleHash
    /// When that was.
    package let time: Date

    private static let version: UInt64 = 1
    /// The time of what a checkpoint counts that this ledger does not have: never.
    static let never = Date(timeIntervalSince1970: 0)

    /// The one that counts more of the newest origin.
    static func further(_ marks: Mark?...) -> Mark? {
        marks.compactMap(\.self).max { ($0.origin, $0.size) < ($1.origin, $1.size) }
    }

    /// Nobody on this machine has seen that ledger.
    var isForeign: Bool { time == Self.never }

    init(archive: ArchiveUID, origin: Int, size: UInt64, root: MerkleHash, time: Date) {
        (self.archive, self.origin, self.size, self.root, self.time) = (archive, origin, size, root, time)
    }

    /// Reads what a key vouched for; nil where none did.
    init?(_ text: String, by keyring: Keyring) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, lines[2].isEmpty, let mac = Hexadecimal.bytes(String(lines[1])),
            keyring.hasVouched(for: Array(lines[0].utf8), by: mac, purpose: .mark),
            case .object(let members) = try? CanonicalJSON(Array(lines[0].utf8)),
            case .number(Self.version) = members["version"], case .text(let uid) = members["archive"],
            let archive = ArchiveUID(hex: uid), case .number(let origin) = members["origin"],
            case .number(let size) = members["entries"], case .text(let root) = members["root"],
            let root = Hexadecimal.bytes(root).flatMap({ MerkleHash(bytes: $0) }),
            case .text(let time) = members["time"],
            let time = LedgerTime.time(time)
        else { return nil }
        (self.archive, self.origin, self.size, self.root, self.time) = (
            archive, Int(clamping: origin), size, root, time
        )
    }

    /// A line with what is vouched for, and one with its MAC.
    func text(by keyring: Keyring) -> String {
        let body = CanonicalJSON.object([
            "version": .number(Self.version), "archive": .text(archive.hex),
            "origin": .number(UInt64(clamping: origin)),
            "entries": .number(size), "root": .text(root.bytes.hex), "time": .text(LedgerTime.text(time)),
        ]).bytes
        return String(decoding: body, as: UTF8.self) + "\n" + keyring.vouch(for: body, purpose: .mark).hex + "\n"
    }
}

/// Where the mark of an archive is kept on this machine.
package struct MarkPlace: Sendable {
    let directory: String
    private let archive: ArchiveUID
    private let effects: Effects

    init(_ settings: PublicationSettings, of archive: ArchiveUID, effects: Effects) {
        directory = FilePath.trimmed(settings.mark ?? Self.standard(effects))
        self.archive = archive
        self.effects = effects
    }

    static func standard(_ effects: Effects) -> String { effects.stateDirectory + "/strongroom-mark" }

    package var path: String { "\(directory)/\(archive.hex)" }

    /// The mark that is there; nil where there is none, where no key of the archive vouches for it, or where it would
    /// not outlive the machine's power.
    package func read(by keyring: Keyring) -> Mark? {
        guard let bytes = try? effects.files.contents(of: path, limit: 4096), !FileSystemType.isInMemory(directory),
            let mark = Mark(String(decoding: bytes, as: UTF8.self), by: keyring), mark.archive == archive
        else { return nil }
        return mark
    }

    /// Puts a mark in the place of the one that is there, unless that is further. Durable when it returns.
    func write(_ mark: Mark, by keyring: Keyring, until limit: WaitLimit = .none) throws {
        if !FileManager.default.fileExists(atPath: directory) {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try effects.files.syncNames(in: FilePath.parent(directory))
        }
        let lock = try FileLock(path + ".lock")
        if limit.isBounded { try limit.wait { try lock.tryToTake() } } else { try lock.take() }
        defer { lock.release() }
        if let known = read(by: keyring), (known.origin, known.size) > (mark.origin, mark.size) { return }
        try Array(mark.text(by: keyring).utf8).withUnsafeBytes {
            try effects.files.replaceDurably(path, bytes: $0, suffix: "." + effects.suffix())
        }
    }
}

extension Session {
    var markPlace: MarkPlace {
        MarkPlace(configuration.publication, of: configuration.archiveUID, effects: effects)
    }

    /// Notes durably on this machine how far the ledger is now, before a hold or a destruction is acknowledged.
    package func writeMark() throws {
        let roots = try catalog.read { try head(in: $0).roots }
        let mark = Mark(
            archive: configuration.archiveUID, origin: origin.number, size: roots.size, root: roots.root, time: now)
        do {
            try markPlace.write(mark, by: keyring, until: limit)
        } catch {
            let problem = Self.cannotMark(error)
            archive.ledgerState.withLock { $0.markProblem = problem }
            throw problem
        }
        archive.ledgerState.withLock { ($0.markedAt, $0.markProblem) = (mark.time, nil) }
    }

    static func cannotMark(_ error: any Error) -> ArchiveError {
        ArchiveError(error, subject: "this machine cannot note how far the ledger is")
    }

    /// The same where the last mark is so old that it may soon be too old to count. What fails is said by
    /// ``markProblem``, and tried again.
    func refreshMark() {
        let last = archive.ledgerState.withLock { $0.markedAt }
        let age = configuration.publication.hours * 3600 / 24
        if let last, abs(now.timeIntervalSince(last)) < age { return }
        try? writeMark()
    }

    /// Publishes that a purge has begun: before, nothing is destroyed. So whoever puts an older archive back finds a
    /// place that knows of the purge.
    package func publishBeginning(of run: UInt64) throws {
        publish()
        if let fork { throw fork }
        guard archive.ledgerState.withLock({ $0.published > run }) else {
            let problem = publicationProblem
            throw ArchiveError(
                .ledgerUnpublished,
                "that the purge has begun could not be published" + (problem.map { ": \($0.message)" } ?? "")
                    + "; nothing is destroyed",
                remedy: placeRemedy(problem))
        }
        try checkIsCompared("nothing is destroyed")
    }

    /// Sees that what is published is the beginning of this ledger still: another machine, or another archive, may have
    /// gone on meanwhile.
    ///
    /// - Parameter run: the entry that began a purge, which is published.
    package func compareWithPublished(since run: UInt64 = 0) throws {
        let publication = publication(of: origin)
        let newest = try publication.newest()
        guard let newest, newest.size > run else {
            throw Self.shrank(publication, newest?.size ?? 0, ledgerState.published)
        }
        try catalog.read { index in
            try Self.check(newest, against: try head(in: index).roots, in: index, place: publication.place)
        }
    }

    /// Refuses to go on where nothing says that this is not an older state of the archive: neither the published place
    /// nor a mark, within the time for which the place may fail.
    package func checkIsCompared(_ what: String) throws {
        if let fork { throw fork }
        let hours = configuration.publication.hours
        let at = archive.ledgerState.withLock { $0.comparedAt }
        if let at, abs(now.timeIntervalSince(at)) <= hours * 3600 { return }
        let problem = publicationProblem
        throw ArchiveError(
            .ledgerUnpublished,
            "the archive cannot be compared with what is published" + (problem.map { ": \($0.message)" } ?? "")
                + ", and was not within \(hours.formatted()) h; \(what)",
            remedy: placeRemedy(problem))
    }

    /// What to do about a place that is not of use: what it says itself, where it does.
    func placeRemedy(_ problem: ArchiveError?) -> Remedy {
        problem?.remedy
            ?? "mend the place that the ledger is published to, or name another in the configuration"
    }
}
