internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Vault

extension Audit {
    /// The tree over tags against the tables, both ways. That the tags of a case are those of what is sealed in it is
    /// compared with the case.
    func compareTags(in index: IndexReader, _ result: inout Reconciliation) throws {
        // What both come to, in whatever order: sums of hashes that nobody could have foreseen.
        let salt = session.effects.randomness.bytes(32)
        var (tree, tables) = (Sum(salt), Sum(salt))
        do {
            try index.forEachTagLeaf(try session.head(in: index).tags) { tree.add($0) }
            try index.forEachTag { tables.add($0) }
        } catch {
            guard !CatalogError.isFailure(error) else { throw error }
            return result.find(ArchiveError(error).message)
        }
        guard tree != tables else { return }
        // Which ones differ is worth a second look, which takes memory for those of every 256th case at a time.
        for part in UInt8.min...UInt8.max where tree.parts[Int(part)] != tables.parts[Int(part)] {
            var (known, found): (Set<TagLeaf>, Set<TagLeaf>) = ([], [])
            func isPart(_ leaf: TagLeaf) -> Bool { leaf.caseUID.bytes.last == part }
            try index.forEachTagLeaf(try session.head(in: index).tags) { if isPart($0) { known.insert($0) } }
            try index.forEachTag { if isPart($0) { found.insert($0) } }
            func sorted(_ leaves: Set<TagLeaf>) -> [TagLeaf] {
                leaves.sorted { ($0.caseUID.hex, $0.purpose.rawValue) < ($1.caseUID.hex, $1.purpose.rawValue) }
            }
            for leaf in sorted(known.subtracting(found)) {
                result.find("case \(leaf.caseUID): the tag of \(leaf.what) is not the one that was kept")
            }
            for leaf in sorted(found.subtracting(known)) {
                result.find("case \(leaf.caseUID): there is a tag of \(leaf.what) that was never kept")
            }
        }
    }

    /// Sums of hashes over leaves, by the last byte of their case.
    private struct Sum: Equatable {
        private let salt: [UInt8]
        private(set) var parts = [[UInt64]](repeating: [0, 0, 0, 0, 0], count: 256)

        init(_ salt: [UInt8]) { self.salt = salt }

        mutating func add(_ leaf: TagLeaf) {
            let part = Int(leaf.caseUID.bytes.last ?? 0)
            let hash = SHA256.digest(of: salt + leaf.bytes).bytes
            for word in 0..<4 {
                parts[part][word] &+= hash[word * 8..<word * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) }
            }
            parts[part][4] += 1
        }
    }
}

extension TagLeaf {
    /// In words.
    fileprivate var what: String {
        let what =
            switch purpose {
            case .caseID: "its case ID"
            case .subject: "its subject"
            case .token: "an SDK token"
            case .answer: "an answer"
            }
        return destruction == nil ? what : "\(what), which was destroyed,"
    }
}
