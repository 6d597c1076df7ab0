import Base
import BlobStore
import Foundation
import Testing

struct BlobStorageChecks {
    let store: any BlobStorage

    init(_ store: any BlobStorage) { self.store = store }

    private func stage(_ bytes: [UInt8], pieces: Int = 1000) throws -> any BlobStage {
        let stage = try store.stage()
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            try bytes[start..<min(start + pieces, bytes.count)].withUnsafeBytes { try stage.write($0) }
        }
        return stage
    }

    private func put(_ bytes: [UInt8]) throws -> BlobAddress {
        let stage = try stage(bytes)
        let address = stage.finish()
        try store.commit([stage])
        store.settle([stage])
        return address
    }

    private func contents(_ address: BlobAddress) throws -> [UInt8] {
        let reader = try store.open(address)
        var bytes = [UInt8](repeating: 0, count: Int(reader.length))
        try bytes.withUnsafeMutableBytes { try reader.read(at: 0, into: $0) }
        return bytes
    }

    private func listings() throws -> [BlobListing] {
        var listings: [BlobListing] = []
        try store.walk { listings.append($0) }
        return listings
    }

    func aBlobComesBackByTheHashOfItsBytes(length: Int) throws {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        let address = try put(bytes)
        #expect(address.bytes == SHA256.digest(of: bytes).bytes)
        #expect(try contents(address) == bytes)
        #expect(try store.open(address).computeAddress() == address)
    }

    func aRangeIsReadExactlyOrNotAtAll() throws {
        let address = try put(Array(0..<200))
        let reader = try store.open(address)
        var part = [UInt8](repeating: 0, count: 10)
        try part.withUnsafeMutableBytes { try reader.read(at: 95, into: $0) }
        #expect(part == Array(95..<105))
        #expect(throws: BlobStoreError.cutShort(address)) {
            try part.withUnsafeMutableBytes { try reader.read(at: 195, into: $0) }
        }
    }

    func whatIsNotCommittedCannotBeFound() throws {
        let stage = try stage([1, 2, 3])
        let address = stage.finish()
        #expect(throws: BlobStoreError.missing(address)) { try store.open(address) }
        stage.discard()
        #expect(throws: BlobStoreError.missing(address)) { try store.open(address) }
        #expect(try listings().isEmpty)
    }

    func aDiscardedCommitLeavesNothing() throws {
        let stages = [try stage([1]), try stage([2])]
        let addresses = stages.map { $0.finish() }
        try store.commit(stages)
        for address in addresses { #expect(throws: Never.self) { try store.open(address) } }
        for stage in stages { stage.discard() }
        for address in addresses { #expect(throws: BlobStoreError.missing(address)) { try store.open(address) } }
        #expect(try listings().isEmpty)
    }

    func nothingIsEverReplaced() throws {
        let address = try put([7, 7, 7])
        let again = try stage([7, 7, 7])
        #expect(again.finish() == address)
        #expect(throws: (any Error).self) { try store.commit([again]) }
        again.discard()
        #expect(try contents(address) == [7, 7, 7])
    }

    func deletingIsForGoodAndCanBeRepeated() throws {
        let addresses = try (0..<20).map { try put([UInt8($0), 2]) }
        let kept = try put([99])
        let first = store.delete(Array(addresses[..<15]))
        #expect(Set(first.removed) == Set(addresses[..<15]) && first.missing.isEmpty && first.failed.isEmpty)
        for address in addresses[..<15] { #expect(throws: BlobStoreError.missing(address)) { try store.open(address) } }
        let second = store.delete(addresses)
        #expect(Set(second.removed) == Set(addresses[15...]) && Set(second.missing) == Set(addresses[..<15]))
        #expect(second.failed.isEmpty && store.delete([]).removed.isEmpty)
        #expect(try contents(kept) == [99])
    }

    func aWalkFindsEveryBlobOnceAndWhatIsForeign() throws {
        let addresses = Set(try (0..<50).map { try put([UInt8($0), 1]) })
        let found = try listings().map { listing -> BlobAddress? in
            guard case .blob(let address, 2, false) = listing else { return nil }
            return address
        }
        #expect(found.count == 50)
        #expect(Set(found.compactMap { $0 }) == addresses)
    }

    func aSweepEndsWhatACrashLeft() throws {
        // A crash between commit and settle, once after and once before the index had its say; and one in
        // the middle of writing. The process is gone, so nobody discards.
        let vouched = try stage([1])
        let forgotten = try stage([2])
        let half = try stage([3])
        let (kept, lost) = (vouched.finish(), forgotten.finish())
        try store.commit([vouched, forgotten])
        let settled = try put([4])
        for stage in [vouched, forgotten, half] { stage.leave() }
        var staged = 0
        for case .blob(_, _, true) in try listings() { staged += 1 }
        #expect(staged == 2)

        let early = try store.sweep(olderThan: Date(timeIntervalSinceNow: -60)) { $0 == kept }
        #expect(early == SweepReport())
        let report = try store.sweep(olderThan: Date(timeIntervalSinceNow: 60)) { $0 == kept }
        #expect(report == SweepReport(removed: 2, settled: 1))
        #expect(try contents(kept) == [1])
        #expect(try contents(settled) == [4])
        #expect(throws: BlobStoreError.missing(lost)) { try store.open(lost) }
        for case .blob(let address, _, let isStaged) in try listings() {
            #expect(!isStaged && [kept, settled].contains(address))
        }
    }

    /// Whatever a clock says: who writes or commits must find it there afterwards.
    func aSweepLeavesAloneWhatIsAtWork() throws {
        let (placed, half) = (try stage([1]), try stage([2]))
        let address = placed.finish()
        try store.commit([placed])
        let report = try store.sweep(olderThan: .distantFuture) { _ in false }
        #expect(report == SweepReport())
        guard report == SweepReport() else { return }
        store.settle([placed])
        let other = half.finish()
        try store.commit([half])
        store.settle([half])
        #expect(try contents(address) == [1] && contents(other) == [2])
    }
}
