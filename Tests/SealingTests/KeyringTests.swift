import Testing

@testable import Sealing

struct KeyringTests {
    private let uid = [UInt8](0..<16)

    private func makeKeyring() -> Keyring { Keyring(archiveUID: uid, createdAt: 1_700_000_000, randomness: .system) }

    private func keyFileRoot(_ byte: UInt8) -> RootKey { .keyFile(key([UInt8](repeating: byte, count: 32))) }

    private func passphraseRoot(_ text: String) throws -> RootKey {
        let bytes = Array(text.utf8)
        return try withLockedMemory(byteCount: bytes.count) { memory in
            memory.copyBytes(from: bytes)
            return .passphrase(try RootKey.Passphrase(file: UnsafeRawBufferPointer(memory)))
        }
    }

    private func readKeyFile(_ content: [UInt8]) throws {
        _ =
            try withLockedMemory(byteCount: content.count) { memory in
                memory.copyBytes(from: content)
                return try RootKeyFile.read(UnsafeRawBufferPointer(memory))
            } as RootKey
    }

    private func seal(_ keyring: Keyring, under rootKey: borrowing RootKey) throws -> [UInt8] {
        try keyring.sealed(under: rootKey, cost: .least(.system), randomness: .system)
    }

    @Test func comesBackWithTheSameKeys() throws {
        let keyring = makeKeyring()
        let again = try Keyring(opening: try seal(keyring, under: keyFileRoot(1)), with: keyFileRoot(1))
        #expect(again.archiveUID == uid)
        #expect(again.generation == 1)
        #expect(again.epochs == [Epoch(1)])
        #expect(again.tag([1, 2, 3], purpose: .caseID) == keyring.tag([1, 2, 3], purpose: .caseID))
        let wrapped = try keyring.wrap(
            key([UInt8](repeating: 5, count: 32)), epoch: Epoch(1), context: SealingContext("t"), randomness: .system)
        let opened = try again.unwrap(wrapped, context: SealingContext("t"))
        #expect(
            opened.withBytes { Array(UnsafeBufferPointer(start: $0, count: 32)) } == [UInt8](repeating: 5, count: 32))
    }

    @Test func anotherRootKeyIsToldFromDamage() throws {
        let sealed = try seal(makeKeyring(), under: keyFileRoot(1))
        #expect(throws: SealingError.wrongRootKey) { try Keyring(opening: sealed, with: keyFileRoot(2)) }
        for offset in sealed.indices {
            var altered = sealed
            altered[offset] ^= 0x10
            #expect(throws: SealingError.self, "byte \(offset)") { try Keyring(opening: altered, with: keyFileRoot(1)) }
        }
        for length in 0..<sealed.count {
            #expect(throws: SealingError.self) {
                try Keyring(opening: Array(sealed.prefix(length)), with: keyFileRoot(1))
            }
        }
    }

    @Test func opensWithAPassphraseAndOnlyWithThat() throws {
        let sealed = try seal(makeKeyring(), under: try passphraseRoot("correct horse battery\n"))
        _ = try Keyring(opening: sealed, with: try passphraseRoot("correct horse battery"))
        #expect(throws: SealingError.wrongRootKey) {
            try Keyring(opening: sealed, with: try passphraseRoot("correct horse batterz"))
        }
        #expect(throws: SealingError.otherRootKeyKind(needed: .passphrase)) {
            try Keyring(opening: sealed, with: keyFileRoot(1))
        }
        #expect(throws: SealingError.passphraseTooShort) { _ = try passphraseRoot("short\nand a second line") }
        // A byte order mark, line ends of other systems and blank lines in front are nothing that a person types.
        for same in ["\u{FEFF}correct horse battery\n", "correct horse battery\r\n", "\n\r\ncorrect horse battery"] {
            _ = try Keyring(opening: sealed, with: try passphraseRoot(same))
        }
        #expect(throws: SealingError.passphraseNotText) { _ = try passphraseRoot("c\0o\0r\0r\0e\0c\0t\0 \0h\0") }
    }

    @Test func aHeaderCannotAskForUnboundedWork() throws {
        let root = try passphraseRoot("correct horse battery")
        var sealed = try seal(makeKeyring(), under: root)
        sealed.replaceSubrange(48..<56, with: littleEndianBytes(UInt64(1) << 40))
        #expect(throws: SealingError.passphraseCostRefused) { try Keyring(opening: sealed, with: root) }
    }

    @Test func keyFilesAreReadStrictly() throws {
        var content: [UInt8] = []
        try RootKeyFile.generate(.system) { content = Array($0) }
        #expect(content.count == RootKeyFile.length)
        try readKeyFile(content)
        // What editors put around it is no part of it.
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        for good in [
            content + [0x0A], [0x20] + content, content.dropLast() + [0x0D, 0x0A], mark + content,
            mark + [0x0D, 0x0A] + content + [0x20],
        ] { try readKeyFile(Array(good)) }
        for bad in [
            [], Array(content.dropLast(2)), mark + mark + content, content + content,
            Array(content.dropLast(4)) + [0x7A, 0x7A, 0x7A, 0x0A],
        ] {
            #expect(throws: SealingError.notRootKeyFile) { try readKeyFile(bad) }
        }
    }

    @Test func aWrappedKeyOpensNowhereElse() throws {
        let keyring = makeKeyring()
        let context = SealingContext("object").adding([1]).adding([2, 3])
        let wrapped = try keyring.wrap(SecretKey(from: .system), epoch: Epoch(1), context: context, randomness: .system)
        #expect(wrapped.bytes.count == WrappedKey.length)
        for other in [
            SealingContext("object").adding([1, 2]).adding([3]), SealingContext("object").adding([1]),
            SealingContext("case").adding([1]).adding([2, 3]),
        ] {
            #expect(throws: SealingError.fieldAltered) { _ = try keyring.unwrap(wrapped, context: other) }
        }
        #expect(throws: SealingError.keyMissing(purpose: .epoch, number: 2)) {
            _ = try keyring.unwrap(WrappedKey(epoch: Epoch(2), bytes: wrapped.bytes), context: context)
        }
    }

    @Test func purposesOfTagsHaveNothingInCommon() {
        let keyring = makeKeyring()
        let tags = Set(TagPurpose.allCases.map { keyring.tag([1, 2, 3], purpose: $0).bytes })
        #expect(tags.count == TagPurpose.allCases.count)
        #expect(makeKeyring().tag([1, 2, 3], purpose: .token) != keyring.tag([1, 2, 3], purpose: .token))
    }

    @Test func releasedKeysAreZeroed() {
        var slot: UnsafePointer<UInt8>?
        do {
            let secret = key([UInt8](repeating: 0xA5, count: 32))
            secret.withBytes { slot = $0 }
        }
        // The page stays mapped, so the slot can be looked at after its key is gone.
        #expect(Array(UnsafeBufferPointer(start: slot, count: 32)) == [UInt8](repeating: 0, count: 32))
    }
}
