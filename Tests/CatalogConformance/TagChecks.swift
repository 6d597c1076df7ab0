import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Sealing
import TestSupport
import Testing

/// Testing has a `Tag` of its own.
private typealias KeyedTag = Sealing.Tag

/// The tree over tags follows the tables whatever happens to cases, and what was altered in either is named.
struct TagChecks {
    private let engine: any Engine
    private let catalog: Subject
    private let time = Date(timeIntervalSince1970: 1_795_000_000)

    init(_ engine: any Engine) throws {
        self.engine = engine
        catalog = Subject(engine)
        let created = time
        try catalog.write { index in
            try index.insert(EpochRecord(epoch: Epoch(1), state: .open, createdAt: created))
            let key = WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72))
            try index.insert(
                ArchiveRecord(uid: UID(from: .system), createdAt: created, keyringGeneration: 1, key: key))
        }
    }

    private static func tag() -> KeyedTag { KeyedTag(keyNumber: 1, bytes: Randomness.system.bytes(32)) }

    private func makeCase(subject: KeyedTag?) -> CaseRecord {
        CaseRecord(
            uid: UID(from: .system), caseIDTag: Self.tag(), registeredAt: time, purpose: nil, jurisdictions: [],
            key: WrappedKey(epoch: Epoch(1), bytes: Randomness.system.bytes(72)), sealedParticulars: [1],
            subjectTag: subject)
    }

    private func makeVerification(of uid: CaseUID, number: Int) -> VerificationRecord {
        VerificationRecord(
            uid: UID(from: .system), caseUID: uid, number: number, origin: .import, vendor: "v", api: "a",
            state: .rejected, region: nil, tokenTag: Self.tag(), sealedToken: nil, tokenIssuedAt: nil,
            tokenIssueIsAssumed: false, deadline: nil, registeredAt: time, endedAt: time)
    }

    private func leaves(_ root: TagRoot) throws -> (tree: [TagLeaf], tables: [TagLeaf]) {
        try catalog.read { index in
            var (tree, tables): ([TagLeaf], [TagLeaf]) = ([], [])
            try index.forEachTagLeaf(root) { tree.append($0) }
            try index.forEachTag { tables.append($0) }
            return (tree, tables)
        }
    }

    func tagsFollowWhatIsChanged() throws {
        var random = SeededGenerator.ofTest()
        var root = TagRoot.none
        var (cases, verifications): ([CaseRecord], [VerificationRecord]) = ([], [])
        let subjects = [Self.tag(), Self.tag(), nil]
        func write(_ body: (IndexWriter) throws -> Void) throws {
            let before = root
            root = try catalog.write { index in
                try body(index)
                return try index.applyTagChanges(to: before)
            }
        }
        for step in 0..<120 {
            let at = time.addingTimeInterval(Double(step))
            switch Int.random(in: 0..<7, using: &random) {
            case 0, 1:
                let record = makeCase(subject: subjects.randomElement(using: &random)!)
                try write { try $0.insert(record) }
                cases.append(record)
            case 2, 3:
                guard let record = cases.randomElement(using: &random) else { continue }
                let number = verifications.count { $0.caseUID == record.uid } + 1
                let verification = makeVerification(of: record.uid, number: number)
                try write { try $0.insert(verification) }
                verifications.append(verification)
            case 4:
                guard let place = verifications.indices.randomElement(using: &random) else { continue }
                var verification = verifications[place]
                verification.answerTag = verification.answerTag ?? Self.tag()
                try write { try $0.update(verification) }
                verifications[place] = verification
                guard var record = cases.first(where: { $0.uid == verification.caseUID }) else { continue }
                record.subjectTag = subjects.randomElement(using: &random)!
                try write { try $0.update(record) }
                cases = cases.map { $0.uid == record.uid ? record : $0 }
            case 5:
                guard let verification = verifications.randomElement(using: &random) else { continue }
                for (tag, purpose) in [
                    (verification.tokenTag, DestroyedTagRecord.Purpose.token), (verification.answerTag, .answer),
                ] {
                    guard let tag else { continue }
                    try write {
                        try $0.insert(
                            DestroyedTagRecord(
                                tag: tag, purpose: purpose, caseUID: verification.caseUID, entry: UInt64(step),
                                destroyedAt: at, forgetAt: at.addingTimeInterval(30)))
                    }
                }
                try write { _ = try $0.deleteDestroyedTags(forgottenBy: at, limit: 3) }
            default:
                guard let place = cases.indices.randomElement(using: &random) else { continue }
                let record = cases.remove(at: place)
                verifications.removeAll { $0.caseUID == record.uid }
                try write {
                    try $0.insert(
                        DestroyedTagRecord(
                            tag: record.caseIDTag, purpose: .caseID, caseUID: record.uid, entry: UInt64(step),
                            destroyedAt: at, forgetAt: at.addingTimeInterval(50)))
                    try $0.destroyCase(record.uid)
                }
            }
            let (tree, tables) = try leaves(root)
            #expect(Set(tree) == Set(tables) && tree.count == tables.count && root.count == UInt64(tree.count))
            guard let leaf = tree.randomElement(using: &random) else { continue }
            let tag = KeyedTag(keyNumber: leaf.keyNumber, bytes: leaf.tag)
            #expect(
                try catalog.read { try Set($0.tagLeaves(of: tag, root)) } == Set(tree.filter { $0.tag == leaf.tag }))
            #expect(try catalog.read { try $0.tagLeaves(of: Self.tag(), root) }.isEmpty)
        }
        #expect(root.count > 10)
        // All that is remembered is forgotten in the end.
        try write { _ = try $0.deleteDestroyedTags(forgottenBy: .distantFuture, limit: .max) }
        #expect(try Set(leaves(root).tree) == Set(leaves(root).tables))
        #expect(try !catalog.read { try $0.hasDestroyedTags(forgottenBy: .distantFuture) })
    }

    func whatWasAlteredIsNotExtended() throws {
        let (first, second) = (makeCase(subject: Self.tag()), makeCase(subject: nil))
        let index = Index(engine)
        // Who changes a tag and leaves the tree as it was is refused.
        #expect(throws: CatalogError.unrecorded) {
            try index.write { index in
                try index.insert(first)
                try index.append([Writers.entry(1)])
            }
        }
        let root = try catalog.write { index in
            try index.insert(first)
            try index.insert(second)
            return try index.applyTagChanges(to: .none)
        }
        func alter(_ statement: String, _ values: [Value]) throws {
            try engine.write(until: .none) { _ = try $0.run(statement, values) }
        }
        func isRefused(_ body: (IndexWriter) throws -> Void) {
            #expect(throws: CatalogError.self) {
                try catalog.write { index in
                    try body(index)
                    _ = try index.applyTagChanges(to: root)
                }
            }
        }
        try alter(
            "UPDATE cases SET subject_tag = ? WHERE uid = ?", [.bytes(Self.tag().bytes), .bytes(first.uid.bytes)])
        isRefused { index in
            var record = first
            record.subjectTag = Self.tag()
            try index.update(record)
        }
        isRefused { index in
            try index.insert(
                DestroyedTagRecord(
                    tag: Self.tag(), purpose: .caseID, caseUID: second.uid, entry: 1, destroyedAt: time, forgetAt: time)
            )
        }
        // A tag that was taken away cannot be given again, either.
        isRefused { index in
            try index.insert(
                DestroyedTagRecord(
                    tag: second.caseIDTag, purpose: .caseID, caseUID: first.uid, entry: 1, destroyedAt: time,
                    forgetAt: time))
        }
        #expect(throws: CatalogError.self) { try catalog.read { try $0.tagLeaves(of: first.caseIDTag, .none) } }
        let nodes = try catalog.read { index in
            var count = 0
            try index.forEachTagLeaf(root) { _ in count += 1 }
            return count
        }
        #expect(nodes == 3)
        try alter("UPDATE tag_node SET children = ?", [.bytes([])])
        #expect(throws: CatalogError.self) { try catalog.read { try $0.tagLeaves(of: first.caseIDTag, root) } }
        try alter("DELETE FROM tag_node", [])
        #expect(throws: CatalogError.self) { try catalog.read { try $0.tagLeaves(of: first.caseIDTag, root) } }
        #expect(try catalog.read { try $0.tagLeaves(of: first.caseIDTag, .none) }.isEmpty)
    }
}
