package import Base
public import Catalog
package import Foundation
public import Ledger
public import Sealing

/// What the keys vouch for: what an index has to come to. One row, written anew with each entry. See <doc:Head>.
public struct Head: Equatable, Sendable {
    package let archive: ArchiveUID
    /// Another number after every change: a lower one than was seen is an older state.
    package private(set) var counter: UInt64
    /// Of the keyring.
    package let generation: UInt64
    package let epochs: [EpochState]
    package private(set) var roots: LedgerRoots
    /// Of the tree over tags.
    package private(set) var tags: TagRoot
    /// The newest time on record since a clock was last accepted.
    package private(set) var newestTime: Date?
    /// What is archived and not destroyed.
    package private(set) var objects: UInt64
    /// What is registered and not destroyed.
    package private(set) var cases: UInt64
    /// What the vendor has to be asked about: verifications that have not ended.
    package private(set) var waiting: UInt64
    /// Of accesses that are open (``OpenAccesses``).
    package private(set) var accesses: Digest
    /// Time as machines have measured it.
    package private(set) var time: MeasuredTime
    /// How many objects were destroyed in each of the last hours of ``time``: no clock makes them longer ago.
    package private(set) var destroyed: [Destroyed] = []

    /// How far purges have looked at all cases.
    package private(set) var examined: Examined

    /// The run that has begun to destroy, and whose end is not on record.
    package private(set) var run: Run?

    package struct Run: Equatable, Sendable {
        /// That began it.
        package let entry: UInt64
        /// Objects that it began with.
        package let objects: UInt64
        package fileprivate(set) var destroyed: UInt64 = 0
        package fileprivate(set) var bytes: UInt64 = 0
    }

    /// Which strand is looked at next, and when the last ones were.
    public struct Examined: Equatable, Sendable {
        package let strand: UInt64
        package let time: Date

        package init(strand: UInt64, time: Date) { (self.strand, self.time) = (strand, time) }
    }

    package struct Destroyed: Equatable, Sendable {
        package let hour: UInt64
        package var objects: UInt64
    }

    /// Hours that are remembered.
    private static let hours: UInt64 = 25

    /// Objects that were destroyed within so many hours before a reading, and at most an hour more.
    package func destroyed(hours: UInt64, before reading: ClockReading) -> UInt64 {
        let now = Self.hour(of: time.advanced(to: reading))
        return destroyed.reduce(0) { $0 + ($1.hour + hours >= now ? $1.objects : 0) }
    }

    private static func hour(of time: MeasuredTime) -> UInt64 { time.measured / 3_600_000 }

    package struct EpochState: Equatable, Sendable {
        package let number: UInt32
        package let state: String

        package init(number: UInt32, state: String) { (self.number, self.state) = (number, state) }
    }

    private static let version: UInt64 = 1

    /// Of an archive that is being made.
    init(archive: ArchiveUID, keyring: Keyring, epochs: [EpochState], at reading: ClockReading) {
        examined = Examined(strand: UInt64(Strand.own.count), time: reading.now)
        time = MeasuredTime(reading)
        self.archive = archive
        counter = 0
        generation = keyring.generation
        self.epochs = epochs
        roots = .none
        tags = .none
        (objects, cases, waiting) = (0, 0, 0)
        accesses = OpenAccesses.none
    }

    /// The head after some entries.
    ///
    /// - Parameters:
    ///   - roots: what the ledger comes to with them.
    ///   - tags: what the tags come to.
    ///   - accesses: of accesses that are open, where one was changed.
    ///   - reading: the clock, where somebody has looked at it.
    ///   - isWitnessed: another clock has said the same lately.
    func extended(
        by entries: [Entry], to roots: LedgerRoots, tags: TagRoot, examined: Examined? = nil,
        accesses: Digest? = nil, at reading: ClockReading? = nil, isWitnessed: Bool = false
    ) -> Head {
        var head = self
        if let reading {
            let isAccepted = entries.contains { $0.event.kind == .clockAccepted }
            head.time =
                isAccepted || isWitnessed
                ? time.vouchedFor(at: reading, isAccepted: isAccepted) : time.advanced(to: reading)
        }
        if let examined { head.examined = examined }
        if let accesses { head.accesses = accesses }
        head.counter += 1
        (head.roots, head.tags) = (roots, tags)
        for (offset, entry) in entries.enumerated() {
            switch entry.event {
            case .objectArchived: head.objects += 1
            case .objectDestroyed(let event):
                head.objects -= min(head.objects, 1)
                head.countDestroyed(in: Self.hour(of: head.time))
                guard var run = head.run, run.entry == event.run else { break }
                run.destroyed += 1
                run.bytes += min(event.length, CanonicalJSON.largestNumber - run.bytes)
                head.run = run
            case .purgeStarted(let event):
                head.run = Run(entry: self.roots.size + UInt64(offset), objects: event.objects)
            case .purgeFinished(let event): if head.run?.entry == event.run { head.run = nil }
            case .verificationRegistered: head.waiting += 1
            case .verificationEnded: head.waiting -= min(head.waiting, 1)
            case .caseRegistered: head.cases += 1
            case .caseDestroyed: head.cases -= min(head.cases, 1)
            default: break
            }
            guard entry.event.kind.countsForNewestTime else { continue }
            // Accepted, a clock begins anew.
            let isNewer = head.newestTime.map { $0 < entry.time } ?? true
            if isNewer || entry.event.kind == .clockAccepted { head.newestTime = entry.time }
        }
        return head
    }

    private mutating func countDestroyed(in hour: UInt64) {
        if let place = destroyed.firstIndex(where: { $0.hour == hour }) {
            destroyed[place].objects += 1
            return
        }
        destroyed.append(Destroyed(hour: hour, objects: 1))
        let newest = destroyed.reduce(0) { max($0, $1.hour) }
        destroyed = destroyed.filter { $0.hour + Self.hours > newest }
            .sorted { $0.hour < $1.hour }
    }

    // MARK: Form

    /// The head in its one form.
    package var bytes: [UInt8] {
        var members: [String: CanonicalJSON] = [
            "version": .number(Self.version), "archive": .text(archive.hex), "counter": .number(counter),
            "generation": .number(generation), "entries": .number(roots.size), "root": .text(roots.root.bytes.hex),
            "tags": .number(tags.count), "tagRoot": .text(tags.hash.bytes.hex),
            "strands": .number(roots.strands.count), "strandRoot": .text(roots.strands.hash.bytes.hex),
            "examined": .object([
                "strand": .number(examined.strand), "time": .text(LedgerTime.text(examined.time)),
            ]),
            "time": time.json,
            "objects": .number(objects), "cases": .number(cases), "waiting": .number(waiting),
            "accesses": .text(accesses.hex),
            "destroyed": .list(
                destroyed.map { .object(["hour": .number($0.hour), "objects": .number($0.objects)]) }),
            "epochs": .list(
                epochs.map { .object(["number": .number(UInt64($0.number)), "state": .text($0.state)]) }),
        ]
        if let newestTime { members["newestTime"] = .text(LedgerTime.text(newestTime)) }
        if let run {
            members["run"] = .object([
                "entry": .number(run.entry), "objects": .number(run.objects), "destroyed": .number(run.destroyed),
                "bytes": .number(run.bytes),
            ])
        }
        return CanonicalJSON.object(members).bytes
    }

    /// Reads what a key vouched for; nil where that has another form.
    public init?(_ bytes: [UInt8]) {
        guard case .object(let members) = try? CanonicalJSON(bytes) else { return nil }
        func number(_ name: String) -> UInt64? {
            if case .number(let number) = members[name] { number } else { nil }
        }
        func text(_ name: String) -> String? { if case .text(let text) = members[name] { text } else { nil } }
        func hash(_ name: String) -> MerkleHash? {
            text(name).flatMap { Hexadecimal.bytes($0) }.flatMap { MerkleHash(bytes: $0) }
        }
        guard number("version") == Self.version, let archive = text("archive").flatMap({ ArchiveUID(hex: $0) }),
            let counter = number("counter"), let generation = number("generation"), let size = number("entries"),
            let root = hash("root"), let strands = number("strands"), let strandRoot = hash("strandRoot"),
            let tags = number("tags"), let tagRoot = hash("tagRoot"),
            let objects = number("objects"), let cases = number("cases"), let waiting = number("waiting"),
            let accesses = text("accesses").flatMap({ Digest(hex: $0) }), case .list(let epochs) = members["epochs"],
            case .list(let destroyed) = members["destroyed"],
            let time = MeasuredTime(members["time"]),
            case .object(let examined) = members["examined"], case .number(let strand) = examined["strand"],
            case .text(let last) = examined["time"], let examinedAt = LedgerTime.time(last)
        else { return nil }
        self.archive = archive
        self.counter = counter
        self.generation = generation
        roots = LedgerRoots(size: size, root: root, strands: StrandRoot(count: strands, hash: strandRoot))
        self.tags = TagRoot(count: tags, hash: tagRoot)
        self.examined = Examined(strand: strand, time: examinedAt)
        self.time = time
        self.objects = objects
        self.cases = cases
        self.waiting = waiting
        self.accesses = accesses
        self.epochs = epochs.compactMap { value in
            guard case .object(let members) = value, case .number(let number) = members["number"],
                case .text(let state) = members["state"]
            else { return nil }
            return EpochState(number: UInt32(truncatingIfNeeded: number), state: state)
        }
        self.destroyed = destroyed.compactMap { value in
            guard case .object(let members) = value, case .number(let hour) = members["hour"],
                case .number(let objects) = members["objects"]
            else { return nil }
            return Destroyed(hour: hour, objects: objects)
        }
        newestTime = text("newestTime").flatMap { LedgerTime.time($0) }
        if case .object(let members) = members["run"], case .number(let entry) = members["entry"],
            case .number(let objects) = members["objects"], case .number(let destroyed) = members["destroyed"],
            case .number(let bytes) = members["bytes"]
        {
            run = Run(entry: entry, objects: objects, destroyed: destroyed, bytes: bytes)
        }
    }
}

extension IndexWriter {
    /// Appends entries to what a head vouches for, and writes the head anew.
    ///
    /// - Parameters:
    ///   - closing: makes an entry that comes last, from the root of the strands of all before it.
    ///   - examined: how far purges have looked at all cases, where that is new.
    /// - Returns: the head with them.
    @discardableResult
    public func extend(
        _ head: Head, by entries: [Entry], closing: ((StrandRoot) -> Entry)? = nil, examined: Head.Examined? = nil,
        at reading: ClockReading? = nil, isWitnessed: Bool = false, keyring: Keyring
    ) throws -> Head {
        try extend(
            head, by: entries, closing: closing, examined: examined, at: reading, isWitnessed: isWitnessed,
            keyring: keyring, watch: nil)
    }

    /// The same; `watch` need not read again what is written here.
    func extend(
        _ head: Head, by entries: [Entry], closing: ((StrandRoot) -> Entry)?, examined: Head.Examined?,
        accesses: Digest? = nil, at reading: ClockReading?, isWitnessed: Bool, keyring: Keyring, watch: HeadWatch?
    ) throws -> Head {
        let roots = try append(entries, to: head.roots, closing: closing)
        let extended = head.extended(
            by: entries, to: roots, tags: try applyTagChanges(to: head.tags), examined: examined, accesses: accesses,
            at: reading, isWitnessed: isWitnessed)
        let body = extended.bytes
        let mac = keyring.vouch(for: body, purpose: .head)
        try setHead(body, mac: mac)
        watch?.note(extended, body: body, mac: mac)
        return extended
    }
}
