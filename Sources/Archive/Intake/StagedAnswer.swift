internal import Base
internal import BlobStore
internal import Foundation
internal import Sealing
internal import Vault
internal import Vendor

/// The objects of one answer on their way in: sealed and staged while the answer is read, so that nothing
/// of them is ever whole in memory. Let go of before it is committed, it leaves nothing behind.
final class StagedAnswer: MediaSink {
    private let store: any BlobStorage
    private let keyring: Keyring
    private let randomness: Randomness
    private var current: StagedObject?
    private(set) var objects: [StagedObject] = []

    init(store: any BlobStorage, keyring: Keyring, randomness: Randomness) {
        self.store = store
        self.keyring = keyring
        self.randomness = randomness
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws { try current!.write(bytes) }

    func end() throws {
        try current!.finish()
        objects.append(current!)
        current = nil
    }

    /// Adds the `result` object.
    func add(document: [UInt8]) throws {
        try begin(.result)
        try document.withUnsafeBytes { try write($0) }
        try end()
    }

    var stages: [any BlobStage] { objects.map(\.stage) }
    var bytes: UInt64 { objects.reduce(0) { $0 + $1.length } }

    /// The tag of the whole answer: of the kinds and contents that it brought, whatever the white space
    /// and the order that they came in.
    var tag: Tag {
        var parts: [UInt8] = []
        for object in objects.sorted(by: { $0.kind < $1.kind }) {
            parts += Array(object.kind.name.utf8) + [0] + object.contentTag.bytes
        }
        return keyring.tag(parts, purpose: .answer)
    }

    /// Whether some of it is media. What came in a field of media can be anything.
    var hasMedia: Bool { objects.contains { $0.kind != .result && $0.mediaType != .unknown } }

    func discard() {
        for object in objects { object.stage.discard() }
    }

    func leave() {
        for object in objects { object.stage.leave() }
    }

    func begin(_ kind: MediaKind) throws {
        current = StagedObject(
            kind: kind, stage: try store.stage(), keyring: keyring, randomness: randomness)
    }
}

/// One object being sealed into a stage.
final class StagedObject {
    let kind: MediaKind
    let stage: any BlobStage
    /// Bytes of the content.
    private(set) var length: UInt64 = 0
    private var sealer: SealedObject.Sealer
    private let keyring: Keyring
    private var content: SHA256? = SHA256()
    /// The beginning of the media, until its type is told by it.
    private var front: [UInt8] = []
    private var finished: (address: BlobAddress, digest: Digest, mediaType: MediaType)?

    init(kind: MediaKind, stage: any BlobStage, keyring: Keyring, randomness: Randomness) {
        self.kind = kind
        self.stage = stage
        self.keyring = keyring
        sealer = SealedObject.Sealer(randomness: randomness)
        // Grown, it would leave its beginning elsewhere.
        front.reserveCapacity(MediaType.sniffLength)
    }

    deinit { front.zero() }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        if front.count < MediaType.sniffLength { front += bytes.prefix(MediaType.sniffLength - front.count) }
        content!.update(bytes)
        length += UInt64(bytes.count)
        try sealer.seal(bytes) { try stage.write($0) }
    }

    func finish() throws {
        try sealer.finishPadded { try stage.write($0) }
        let type = kind == .result ? .json : MediaType(sniffing: front)
        front.zero()
        finished = (stage.finish(), content.take()!.finish(), type)
    }

    var mediaType: MediaType { finished!.mediaType }
    var address: BlobAddress { finished!.address }
    /// The SHA-256 of the plaintext.
    var digest: Digest { finished!.digest }
    var contentTag: Tag { keyring.tag(digest.bytes, purpose: .content) }

    func withKey<Result>(_ body: (borrowing SecretKey) throws -> Result) rethrows -> Result {
        try body(sealer.objectKey)
    }
}
