import Base
import BlobStore
import BlobStoreConformance
import Foundation
import Synchronization
import Testing

/// A store that breaks one requirement, so that the suite has something to find.
private struct FaultyBlobStorage: BlobStorage {
    let store: any BlobStorage
    let fault: FaultyBlobStorageTests.Fault

    /// What was staged, and may be at work.
    let staged = Stages()

    final class Stages: Sendable {
        // One thread runs a check.
        nonisolated(unsafe) var all: [any BlobStage] = []
    }

    init(store: any BlobStorage, fault: FaultyBlobStorageTests.Fault) { (self.store, self.fault) = (store, fault) }

    func stage() throws -> any BlobStage {
        let stage = try store.stage()
        if fault == .sweepsWhatIsAtWork { staged.all.append(stage) }
        return fault == .keepsWhatIsDiscarded ? Kept(stage: stage) : stage
    }

    /// Cannot be discarded.
    private final class Kept: BlobStage {
        let stage: any BlobStage

        init(stage: any BlobStage) { self.stage = stage }

        func write(_ bytes: UnsafeRawBufferPointer) throws { try stage.write(bytes) }
        func finish() -> BlobAddress { stage.finish() }
        func discard() {}
        func leave() { stage.leave() }
    }

    func commit(_ stages: [any BlobStage]) throws {
        let stages = stages.map { ($0 as? Kept)?.stage ?? $0 }
        if fault == .replacesBlobs {
            do { try store.commit(stages) } catch {}
            return
        }
        try store.commit(fault == .losesTheLast ? stages.dropLast() : stages)
    }

    func settle(_ stages: [any BlobStage]) {
        let stages = stages.map { ($0 as? Kept)?.stage ?? $0 }
        if fault != .settlesNothing { store.settle(fault == .losesTheLast ? stages.dropLast() : stages) }
    }

    func open(_ address: BlobAddress) throws -> any BlobReader {
        let reader = try store.open(address)
        return fault == .readsPastTheEnd ? PastTheEnd(reader: reader) : reader
    }

    /// Fills up with zeros.
    private final class PastTheEnd: BlobReader {
        let reader: any BlobReader

        init(reader: any BlobReader) { self.reader = reader }

        var length: UInt64 { reader.length }

        func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws {
            let count = Int(min(UInt64(buffer.count), length - min(offset, length)))
            try reader.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
            for place in count..<buffer.count { buffer[place] = 0 }
        }
    }

    func delete(_ addresses: [BlobAddress]) -> BlobDeletion {
        switch fault {
        case .deletesNothing:
            var deletion = BlobDeletion()
            deletion.removed = addresses
            return deletion
        case .callsMissingRemoved:
            var deletion = store.delete(addresses)
            deletion.removed += deletion.missing
            deletion.missing = []
            return deletion
        default: return store.delete(addresses)
        }
    }

    func walk(_ body: (BlobListing) throws -> Void) throws {
        var isFirst = true
        try store.walk { listing in
            defer { isFirst = false }
            if fault == .walksPastTheFirst, isFirst { return }
            try body(listing)
        }
    }

    func sweep(olderThan limit: Date, isReferenced: (BlobAddress) throws -> Bool) throws -> SweepReport {
        switch fault {
        case .sweepsWhatIsReferenced: try store.sweep(olderThan: limit) { _ in false }
        case .sweepsWhatIsYoung: try store.sweep(olderThan: .distantFuture, isReferenced: isReferenced)
        case .sweepsNothing: SweepReport()
        case .sweepsWhatIsAtWork:
            try {
                for stage in staged.all { stage.leave() }
                return try store.sweep(olderThan: limit, isReferenced: isReferenced)
            }()
        default: try store.sweep(olderThan: limit, isReferenced: isReferenced)
        }
    }
}

/// The suite finds each of these.
struct FaultyBlobStorageTests {
    enum Fault: CaseIterable {
        case keepsWhatIsDiscarded, replacesBlobs, losesTheLast, settlesNothing, readsPastTheEnd, deletesNothing
        case callsMissingRemoved, walksPastTheFirst, sweepsWhatIsReferenced, sweepsWhatIsYoung, sweepsNothing,
            sweepsWhatIsAtWork
    }

    @Test(arguments: Fault.allCases) func isFound(_ fault: Fault) throws {
        // One check after the other, until one of them complains.
        for check in BlobStorageCheck.all {
            let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            try DirectoryBlobStore.create(in: directory, files: PosixFileSystem())
            let store = DirectoryBlobStore(directory: directory) {
                UUID().uuidString.lowercased().replacing("-", with: "")
            }
            let isFound = Mutex(false)
            try withKnownIssue(isIntermittent: true) {
                try check.run(on: FaultyBlobStorage(store: store, fault: fault))
            } matching: { _ in
                isFound.withLock { $0 = true }
                return true
            }
            if isFound.withLock({ $0 }) { return }
        }
        Issue.record("no check finds a store that \(fault)")
    }
}
