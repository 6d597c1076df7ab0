public import Base
internal import CSodium

/// How the root key comes into the program.
public enum RootKeyKind: UInt8, Sendable {
    case keyFile = 1
    case passphrase = 2

    public var name: String {
        switch self {
        case .keyFile: "key file"
        case .passphrase: "passphrase"
        }
    }
}

/// What opens the keyring.
public enum RootKey: ~Copyable {
    /// The 32 bytes of a root key file.
    case keyFile(SecretKey)
    /// A passphrase, from which Argon2id derives the key with the cost and salt in the keyring.
    case passphrase(Passphrase)

    /// Bytes that a passphrase has at least.
    public static let shortestPassphrase = 12

    public var kind: RootKeyKind {
        switch self {
        case .keyFile: .keyFile
        case .passphrase: .passphrase
        }
    }

    /// A passphrase in locked memory.
    public struct Passphrase: ~Copyable {
        private let memory: UnsafeMutableRawBufferPointer

        /// Takes the passphrase from the first line of a file's content that is not empty; what stands behind its
        /// line break is not part of it, nor is a byte order mark in front. What looks like UTF-16 is refused: typed
        /// elsewhere, it would be another passphrase.
        public init(file content: UnsafeRawBufferPointer) throws(SealingError) {
            let text = content.starts(with: [0xEF, 0xBB, 0xBF]) ? content.dropFirst(3) : content[...]
            guard !text.starts(with: [0xFF, 0xFE]), !text.starts(with: [0xFE, 0xFF]), !text.contains(0) else {
                throw .passphraseNotText
            }
            let line = text.drop { $0 == 0x0A || $0 == 0x0D }.prefix { $0 != 0x0A && $0 != 0x0D }
            guard line.count >= RootKey.shortestPassphrase else { throw .passphraseTooShort }
            memory = UnsafeMutableRawBufferPointer(start: LockedMemory.allocate(line.count), count: line.count)
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: line))
        }

        deinit { sodium_free(memory.baseAddress!) }

        func derive(_ cost: PassphraseCost) throws(SealingError) -> SecretKey {
            guard cost.isAcceptable else { throw .passphraseCostRefused }
            return try SecretKey { (buffer) throws(SealingError) in
                let failed = crypto_pwhash(
                    buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), UInt64(buffer.count),
                    memory.baseAddress!.assumingMemoryBound(to: CChar.self), UInt64(memory.count), cost.salt,
                    cost.operations, Int(cost.memory), crypto_pwhash_ALG_ARGON2ID13)
                guard failed == 0 else { throw .outOfMemory }
            }
        }
    }
}

/// What deriving the root key from a passphrase costs, by Argon2id (`crypto_pwhash`).
public struct PassphraseCost: Sendable {
    let operations: UInt64
    /// Bytes.
    let memory: UInt64
    /// 16 bytes.
    let salt: [UInt8]

    /// libsodium's «moderate»: 3 passes over 256 MiB, about half a second.
    public static func moderate(_ randomness: Randomness) -> PassphraseCost {
        PassphraseCost(operations: 3, memory: 256 << 20, salt: randomness.bytes(16))
    }

    /// The least that libsodium accepts, for tests.
    static func least(_ randomness: Randomness) -> PassphraseCost {
        PassphraseCost(operations: 1, memory: 8192, salt: randomness.bytes(16))
    }

    /// The header of a keyring is believed before it can be authenticated, so what it asks for is bounded.
    var isAcceptable: Bool {
        (1...16).contains(operations) && (8192...(1 << 30)).contains(memory) && salt.count == 16
    }
}

/// The root key file: one line, `strongroom-root-key-1:` and 64 hexadecimal digits.
public enum RootKeyFile {
    static let label = Array("strongroom-root-key-1:".utf8)

    /// Bytes of a root key file.
    public static let length = label.count + 64 + 1

    /// Draws a root key and hands the content of its file to `write`; the memory is locked and zeroed
    /// afterwards.
    public static func generate(
        _ randomness: Randomness, write: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let key = SecretKey(from: randomness)
        let memory = LockedMemory.allocate(length + 1)
        defer { sodium_free(memory) }
        memory.copyMemory(from: label, byteCount: label.count)
        let digits = (memory + label.count).assumingMemoryBound(to: CChar.self)
        key.withBytes { _ = sodium_bin2hex(digits, 65, $0, SecretKey.length) }
        (memory + length - 1).storeBytes(of: 0x0A, as: UInt8.self)
        try write(UnsafeRawBufferPointer(start: memory, count: length))
    }

    /// Reads the content of a root key file; also with blank lines, blanks and line ends of other systems around it,
    /// and with a byte order mark.
    public static func read(_ file: UnsafeRawBufferPointer) throws(SealingError) -> RootKey {
        let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
        var text = file.starts(with: [0xEF, 0xBB, 0xBF]) ? file.dropFirst(3) : file[...]
        text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        let content = UnsafeRawBufferPointer(rebasing: text)
        guard content.count == length - 1, content.starts(with: label) else { throw .notRootKeyFile }
        let digits = (content.baseAddress! + label.count).assumingMemoryBound(to: CChar.self)
        return .keyFile(
            try SecretKey { (buffer) throws(SealingError) in
                var count = 0
                let failed = sodium_hex2bin(
                    buffer.baseAddress!.assumingMemoryBound(to: UInt8.self), buffer.count, digits, 64, nil, &count, nil)
                guard failed == 0, count == SecretKey.length else { throw .notRootKeyFile }
            })
    }
}
