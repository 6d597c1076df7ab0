internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
internal import Sealing
internal import Vault

extension Audit {
    private static let strandsTogether = 4096

    /// The head, and both trees, against what all entries come to.
    ///
    /// - Parameter root: of the ledger's tree, computed from all entries.
    func compareHead(
        _ replay: LedgerReplay, root: MerkleHash, in index: IndexReader, _ result: inout Reconciliation
    ) throws {
        let (strands, head): (StrandRoot, Head)
        do {
            strands = try compareStrandTree(replay, in: index, &result)
            head = try session.head(in: index)
        } catch {
            guard !CatalogError.isFailure(error) else { throw error }
            return result.find(ArchiveError(error).message)
        }
        if head.roots != LedgerRoots(size: result.entries, root: root, strands: strands) {
            result.find("the entries do not come to what the keys vouch for")
        }
        if head.newestTime.map(LedgerTime.text) != replay.newestTime.map(LedgerTime.text) {
            result.find("the newest time that the keys vouch for is not the ledger's")
        }
        if head.waiting != UInt64(max(0, replay.waiting)) || head.objects != UInt64(max(0, replay.objects))
            || head.cases != UInt64(max(0, replay.liveCases))
        {
            result.find("the counts that the keys vouch for are not the ledger's")
        }
        let records = try index.epochs()
        let epochs = records.map { Head.EpochState(number: $0.epoch.number, state: $0.state.rawValue) }
        if try index.archive().keyringGeneration != head.generation {
            result.find("the generation of the keyring is not the one that the keys vouch for")
        }
        // All of them were made with the archive.
        let isSince = records.allSatisfy { LedgerTime.text($0.createdAt) == replay.createdAt.map(LedgerTime.text) }
        if head.epochs != epochs || !isSince {
            result.find("the epochs of the index are not those that the keys vouch for")
        }
    }

    /// The nodes over the strands as the index has these, each from what is below it.
    ///
    /// - Returns: the root that follows.
    private func compareStrandTree(
        _ replay: LedgerReplay, in index: IndexReader, _ result: inout Reconciliation
    ) throws -> StrandRoot {
        let hasher = MerkleHasher()
        var tree = StrandTree()
        var count: UInt64 = 0
        while true {
            let page = try index.strands(from: count, limit: Self.strandsTogether)
            for record in page {
                guard record.leaf == count else {
                    result.find("strand \(count) of the ledger is missing")
                    return tree.root
                }
                let strand = record.end.strand
                if count < Strand.own.count {
                    if record.end != replay.own[strand] || Strand.own[Int(count)] != strand {
                        result.find("how many entries the strand \(strand.name) has is not what the index says")
                    }
                    tree.replace(count, with: hasher.leaf(record.end), hasher)
                } else {
                    if strand.caseUID.map({ !replay.cases.contains($0) }) ?? true {
                        result.find("the index has a strand \(strand.name) that is not on the ledger")
                    }
                    tree.append(hasher.leaf(record.end), hasher)
                }
                count += 1
            }
            guard page.count == Self.strandsTogether else { break }
        }
        if count != UInt64(Strand.own.count + replay.cases.count) {
            result.find("the index has another number of strands than the ledger")
        }
        var stored = 0
        for (node, children) in tree.takeChanges() {
            stored += 1
            if try index.strandChildren(node) != children {
                result.find(
                    "node \(node.index) of level \(node.level) of the strands is not the hash of what is below it")
            }
        }
        if try index.strandNodeCount() != stored { result.find("there are more nodes than strands make") }
        return tree.root
    }

    /// The entries of a case lead from the last to the first, and to nothing else.
    func compareStrand(
        _ uid: CaseUID, _ rows: [LedgerRow], _ record: StrandRecord?, _ result: inout Reconciliation
    ) {
        var end = StrandEnd(.ofCase(uid), place: 0, number: 0)
        for row in rows {
            guard let entry = try? Entry(row.bytes) else { continue }
            if entry.place != end.next {
                result.find("entry \(row.number): its place among the entries about case \(uid) is another")
            }
            end = StrandEnd(.ofCase(uid), place: entry.place.place, number: row.number)
        }
        if record?.end != end {
            result.find("how many entries there are about case \(uid) is not what the index says")
        }
    }
}
