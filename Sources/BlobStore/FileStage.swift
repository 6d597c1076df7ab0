import Foundation

/// A blob being written as a file of `staging/`.
final class FileStage: BlobStage {
    let stagedAt: Date
    private let path: String
    private let file: OpenFile
    private let store: DirectoryBlobStore
    private var hash: SHA256? = SHA256()
    private var address: BlobAddress?
    private var state = State.writing

    private enum State { case writing, failed, placed, settled, discarded }

    init(path: String, store: DirectoryBlobStore) throws(FileError) {
        self.path = path
        self.store = store
        file = try store.files.create(path)
        stagedAt = Date()
    }

    deinit {
        // Whoever forgets a stage leaves nothing behind but what was committed.
        if state == .writing || state == .failed { discard() }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        precondition(state == .writing && address == nil, "a stage is written before it is finished")
        hash!.update(bytes)
        try store.files.append(bytes, to: file)
    }

    func finish() -> BlobAddress {
        let address = hash.take()!.finish()
        self.address = address
        return address
    }

    var placedAddress: BlobAddress {
        precondition(state == .placed)
        return address!
    }

    /// Durable bytes first, then the name that makes them findable. A failed sync is never tried again:
    /// the stage can only be discarded.
    func place() throws(FileError) {
        precondition(state == .writing, "a stage is committed once")
        guard let address else { preconditionFailure("a stage is finished before it is committed") }
        state = .failed
        try store.files.syncData(file)
        store.files.close(file)
        state = .placed
        do throws(FileError) {
            try store.files.link(path, to: store.path(of: address))
        } catch {
            state = .failed
            try? store.files.remove(path)
            state = .discarded
            throw error
        }
    }

    func settle() {
        precondition(state == .placed, "a stage is settled after its commit")
        state = .settled
        // A name that stays is found by the sweep.
        try? store.files.remove(path)
    }

    func discard() {
        switch state {
        case .settled, .discarded: return
        case .writing, .failed: store.files.close(file)
        case .placed: if let address { try? store.files.remove(store.path(of: address)) }
        }
        state = .discarded
        try? store.files.remove(path)
    }
}
