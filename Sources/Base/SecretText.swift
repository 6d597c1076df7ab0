internal import COpenSSL
internal import Foundation

/// A text that opens something, such as a token or a password. Its bytes are zeroed once nobody has it any more. It is
/// never a `String`, whose copies nobody can find.
///
/// Keys are something else: they stand in locked memory (`Sealing`).
public final class SecretText: Sendable {
    // Written only while it is made, when nobody else has it.
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer
    /// The memory is a mapping of its own, which no core dump has.
    private let isSetApart: Bool

    /// A text of `count` bytes, which `body` writes.
    public init<Failure: Error>(
        count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        memory = .allocate(byteCount: max(count, 1), alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        isSetApart = false
        self.count = count
        // Where it throws, what is made so far is let go of as everything else is.
        try body(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
    }

    /// A copy of bytes; who has them zeroes them.
    public convenience init(_ bytes: some Collection<UInt8>) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    /// Texts, one behind the other.
    public convenience init(joining parts: [SecretText]) {
        self.init(count: parts.reduce(0) { $0 + $1.count }) { target in
            var place = 0
            for part in parts {
                part.withBytes {
                    UnsafeMutableRawBufferPointer(rebasing: target[place..<place + $0.count]).copyMemory(from: $0)
                }
                place += part.count
            }
        }
    }

    /// A copy for what is kept long, such as credentials: in pages of its own, which are left out of core dumps and, as
    /// far as the system allows it, of the swap.
    ///
    /// - Throws: where there is no memory for it, or the system keeps none out of dumps.
    public init(settingApart text: SecretText) throws(FileError) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let length = (max(text.count, 1) + page - 1) / page * page
        guard let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { throw FileError(.create, path: "memory for a secret", code: errno) }
        guard madvise(start, length, MADV_DONTDUMP) == 0 else {
            let code = errno
            munmap(start, length)
            throw FileError(.create, path: "memory for a secret", code: code)
        }
        // Where it is refused, that is said of the memory for keys (`LockedMemory`).
        mlock(start, length)
        memory = UnsafeMutableRawBufferPointer(start: start, count: length)
        isSetApart = true
        count = text.count
        text.withBytes { memory.copyMemory(from: $0) }
    }

    deinit {
        explicit_bzero(memory.baseAddress!, memory.count)
        if isSetApart { munmap(memory.baseAddress!, memory.count) } else { memory.deallocate() }
    }

    /// Bytes.
    public let count: Int

    /// The bytes, valid during the call only.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// A part of it without blanks and line ends around it, and without a byte order mark in front.
    public var trimmed: SecretText {
        withBytes { whole in
            let isBlank = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
            let mark = whole.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
            let bytes = UnsafeRawBufferPointer(rebasing: whole[mark...])
            let first = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
            let last = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? first
            return SecretText(bytes[first..<last])
        }
    }
}

extension SecretText: Hashable {
    /// Takes a time that says nothing of where two texts differ.
    public static func == (a: SecretText, b: SecretText) -> Bool {
        guard a.count == b.count else { return false }
        return a.withBytes { a in b.withBytes { b in zip(a, b).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0 } }
    }

    public func hash(into hasher: inout Hasher) { withBytes { hasher.combine(bytes: $0) } }
}

extension SecretText: CustomStringConvertible, CustomReflectable {
    public var description: String { "a secret" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretText {
    /// Reads all that comes from a descriptor, or its first line, without leaving a copy behind.
    ///
    /// - Parameter limit: bytes; more are refused with `EFBIG`. A signal ends it with `EINTR`.
    public convenience init(
        reading descriptor: Int32, path: String, firstLine: Bool = false, limit: Int
    ) throws(FileError) {
        var pieces: [SecretText] = []
        var total = 0
        while true {
            var (length, failure) = (0, Int32(0))
            // A line is read byte by byte: what stands behind it is somebody else's.
            let piece = SecretText(count: firstLine ? 1 : 65_536) { buffer in
                length = Foundation.read(descriptor, buffer.baseAddress!, buffer.count)
                failure = errno
            }
            guard length >= 0 else { throw FileError(.read, path: path, code: failure) }
            let isEnd = length == 0 || firstLine && piece.withBytes { $0[0] == 0x0A }
            if isEnd { break }
            total += length
            guard total <= limit else { throw FileError(.read, path: path, code: EFBIG) }
            pieces.append(length == piece.count ? piece : piece.withBytes { SecretText($0[..<length]) })
        }
        self.init(joining: pieces)
    }

    /// Reads a file.
    public convenience init(contentsOf path: String, limit: Int) throws(FileError) {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(.open, path: path, code: errno) }
        defer { close(descriptor) }
        try self.init(reading: descriptor, path: path, limit: limit)
    }
}

extension [UInt8] {
    /// Overwrites the bytes with zeros; of an array that shares them with nobody.
    public mutating func zero() {
        withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } }
    }
}

/// Memory of the whole process.
public enum ProcessMemory {
    /// Makes OpenSSL zero what it gives back, before it has taken anything.
    ///
    /// - Returns: whether it does from now on.
    @discardableResult
    public static func zeroWhatOpenSSLFrees() -> Bool { openssl_zero_what_is_freed() == 1 }

    /// Takes a variable out of the environment, and out of the memory that the system gave it in.
    public static func takeFromEnvironment(_ name: String) -> SecretText? {
        guard let value = getenv(name) else { return nil }
        let length = strlen(value)
        let secret = SecretText(UnsafeRawBufferPointer(start: value, count: length))
        explicit_bzero(value, length)
        unsetenv(name)
        return secret
    }

    /// Takes what is given to an option out of the command line, where every user of the host reads it: `-` stands
    /// there then. The last one counts.
    ///
    /// - Parameter option: its long name, with the hyphens.
    /// - Returns: nil where the option is not given, or with nothing, or with `-`.
    public static func takeFromCommandLine(_ option: String) -> SecretText? {
        var taken: SecretText?
        func take(_ value: UnsafeMutablePointer<CChar>) {
            let length = strlen(value)
            let isHyphen = length == 1 && value[0] == 0x2D
            taken = isHyphen || length == 0 ? nil : SecretText(UnsafeRawBufferPointer(start: value, count: length))
            guard taken != nil else { return }
            explicit_bzero(value, length)
            value[0] = 0x2D
        }
        var isNext = false
        for index in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[index] else { continue }
            if isNext {
                take(argument)
                isNext = false
            } else if strcmp(argument, "--") == 0 {
                break
            } else if strcmp(argument, option) == 0 {
                isNext = true
            } else if strncmp(argument, option + "=", option.utf8.count + 1) == 0 {
                take(argument + option.utf8.count + 1)
            }
        }
        return taken
    }
}
