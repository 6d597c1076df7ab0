public import Base
internal import CSodium

extension Keyring {
    private static let magic: [UInt8] = [0x89, 0x53, 0x52, 0x4B, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let version: UInt8 = 1
    private static let frontLength = 72
    private static let headerLength = frontLength + KeyedHash.length
    private static let entryLength = 1 + 4 + 8 + SecretKey.length

    /// The keyring's file, sealed under `rootKey`.
    ///
    /// - Parameter cost: what a passphrase costs; without meaning for a key file.
    public func sealed(
        under rootKey: borrowing RootKey, cost: PassphraseCost, randomness: Randomness
    ) throws(SealingError) -> [UInt8] {
        let cost =
            rootKey.kind == .passphrase
            ? cost : PassphraseCost(operations: 0, memory: 0, salt: [UInt8](repeating: 0, count: 16))
        let front =
            Self.magic + [Self.version, rootKey.kind.rawValue, 0, 0, 0, 0, 0, 0] + archiveUID
            + littleEndianBytes(generation) + littleEndianBytes(cost.operations) + littleEndianBytes(cost.memory)
            + cost.salt
        return try Self.withKey(rootKey, cost: cost) { (key) throws(SealingError) in
            let header = front + Self.commitment(front, key: key)
            let body = withLockedMemory(byteCount: entries.count * Self.entryLength) { memory in
                var offset = 0
                func put(_ bytes: [UInt8]) {
                    memory[offset..<offset + bytes.count].copyBytes(from: bytes)
                    offset += bytes.count
                }
                for entry in entries {
                    put([entry.purpose.rawValue] + littleEndianBytes(entry.number) + littleEndianBytes(entry.createdAt))
                    entry.key.key.withBytes {
                        (memory.baseAddress! + offset).copyMemory(from: $0, byteCount: SecretKey.length)
                    }
                    offset += SecretKey.length
                }
                return SealedField.seal(
                    UnsafeRawBufferPointer(memory), key: key.subkey(2),
                    context: SealingContext("strongroom keyring 1").adding(header), randomness: randomness)
            }
            return header + body
        }
    }

    /// What a keyring's file says of itself before it is opened.
    public struct Preamble {
        public let rootKeyKind: RootKeyKind
        let cost: PassphraseCost
        let front: [UInt8]
        let archiveUID: [UInt8]
        public let generation: UInt64

        public init(_ file: [UInt8]) throws(SealingError) {
            guard file.count >= headerLength + SealedField.overhead, file.starts(with: magic), file[8] == version,
                let kind = RootKeyKind(rawValue: file[9]), file[10..<16].allSatisfy({ $0 == 0 })
            else { throw .notKeyring }
            rootKeyKind = kind
            archiveUID = Array(file[16..<32])
            generation = littleEndian(file[32..<40])
            cost = PassphraseCost(
                operations: littleEndian(file[40..<48]), memory: littleEndian(file[48..<56]), salt: Array(file[56..<72])
            )
            front = Array(file[..<frontLength])
        }
    }

    /// Opens a keyring's file with the root key.
    public init(opening file: [UInt8], with rootKey: borrowing RootKey) throws(SealingError) {
        let preamble = try Preamble(file)
        guard rootKey.kind == preamble.rootKeyKind else { throw .otherRootKeyKind(needed: preamble.rootKeyKind) }
        let entries: [Entry] = try Self.withKey(rootKey, cost: preamble.cost) { (key) throws(SealingError) in
            let expected = Self.commitment(preamble.front, key: key)
            let fits = expected.withUnsafeBytes { a in
                file[Self.frontLength..<Self.headerLength].withUnsafeBytes { constantTimeEqual(a, $0) }
            }
            guard fits else { throw .wrongRootKey }
            return try Self.entries(
                in: Array(file[Self.headerLength...]), key: key.subkey(2),
                context: SealingContext("strongroom keyring 1").adding(file[..<Self.headerLength]))
        }
        self.init(archiveUID: preamble.archiveUID, generation: preamble.generation, entries: entries)
    }

    private static func entries(
        in body: [UInt8], key: borrowing SecretKey, context: SealingContext
    ) throws(SealingError) -> [Entry] {
        let length = body.count - SealedField.overhead
        guard length >= 0, length % entryLength == 0 else { throw .keyringAltered }
        var entries: [Entry] = []
        var intact = false
        withLockedMemory(byteCount: length) { memory in
            do throws(SealingError) { try SealedField.open(body, key: key, context: context, into: memory) } catch {
                return
            }
            for offset in stride(from: 0, to: length, by: entryLength) {
                guard let purpose = Purpose(rawValue: memory[offset]) else { return }
                let key = SecretKey { buffer in
                    buffer.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: memory[offset + 13..<offset + entryLength]))
                }
                entries.append(
                    Entry(
                        purpose: purpose, number: littleEndian(memory[offset + 1..<offset + 5]),
                        createdAt: littleEndian(memory[offset + 5..<offset + 13]), key: SharedKey(key)))
            }
            intact = true
        }
        let purposes = Set(entries.map(\.purpose))
        guard intact, purposes.isSuperset(of: [.epoch, .tagging, .ledger, .head]) else { throw .keyringAltered }
        return entries
    }

    private static func commitment(_ front: [UInt8], key: borrowing SecretKey) -> [UInt8] {
        front.withUnsafeBytes { KeyedHash.digest($0, key: key.subkey(1)) }
    }

    private static func withKey<Result>(
        _ rootKey: borrowing RootKey, cost: PassphraseCost, _ body: (borrowing SecretKey) throws(SealingError) -> Result
    ) throws(SealingError) -> Result {
        switch rootKey {
        case .keyFile(let key): return try body(key)
        case .passphrase(let passphrase): return try body(try passphrase.derive(cost))
        }
    }
}

private func littleEndian<Number: FixedWidthInteger>(_ bytes: some Collection<UInt8>) -> Number {
    bytes.reversed().reduce(Number.zero) { $0 << 8 | Number($1) }
}
