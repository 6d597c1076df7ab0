import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Sealing
import TestSupport
import Testing

/// The ledger's part of what any catalog must do.
struct LedgerChecks {
    let catalog: Subject
    private let actor = ActorStamp(uid: ActorUID(from: .system), known: .claimed)
    private let start = Date(timeIntervalSince1970: 1_795_000_000)

    init(_ engine: any Engine) throws {
        catalog = Subject(engine)
    }

    private func entry(
        _ seconds: Double = 0, caseUID: CaseUID? = nil, by other: ActorStamp? = nil, verb: String = "retrieve"
    ) -> Entry {
        Entry(
            time: start.addingTimeInterval(seconds), actor: other ?? actor,
            event: .attemptFailed(.init(verb: verb, code: "c", outcome: .failed, count: 1, caseUID: caseUID)))
    }

    private func registration(of uid: CaseUID) -> Entry {
        Entry(
            time: start, actor: actor,
            event: .caseRegistered(
                .init(
                    caseUID: uid, caseID: Commitment.Opening("x", randomness: .system).commitment, jurisdictions: [],
                    purpose: nil, subject: nil, consent: nil, age: nil)))
    }

    func entriesAreNumberedAndKeptByteForByte() throws {
        #expect(try catalog.read { try $0.ledgerSize() } == 0)
        let entries = (0..<70).map { entry(Double($0), verb: "v\($0)") }
        // In transactions of every length.
        var (rest, length) = (entries[...], 1)
        while !rest.isEmpty {
            let part = Array(rest.prefix(length))
            let first = try catalog.write { try $0.append(part) }
            #expect(first == UInt64(entries.count - rest.count))
            rest = rest.dropFirst(length)
            length += 1
        }
        var frontier = MerkleFrontier()
        let hasher = MerkleHasher()
        var offset: UInt64 = 0
        for (number, entry) in entries.enumerated() {
            let row = try #require(try catalog.read { try $0.ledgerRow(UInt64(number)) })
            var entry = entry
            entry.place = StrandPlace(UInt64(number + 1), after: number == 0 ? nil : UInt64(number - 1))
            #expect(try row.bytes == entry.encoded() && row.number == UInt64(number) && row.offset == offset)
            offset += UInt64(row.bytes.count) + 1
            row.bytes.withUnsafeBytes { frontier.append($0, hasher: hasher) }
            let size = UInt64(number + 1)
            let root = frontier.root
            try catalog.read { index throws in
                #expect(try MerkleTree.root(of: size, in: index.ledgerNodes) == root)
            }
        }
        try catalog.read { index throws in
            #expect(try index.ledgerSize() == 70)
            #expect(try index.ledgerRow(70) == nil)
            #expect(try index.ledgerRow(.max) == nil)
            #expect(try index.ledgerNodeCount() == 35 + 17 + 8 + 4 + 2 + 1)
            #expect(throws: CatalogError.self) { try index.ledgerNodes.hashes([MerkleNode(level: 1, index: 35)]) }
            #expect(throws: CatalogError.self) { try index.ledgerNodes.hashes([MerkleNode(level: 0, index: 70)]) }
        }
    }

    /// Every strand is in its order, leads back to its beginning, and its end is the leaf that the root vouches for.
    func strandsLeadFromTheirEndToTheirBeginning() throws {
        var random = SeededGenerator.ofTest()
        let cases = (0..<40).map { _ in CaseUID(from: .system) }
        var (waiting, known): (ArraySlice<CaseUID>, [CaseUID]) = (cases[...], [])
        var ends = Dictionary(uniqueKeysWithValues: Strand.own.map { ($0, StrandEnd($0, place: 0, number: 0)) })
        var roots = LedgerRoots.none
        while roots.size < 400 || !waiting.isEmpty {
            var entries: [Entry] = []
            for _ in 0..<Int.random(in: 1...9, using: &random) {
                if let new = waiting.first, Bool.random(using: &random) {
                    waiting = waiting.dropFirst()
                    known.append(new)
                    entries.append(registration(of: new))
                } else {
                    entries.append(
                        entry(caseUID: Bool.random(using: &random) ? known.randomElement(using: &random) : nil))
                }
            }
            let isClosed = Bool.random(using: &random)
            for (place, entry) in entries.enumerated() {
                let end = ends[entry.strand] ?? StrandEnd(entry.strand, place: 0, number: 0)
                ends[entry.strand] = end.extended(by: roots.size + UInt64(place))
            }
            let number = roots.size + UInt64(entries.count)
            let (actor, start) = (actor, start)
            roots = try catalog.write { index in
                try index.append(
                    entries, to: try index.storedRoots(),
                    closing: isClosed
                        ? { Entry(time: start, actor: actor, event: .strands(.init(root: $0))) } : nil)
            }
            if isClosed {
                let row = try #require(try catalog.read { try $0.ledgerRow(number) })
                guard case .strands(let event) = try Entry(row.bytes).event else {
                    Issue.record("no entry closes it")
                    return
                }
                #expect(event.root == Self.root(of: ends, cases: known))
                ends[.work] = ends[.work]!.extended(by: number)
            }
            #expect(roots.strands == Self.root(of: ends, cases: known))
            #expect(try catalog.read { try $0.storedRoots() } == roots)
        }
        try catalog.read { index throws in
            #expect(try index.strands(Array(ends.keys)).mapValues(\.end) == ends)
            for (strand, end) in ends {
                let rows = try index.entries(of: strand, after: nil)
                var last = StrandEnd(strand, place: 0, number: 0)
                for (number, bytes) in rows {
                    #expect(try Entry(bytes).place == last.next)
                    last = last.extended(by: number)
                }
                #expect(last == end)
                #expect(try index.entries(of: strand, after: end.number).isEmpty)
            }
        }
    }

    /// The root by all ends at once.
    private static func root(of ends: [Strand: StrandEnd], cases: [CaseUID]) -> StrandRoot {
        let hasher = MerkleHasher()
        let strands = Strand.own + cases.map { .ofCase($0) }
        var level = strands.map { hasher.leaf(ends[$0]!) }
        repeat {
            level = stride(from: 0, to: level.count, by: 16).map {
                hasher.node(Array(level[$0..<min($0 + 16, level.count)]))
            }
        } while level.count > 1
        return StrandRoot(count: UInt64(strands.count), hash: level[0])
    }

    /// Whatever is extended has to be what is vouched for.
    func anotherRootIsNotExtended() throws {
        let uid = CaseUID(from: .system)
        let roots = try catalog.write { try $0.append([registration(of: uid), entry()], to: .none) }
        func refused(_ roots: LedgerRoots, _ entries: [Entry]) {
            #expect(throws: CatalogError.self) { try catalog.write { try $0.append(entries, to: roots) } }
        }
        let other = MerkleHasher().leaf([1])
        refused(LedgerRoots(size: 1, root: roots.root, strands: roots.strands), [entry()])
        refused(LedgerRoots(size: 2, root: other, strands: roots.strands), [entry()])
        let strands = roots.strands
        refused(LedgerRoots(size: 2, root: roots.root, strands: StrandRoot(count: 4, hash: strands.hash)), [entry()])
        refused(
            LedgerRoots(size: 2, root: roots.root, strands: StrandRoot(count: strands.count, hash: other)), [entry()])
        // A case begins with its registration, and once.
        refused(roots, [entry(caseUID: CaseUID(from: .system))])
        refused(roots, [registration(of: uid)])
        let more = try catalog.write { try $0.append([entry(caseUID: uid)], to: roots) }
        #expect(more.size == 3 && more.strands.count == 5)
    }

    func aTransactionThatFailsLeavesNoEntry() throws {
        struct Failure: Error {}
        try catalog.write { _ = try $0.append([entry()]) }
        #expect(throws: Failure.self) {
            try catalog.write { index in
                try index.append([entry(), entry()])
                throw Failure()
            }
        }
        try catalog.write { index throws in
            #expect(try index.append([entry()]) == 1)
            #expect(try index.append([entry()]) == 2)
            #expect(try index.append([]) == 3)
        }
        #expect(try catalog.read { try $0.ledgerNodeCount() } == 1)
    }

    /// Filters and pages against the plain definition, with clocks that are set back.
    func filtersMeetEveryEntryOnce() throws {
        let cases = (0..<3).map { _ in CaseUID(from: .system) }
        let actors = (0..<3).map { _ in ActorStamp(uid: ActorUID(from: .system), known: .osUser) }
        var random = SeededGenerator.ofTest()
        var clock = 0.0
        let entries = (0..<300).map { number -> Entry in
            clock += number % 37 == 0 ? -400 : Double.random(in: 0..<20, using: &random).rounded()
            return entry(
                max(0, clock + 5000), caseUID: cases.randomElement(using: &random),
                by: actors.randomElement(using: &random))
        }
        try catalog.write { _ = try $0.append(cases.map(registration) + entries) }
        let all = try catalog.read { try $0.ledgerRows(LedgerFilter(), from: 0, limit: 1000) }
        #expect(all.count == 303)
        for _ in 0..<300 {
            var filter = LedgerFilter()
            if Bool.random(using: &random) { filter.strand = .ofCase(cases.randomElement(using: &random)!) }
            if Bool.random(using: &random) {
                filter.actorUIDs = Array(
                    actors.map(\.uid).shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random)))
            }
            if Bool.random(using: &random) {
                filter.kind = Bool.random(using: &random) ? "attempt failed" : "case registered"
            }
            if Bool.random(using: &random) {
                filter.from = all.randomElement(using: &random)!.time.addingTimeInterval(
                    Double(Int.random(in: -1...1, using: &random)))
            }
            if Bool.random(using: &random) {
                filter.before = all.randomElement(using: &random)!.time.addingTimeInterval(
                    Double(Int.random(in: -1...1, using: &random)))
            }
            let expected = all.filter { row in
                (filter.strand.map { row.strand == $0 } ?? true)
                    && (filter.actorUIDs.map { $0.contains(row.actorUID) } ?? true)
                    && (filter.kind.map { row.kind == $0 } ?? true) && (filter.from.map { row.time >= $0 } ?? true)
                    && (filter.before.map { row.time < $0 } ?? true)
            }
            let limit = Int.random(in: 1...40, using: &random)
            let from = UInt64.random(in: 0...303, using: &random)
            try catalog.read { index throws in
                #expect(
                    try index.ledgerRows(filter, from: from, limit: limit)
                        == Array(expected.filter { $0.number >= from }.prefix(limit)))
                #expect(try index.newestLedgerRows(filter, limit: limit) == Array(expected.suffix(limit)))
            }
        }
    }

    func actorsOriginsAndAccessesAreReadBack() throws {
        let tag = Sealing.Tag(keyNumber: 1, bytes: Randomness.system.bytes(32))
        let record = ActorRecord(stamp: actor, nameTag: tag, sealedName: [1, 2])
        let joinable = OpenAccessRecord.Joinable(object: ObjectUID(from: .system), reasonTag: tag)
        let caseUID = CaseUID(from: .system)
        var access = OpenAccessRecord(
            entry: 0, actorUID: actor.uid, caseUID: caseUID, joinable: joinable, openedAt: start, bytes: 5, ranges: 1,
            unfinished: 1)
        try catalog.write { index in
            try index.insert(record)
            try index.insert(OriginRecord(number: 1, origin: "a", firstEntry: 0, published: 0))
            // The row may come before its entry, in the same transaction.
            try index.insert(access)
            try index.append([registration(of: caseUID)])
            try index.insert(OpeningRecord(entry: 0, member: "reasonCommitment", caseUID: nil, sealed: [7]))
        }
        try catalog.read { index throws in
            #expect(try index.actor(actor.uid) == record)
            #expect(try index.actors(nameTag: tag) == [record])
            #expect(try index.actorCount() == 1)
            #expect(try index.openAccess(0) == access)
            #expect(try index.openAccess(joining: joinable, actor: actor.uid, opened: start...start) == access)
            #expect(
                try index.openAccess(
                    joining: joinable, actor: actor.uid,
                    opened: start.addingTimeInterval(1)...start.addingTimeInterval(9))
                    == nil)
            #expect(
                try index.openAccess(joining: joinable, actor: ActorUID(from: .system), opened: start...start) == nil)
            #expect(try index.openAccesses(openedBefore: start, standingAloneBefore: start, limit: 9).isEmpty)
            #expect(
                try index.openAccesses(openedBefore: .distantFuture, standingAloneBefore: start, limit: 9) == [access])
            #expect(
                try index.ledgerOpenings(of: [0])[0] == [
                    OpeningRecord(entry: 0, member: "reasonCommitment", caseUID: nil, sealed: [7])
                ])
            #expect(try index.damages() == [])
            #expect(try index.schemaDifferences() == [])
        }
        access.bytes = 9
        access.unfinished = 0
        try catalog.write { index throws in
            try index.update(access)
            #expect(try index.openAccess(0) == access)
            try index.deleteOpenAccess(0)
            #expect(try index.openAccess(0) == nil)
            try index.update(OriginRecord(number: 1, origin: "a", firstEntry: 0, published: 4))
        }
        #expect(
            try catalog.read { try $0.origins() } == [OriginRecord(number: 1, origin: "a", firstEntry: 0, published: 4)]
        )
        // An access without its entry, and the same actor twice, are refused.
        access = OpenAccessRecord(
            entry: 99, actorUID: actor.uid, caseUID: caseUID, joinable: nil, openedAt: start, bytes: 0, ranges: 0,
            unfinished: 0)
        #expect(throws: CatalogError.self) { try catalog.write { try $0.insert(access) } }
        #expect(throws: CatalogError.exists("actor")) { try catalog.write { try $0.insert(record) } }
    }
}
