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
        try catalog.write { _ = try $0.append(entries) }
        let all = try catalog.read { try $0.ledgerRows(LedgerFilter(), from: 0, limit: 1000) }
        #expect(all.count == 300)
        for _ in 0..<300 {
            var filter = LedgerFilter()
            if Bool.random(using: &random) { filter.caseUID = cases.randomElement(using: &random) }
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
                (filter.caseUID.map { row.caseUID == $0 } ?? true)
                    && (filter.actorUIDs.map { $0.contains(row.actorUID) } ?? true)
                    && (filter.kind.map { row.kind == $0 } ?? true) && (filter.from.map { row.time >= $0 } ?? true)
                    && (filter.before.map { row.time < $0 } ?? true)
            }
            let limit = Int.random(in: 1...40, using: &random)
            let from = UInt64.random(in: 0...300, using: &random)
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
            try index.append([entry(caseUID: caseUID)])
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
