internal import Base
internal import Foundation
internal import Vendor

/// Decodes one media field: the characters between the quotes, escapes and all, to bytes.
///
/// An event goes in (characters), and out come bytes for the sink or the end of the string. Nothing is
/// skipped and nothing is guessed: white space, the URL alphabet, a missing or early padding and last
/// bits that are not zero are errors with their offset. A lenient one takes all of these but an early padding, and a
/// `data:` prefix.
struct MediaDecoder: ~Copyable {
    private static let capacity = 49_152
    /// Characters at the beginning that are looked at one by one, so that a URL can be told.
    private static let prefixLength = 8

    private let tables = Base64Tables.shared
    private let output: UnsafeMutableRawBufferPointer
    private var filled = 0
    private var field = MediaField.bestFrame
    private var start: UInt64 = 0
    private var prefix: [UInt8] = []
    private var pending: UInt32 = 0
    private var pendingCount = 0
    private var padding = 0
    private var escape = Escape.none
    private var escapeStart: UInt64 = 0
    private var isBegun = false
    /// Whether the field that has ended brought no bytes.
    var isEmpty: Bool { !isBegun }
    private let isLenient: Bool
    /// Inside of a `data:` prefix, which ends with a comma.
    private var isInPrefix = false

    private enum Escape { case none, backslash, unicode(digits: Int, value: UInt32) }

    init(isLenient: Bool = false) {
        self.isLenient = isLenient
        // One byte of slack for the store of four bytes of which three count.
        output = .allocate(byteCount: Self.capacity + 1, alignment: 16)
    }

    deinit {
        explicit_bzero(output.baseAddress!, output.count)
        output.deallocate()
    }

    /// Begins a field whose first character stands at `offset` of the answer.
    mutating func begin(_ field: MediaField, at offset: UInt64) {
        self.field = field
        start = offset
        filled = 0
        prefix.removeAll(keepingCapacity: true)
        pending = 0
        pendingCount = 0
        padding = 0
        escape = .none
        isBegun = false
        isInPrefix = false
    }

    var currentField: MediaField { field }

    /// Takes characters until the closing quote or the end of the piece.
    ///
    /// - Parameter offset: where the piece begins in the answer.
    /// - Returns: how many bytes of the piece were used, and whether the string ended.
    mutating func read(
        _ piece: UnsafeRawBufferPointer, at offset: UInt64, into sink: some MediaSink
    ) throws -> (used: Int, ended: Bool) {
        var index = 0
        while index < piece.count {
            if pendingCount == 0, padding == 0, !isInPrefix, case .none = escape, prefix.count == Self.prefixLength {
                let (read, written) = tables.decodeGroups(
                    UnsafeRawBufferPointer(rebasing: piece[index...]),
                    into: UnsafeMutableRawBufferPointer(rebasing: output[filled...]))
                index += read
                filled += written
                if Self.capacity - filled < 3 { try flush(into: sink) }
                if read > 0 { continue }
            }
            let character = piece[index]
            if try take(character, at: offset + UInt64(index), into: sink) { return (index + 1, true) }
            index += 1
        }
        return (index, false)
    }

    /// - Returns: whether this was the closing quote.
    private mutating func take(_ character: UInt8, at offset: UInt64, into sink: some MediaSink) throws -> Bool {
        switch escape {
        case .none:
            switch character {
            case UInt8(ascii: "\""):
                try end(at: offset, into: sink)
                return true
            case UInt8(ascii: "\\"):
                escape = .backslash
                escapeStart = offset
            default: try accept(character, at: offset, into: sink)
            }
        case .backslash:
            escape = .none
            switch character {
            case UInt8(ascii: "u"): escape = .unicode(digits: 0, value: 0)
            case UInt8(ascii: "/"): try accept(character, at: escapeStart, into: sink)
            case UInt8(ascii: "n") where isLenient, UInt8(ascii: "r") where isLenient,
                UInt8(ascii: "t") where isLenient:
                break
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
                UInt8(ascii: "r"), UInt8(ascii: "t"):
                throw problem(.notBase64(character: UInt8(ascii: "\\")), at: escapeStart)
            default: throw AnswerError(.notJSON(expected: "an escape"), offset: offset)
            }
        case .unicode(let digits, let value):
            guard let digit = Character(UnicodeScalar(character)).hexDigitValue else {
                throw AnswerError(.notJSON(expected: "a hexadecimal digit"), offset: offset)
            }
            let value = value << 4 | UInt32(digit)
            if digits < 3 {
                escape = .unicode(digits: digits + 1, value: value)
            } else {
                escape = .none
                guard value < 0x80 else {
                    throw problem(.notBase64(character: UInt8(ascii: "\\")), at: escapeStart)
                }
                try accept(UInt8(value), at: escapeStart, into: sink)
            }
        }
        return false
    }

    private mutating func accept(_ given: UInt8, at offset: UInt64, into sink: some MediaSink) throws {
        guard let character = isLenient ? lenient(given) : given else { return }
        if prefix.count < Self.prefixLength { prefix.append(character) }
        if character == UInt8(ascii: "=") {
            guard pendingCount + padding < 4, pendingCount >= 2 else {
                throw problem(.notBase64(character: character), at: offset)
            }
            padding += 1
            return
        }
        guard let value = tables.value(of: character) else {
            let text = String(decoding: prefix, as: UTF8.self).lowercased()
            if character == UInt8(ascii: ":"), text == "http:" || text == "https:" { throw problem(.url, at: start) }
            if !isLenient, character == UInt8(ascii: ":"), text == "data:" { throw problem(.dataURI, at: start) }
            throw problem(.notBase64(character: character), at: offset)
        }
        guard padding == 0 else { throw problem(.textAfterPadding, at: offset) }
        pending = pending << 6 | value
        pendingCount += 1
        if pendingCount == 4 { try store(3, of: pending, into: sink) }
    }

    /// The character that is meant; nil where none is.
    private mutating func lenient(_ character: UInt8) -> UInt8? {
        if isInPrefix {
            isInPrefix = character != UInt8(ascii: ",")
            return nil
        }
        switch character {
        case 0x20, 0x09, 0x0A, 0x0D: return nil
        case UInt8(ascii: "-"): return UInt8(ascii: "+")
        case UInt8(ascii: "_"): return UInt8(ascii: "/")
        case UInt8(ascii: ":") where prefix.elementsEqual("data".utf8):
            // Nothing has left the buffer yet.
            (isInPrefix, filled, pending, pendingCount) = (true, 0, 0, 0)
            return nil
        default: return character
        }
    }

    private mutating func end(at offset: UInt64, into sink: some MediaSink) throws {
        guard !isInPrefix else { throw problem(.badEnding, at: offset) }
        guard pendingCount > 0 else { return try flush(into: sink) }
        let isWhole = pendingCount + padding == 4 || isLenient && pendingCount > 1
        guard isWhole else { throw problem(.badEnding, at: offset) }
        let unused: UInt32 = pendingCount == 2 ? 0xF : 0x3
        guard pending & unused == 0 || isLenient else { throw problem(.badEnding, at: offset) }
        try store(pendingCount - 1, of: pending << UInt32(6 * (4 - pendingCount)), into: sink)
        try flush(into: sink)
    }

    private mutating func store(_ count: Int, of group: UInt32, into sink: some MediaSink) throws {
        if Self.capacity - filled < 3 { try flush(into: sink) }
        for position in 0..<count {
            output[filled + position] = UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * position))
        }
        filled += count
        pending = 0
        pendingCount = 0
    }

    private mutating func flush(into sink: some MediaSink) throws {
        guard filled > 0 else { return }
        if !isBegun {
            isBegun = true
            try sink.begin(MediaKind(field))
        }
        try sink.write(UnsafeRawBufferPointer(rebasing: output[..<filled]))
        filled = 0
    }

    private func problem(_ reason: AnswerError.Reason, at offset: UInt64) -> AnswerError {
        AnswerError(reason, field: field.rawValue, valueOffset: offset - start, offset: offset)
    }
}
