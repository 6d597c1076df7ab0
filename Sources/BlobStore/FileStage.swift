internal import Base
internal import Foundation

/// A blob being written as a file of `staging/`.
final class FileStage: BlobStage {
    private let path: String
    /// Locked while the stage lives: a sweep leaves it alone, whatever clocks say.
    private let file: OpenFile
    private var isOpen = true
    private let store: DirectoryBlobStore
    private var hash: SHA256? = SHA256()
    private var address: BlobAddress?
    private var state = State.writing

    private enum State { case writing, durable, placed, settled, discarded, left }

    init(path: String, store: DirectoryBlobStore) throws(FileError) {
        self.path = path
        self.store = store
        file = try store.files.create(path)
        // A sweep may have found it before it was locked, and holds it to take it away.
        guard file.tryToLock(exclusively: false), store.files.exists(path) else {
            store.files.close(file)
            try? store.files.remove(path)
            throw FileError(.lock, path: path, code: EWOULDBLOCK)
        }
    }

    deinit {
        // Whoever forgets a stage leaves nothing behind but what was committed.
        if state == .writing || state == .durable { discard() }
        close()
    }

    private func close() {
        if isOpen { store.files.close(file) }
        isOpen = false
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        precondition(state == .writing && address == nil, "a stage is written before it is finished")
        hash!.update(bytes)
        try store.files.append(bytes, to: file)
    }

    func finish() -> BlobAddress {
        let address = BlobAddress(hash.take()!.finish())
        self.address = address
        return address
    }

    /// Of a stage that is finished.
    var finishedAddress: BlobAddress { address! }

    /// Begins to write the bytes to the disk.
    func startSync() { store.files.startSync(file) }

    /// Makes the bytes durable. A failed sync is never tried again: the stage can only be discarded.
    func makeDurable() throws(FileError) {
        precondition(state == .writing && address != nil, "a stage is committed once, after it is finished")
        try store.files.syncData(file)
        state = .durable
    }

    /// Gives the blob the name that makes it findable.
    func place() throws(FileError) {
        precondition(state == .durable)
        try store.files.link(path, to: store.path(of: address!))
        state = .placed
    }

    func settle() {
        precondition(state == .placed, "a stage is settled after its commit")
        state = .settled
        // A name that stays is found by the sweep.
        try? store.files.remove(path)
        close()
    }

    func discard() {
        switch state {
        case .settled, .discarded, .left: return
        case .writing, .durable: break
        case .placed:
            // Durably before the staged name goes, by which a sweep finds what is left.
            guard removePlaced() else { return leave() }
        }
        state = .discarded
        try? store.files.remove(path)
        close()
    }

    private func removePlaced() -> Bool {
        let path = store.path(of: address!)
        do throws(FileError) {
            try store.files.changingNames(in: [store.directory(of: address!)]) { () throws(FileError) in
                do throws(FileError) { try store.files.remove(path) } catch {
                    guard error.code == ENOENT else { throw error }
                }
            }
            return true
        } catch {
            return false
        }
    }

    func leave() {
        guard state != .settled, state != .discarded else { return }
        state = .left
        close()
    }
}
