internal import Base

/// The part of JSON that entries use, in the one form of <doc:Entries>.
public enum CanonicalJSON: Equatable, Sendable {
    case text(String)
    /// From 0 to ``CanonicalJSON/largestNumber``.
    case number(UInt64)
    case flag(Bool)
    case list([CanonicalJSON])
    /// Members in any order; they are written in order.
    case object([String: CanonicalJSON])

    /// The largest whole number that every reader of JSON keeps exactly: 2^53 − 1.
    public static let largestNumber: UInt64 = 9_007_199_254_740_991

    /// The value's bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .text(let text): Self.write(text, to: &bytes)
        case .number(let number):
            precondition(number <= Self.largestNumber)
            bytes += String(number).utf8
        case .flag(let flag): bytes += flag ? "true".utf8 : "false".utf8
        case .list(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            for (index, (name, value)) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                precondition(name.utf8.allSatisfy(CanonicalJSON.isNameByte))
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                Self.write(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                if let letter = shortEscapes[byte] {
                    bytes += [UInt8(ascii: "\\"), letter]
                } else {
                    bytes += "\\u00".utf8
                    bytes += CollectionOfOne(byte).hex.utf8
                }
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    fileprivate static let shortEscapes: [UInt8: UInt8] = [
        0x08: UInt8(ascii: "b"), 0x09: UInt8(ascii: "t"), 0x0A: UInt8(ascii: "n"), 0x0C: UInt8(ascii: "f"),
        0x0D: UInt8(ascii: "r"),
    ]

    fileprivate static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension CanonicalJSON {
    /// Reads bytes that are exactly one value in its one form.
    public init(_ bytes: [UInt8]) throws(EntryError) {
        let result = bytes.withUnsafeBytes { buffer -> Result<CanonicalJSON, EntryError> in
            var cursor = Cursor(bytes: buffer)
            do throws(EntryError) {
                let value = try cursor.value(depth: 0)
                try cursor.end()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    /// Checks that bytes are one value in its one form, without building it.
    public static func check(_ bytes: UnsafeRawBufferPointer) throws(EntryError) {
        var cursor = Cursor(bytes: bytes)
        try cursor.skipValue(depth: 0)
        try cursor.end()
    }

    private struct Cursor {
        let bytes: UnsafeRawBufferPointer
        var offset = 0

        private static let deepest = 8

        private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        private func problem() -> EntryError { .notCanonical(offset: offset) }

        func end() throws(EntryError) {
            guard offset == bytes.count else { throw problem() }
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            offset += 1
            return true
        }

        private mutating func expect(_ byte: UInt8) throws(EntryError) {
            guard take(byte) else { throw problem() }
        }

        private mutating func expect(_ word: StaticString) throws(EntryError) {
            for index in 0..<word.utf8CodeUnitCount { try expect(word.utf8Start[index]) }
        }

        mutating func value(depth: Int) throws(EntryError) -> CanonicalJSON {
            switch next {
            case UInt8(ascii: "{"):
                var members: [String: CanonicalJSON] = [:]
                try object(depth: depth) { (cursor, name) throws(EntryError) in
                    members[cursor.text(name)] = try cursor.value(depth: depth + 1)
                }
                return .object(members)
            case UInt8(ascii: "["):
                var values: [CanonicalJSON] = []
                try list(depth: depth) { (cursor) throws(EntryError) in
                    values.append(try cursor.value(depth: depth + 1))
                }
                return .list(values)
            case UInt8(ascii: "\""): return .text(text(try string()))
            case UInt8(ascii: "t"):
                try expect("true")
                return .flag(true)
            case UInt8(ascii: "f"):
                try expect("false")
                return .flag(false)
            default: return .number(try number())
            }
        }

        mutating func skipValue(depth: Int) throws(EntryError) {
            switch next {
            case UInt8(ascii: "{"):
                try object(depth: depth) { (cursor, _) throws(EntryError) in try cursor.skipValue(depth: depth + 1) }
            case UInt8(ascii: "["):
                try list(depth: depth) { (cursor) throws(EntryError) in try cursor.skipValue(depth: depth + 1) }
            case UInt8(ascii: "\""): _ = try string()
            case UInt8(ascii: "t"): try expect("true")
            case UInt8(ascii: "f"): try expect("false")
            default: _ = try number()
            }
        }

        private mutating func object(
            depth: Int, _ member: (inout Cursor, Range<Int>) throws(EntryError) -> Void
        ) throws(EntryError) {
            guard depth < Self.deepest else { throw problem() }
            try expect(UInt8(ascii: "{"))
            if take(UInt8(ascii: "}")) { return }
            var last: Range<Int>?
            repeat {
                let name = try string()
                guard bytes[name].allSatisfy(CanonicalJSON.isNameByte) else { throw problem() }
                if let last, !bytes[last].lexicographicallyPrecedes(bytes[name]) { throw problem() }
                last = name
                try expect(UInt8(ascii: ":"))
                try member(&self, name)
            } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "}"))
        }

        private mutating func list(
            depth: Int, _ element: (inout Cursor) throws(EntryError) -> Void
        ) throws(EntryError) {
            guard depth < Self.deepest else { throw problem() }
            try expect(UInt8(ascii: "["))
            if take(UInt8(ascii: "]")) { return }
            repeat { try element(&self) } while take(UInt8(ascii: ","))
            try expect(UInt8(ascii: "]"))
        }

        private mutating func number() throws(EntryError) -> UInt64 {
            let start = offset
            var number: UInt64 = 0
            while let digit = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit), offset - start < 16 {
                number = number * 10 + UInt64(digit - UInt8(ascii: "0"))
                offset += 1
            }
            guard offset > start, number <= CanonicalJSON.largestNumber,
                offset - start == 1 || bytes[start] != UInt8(ascii: "0")
            else { throw problem() }
            return number
        }

        /// Passes over a string.
        ///
        /// - Returns: where its inside is.
        private mutating func string() throws(EntryError) -> Range<Int> {
            try expect(UInt8(ascii: "\""))
            let start = offset
            var isASCII = true
            while let byte = next, byte != UInt8(ascii: "\"") {
                guard byte >= 0x20 else { throw problem() }
                if byte >= 0x80 { isASCII = false }
                offset += 1
                if byte == UInt8(ascii: "\\") { try escape() }
            }
            let inside = start..<offset
            guard isASCII || String(validating: bytes[inside], as: UTF8.self) != nil else {
                throw .notCanonical(offset: start)
            }
            try expect(UInt8(ascii: "\""))
            return inside
        }

        private mutating func escape() throws(EntryError) {
            guard let letter = next else { throw problem() }
            offset += 1
            if letter == UInt8(ascii: "\"") || letter == UInt8(ascii: "\\") { return }
            if CanonicalJSON.shortEscapes.values.contains(letter) { return }
            guard letter == UInt8(ascii: "u"), offset + 4 <= bytes.count, let byte = controlByte(at: offset),
                CanonicalJSON.shortEscapes[byte] == nil
            else { throw problem() }
            offset += 4
        }

        /// What `00xx` stands for, where it is below U+0020.
        private func controlByte(at offset: Int) -> UInt8? {
            let digits = String(decoding: bytes[offset..<offset + 4], as: UTF8.self)
            guard let value = Hexadecimal.bytes(digits), value.count == 2, value[0] == 0, value[1] < 0x20 else {
                return nil
            }
            return value[1]
        }

        /// The text of a string that was passed over.
        private func text(_ inside: Range<Int>) -> String {
            guard bytes[inside].contains(UInt8(ascii: "\\")) else {
                return String(decoding: bytes[inside], as: UTF8.self)
            }
            var text: [UInt8] = []
            var offset = inside.lowerBound
            while offset < inside.upperBound {
                guard bytes[offset] == UInt8(ascii: "\\") else {
                    text.append(bytes[offset])
                    offset += 1
                    continue
                }
                let letter = bytes[offset + 1]
                if letter == UInt8(ascii: "u") {
                    text.append(controlByte(at: offset + 2)!)
                    offset += 6
                } else {
                    text.append(CanonicalJSON.shortEscapes.first { $0.value == letter }?.key ?? letter)
                    offset += 2
                }
            }
            return String(decoding: text, as: UTF8.self)
        }
    }
}
