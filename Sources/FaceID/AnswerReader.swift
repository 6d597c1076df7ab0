internal import Foundation
public import Vendor

/// Reads the vendor's answer as a stream: media goes to a sink, decoded, in pieces; the rest becomes an
/// ``Answer``. Memory does not grow with the media. See <doc:ReadingAnswers>.
///
///     var reader = AnswerReader(cap: 64 << 20)
///     while let piece = next() { try reader.read(piece, into: sink) }
///     let answer = try reader.finish()
///
/// After an error the reader must not be used again, and what the sink got must be thrown away.
public struct AnswerReader: ~Copyable {
    /// Bytes of text beside the media that an answer may have.
    static let textLimit = 1 << 20
    /// Levels that containers may be nested.
    static let depthLimit = 32

    private let cap: UInt64
    private let isLenient: Bool
    private var offset: UInt64 = 0
    private var mode = Mode.structure
    private var expected = Expectation.start
    private var frames: [Frame] = []
    private var inResponse = false
    private var sawResponse = false
    /// Media stands outside of a `Response`.
    private var sawBareMedia = false
    /// The document so far: the answer's text without white space and without media.
    private var document: [UInt8] = []
    /// Where the current member begins in the document, its comma included.
    private var memberStart = 0
    private var textStart = 0
    private var key: [UInt8] = []
    private var codeUnit: UInt32 = 0
    private var awaitsLowSurrogate = false
    /// Where the current `\u` and the last first half of a pair stand in the document.
    private var unicodeStart = 0
    private var highStart = 0
    private var media: MediaDecoder

    private enum Mode {
        case byteOrderMark, structure, string(isKey: Bool), escape(isKey: Bool), unicode(isKey: Bool, digits: Int),
            number, literal, media
    }

    private enum Expectation {
        case start, value, keyOrEnd, key, colon, elementOrEnd, commaOrEnd, end

        var name: String {
            switch self {
            case .start: "'{'"
            case .value: "a value"
            case .keyOrEnd: "a field's name or '}'"
            case .key: "a field's name"
            case .colon: "':'"
            case .elementOrEnd: "a value or ']'"
            case .commaOrEnd: "',' or the end of the list"
            case .end: "nothing more"
            }
        }
    }

    private struct Frame {
        let isObject: Bool
        var members = 0
        var keys: Set<[UInt8]> = []
    }

    /// - Parameters:
    ///   - cap: bytes that an answer may have at most.
    ///   - isLenient: take also what other writers of Base64 and JSON make: see <doc:ReadingAnswers>.
    public init(cap: UInt64, isLenient: Bool = false) {
        self.cap = cap
        self.isLenient = isLenient
        media = MediaDecoder(isLenient: isLenient)
    }

    /// An answer that somebody took out of its `Response`: a lenient reader takes it.
    private var isBare: Bool { isLenient && sawBareMedia }

    /// Whether what was read so far is an answer of the vendor, and not a page of somebody between.
    var hasResponse: Bool { sawResponse || sawBareMedia }

    /// Takes the next piece of the answer.
    ///
    /// - Throws: ``AnswerError``, or what the sink throws.
    public mutating func read(_ piece: UnsafeRawBufferPointer, into sink: some MediaSink) throws {
        guard offset + UInt64(piece.count) <= cap else { throw AnswerError(.tooLarge(cap: cap), offset: cap) }
        var index = 0
        while index < piece.count {
            switch mode {
            case .media:
                let (used, ended) = try media.read(
                    UnsafeRawBufferPointer(rebasing: piece[index...]), at: offset, into: sink)
                index += used
                offset += UInt64(used)
                if ended { try endMedia(sink) }
            case .string(let isKey):
                let rest = piece[index...]
                let run = rest.firstIndex { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 } ?? rest.endIndex
                if awaitsLowSurrogate, index < run { try takeLoneHalf(at: highStart) }
                try keep(piece[index..<run])
                offset += UInt64(run - index)
                index = run
                guard index < piece.count else { break }
                try takeInString(piece[index], isKey: isKey)
                index += 1
                offset += 1
            default:
                // A number ends with the character behind it, which is looked at again.
                if try take(piece[index], sink) {
                    index += 1
                    offset += 1
                }
            }
        }
    }

    /// Ends the reading.
    public consuming func finish() throws(AnswerError) -> Answer {
        if case .media = mode {
            throw AnswerError(.cutOff, field: media.currentField.rawValue, offset: offset)
        }
        guard case .structure = mode, expected == .end else {
            throw AnswerError(offset == 0 || document.isEmpty ? .empty : .cutOff, offset: offset)
        }
        guard sawResponse || isBare else { throw AnswerError(.noResponse, offset: offset) }
        return try Answer(document: document, isBare: isBare, end: offset)
    }

    // MARK: Structure

    /// - Returns: whether the byte was used.
    private mutating func take(_ byte: UInt8, _ sink: some MediaSink) throws -> Bool {
        switch mode {
        case .structure: try takeStructure(byte, sink)
        case .byteOrderMark:
            guard byte == (offset == 1 ? 0xBB : 0xBF) else { throw notJSON(expected.name) }
            if offset == 2 { mode = .structure }
        case .number:
            guard JSONNumber.hasByte(byte) else {
                try endNumber()
                return false
            }
            try keep(CollectionOfOne(byte))
        case .literal:
            guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) else {
                try endLiteral()
                return false
            }
            try keep(CollectionOfOne(byte))
        case .escape(let isKey): try takeEscape(byte, isKey: isKey)
        case .unicode(let isKey, let digits):
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue else { throw notJSON("a hexadecimal digit") }
            codeUnit = codeUnit << 4 | UInt32(digit)
            try keep(CollectionOfOne(byte))
            if digits == 3 { try checkSurrogate() }
            mode = digits == 3 ? .string(isKey: isKey) : .unicode(isKey: isKey, digits: digits + 1)
        case .string, .media: preconditionFailure("read elsewhere")
        }
        return true
    }

    private mutating func takeStructure(_ byte: UInt8, _ sink: some MediaSink) throws {
        switch (byte, expected) {
        case (0x20, _), (0x09, _), (0x0A, _), (0x0D, _): break
        case (0xEF, .start) where offset == 0: mode = .byteOrderMark
        case (UInt8(ascii: "<"), .start): throw AnswerError(.markup, offset: offset)
        case (UInt8(ascii: "{"), .start): try open(isObject: true, byte)
        case (_, .end): throw AnswerError(.trailingText, offset: offset)
        case (UInt8(ascii: "{"), .value), (UInt8(ascii: "{"), .elementOrEnd):
            try beginValue(isObject: true)
            try open(isObject: true, byte)
        case (UInt8(ascii: "["), .value), (UInt8(ascii: "["), .elementOrEnd):
            try beginValue()
            try open(isObject: false, byte)
        case (UInt8(ascii: "}"), .keyOrEnd), (UInt8(ascii: "]"), .elementOrEnd): try close(byte)
        case (UInt8(ascii: "}"), .commaOrEnd) where frames.last!.isObject,
            (UInt8(ascii: "]"), .commaOrEnd) where !frames.last!.isObject:
            try close(byte)
        case (UInt8(ascii: ","), .commaOrEnd): expected = frames.last!.isObject ? .key : .value
        case (UInt8(ascii: ":"), .colon): expected = .value
        case (UInt8(ascii: "\""), .keyOrEnd), (UInt8(ascii: "\""), .key): try beginKey(byte)
        case (UInt8(ascii: "\""), .value), (UInt8(ascii: "\""), .elementOrEnd): try beginString(byte)
        case (UInt8(ascii: "-"), .value), (UInt8(ascii: "-"), .elementOrEnd),
            (UInt8(ascii: "0")...UInt8(ascii: "9"), .value), (UInt8(ascii: "0")...UInt8(ascii: "9"), .elementOrEnd):
            try beginScalar(byte, .number)
        case (UInt8(ascii: "t"), .value), (UInt8(ascii: "t"), .elementOrEnd), (UInt8(ascii: "f"), .value),
            (UInt8(ascii: "f"), .elementOrEnd), (UInt8(ascii: "n"), .value), (UInt8(ascii: "n"), .elementOrEnd):
            try beginScalar(byte, .literal)
        default: throw notJSON(expected.name)
        }
    }

    private mutating func open(isObject: Bool, _ byte: UInt8) throws {
        guard frames.count < Self.depthLimit else {
            throw AnswerError(.tooDeep(limit: Self.depthLimit), offset: offset)
        }
        frames.append(Frame(isObject: isObject))
        try keep(CollectionOfOne(byte))
        expected = isObject ? .keyOrEnd : .elementOrEnd
    }

    private mutating func close(_ byte: UInt8) throws {
        frames.removeLast()
        if frames.count == 1 { inResponse = false }
        try keep(CollectionOfOne(byte))
        expected = frames.isEmpty ? .end : .commaOrEnd
    }

    /// Puts the comma in front of an array's element, and looks at what the value belongs to.
    private mutating func beginValue(isObject: Bool = false, isNull: Bool = false) throws {
        if !frames.last!.isObject {
            if frames.last!.members > 0 { try keep(CollectionOfOne(UInt8(ascii: ","))) }
        } else if frames.count == 1, key.elementsEqual("Response".utf8) {
            guard isObject, !isBare else { throw AnswerError(.noResponse, offset: offset) }
            sawResponse = true
            inResponse = true
        } else if mediaField != nil, !isNull {
            throw AnswerError(
                .notString, field: String(decoding: key, as: UTF8.self), valueOffset: 0, offset: offset)
        }
        frames[frames.count - 1].members += 1
    }

    private var mediaField: MediaField? {
        frames.count == 2 && inResponse && frames[1].isObject || frames.count == 1 && isBare
            ? MediaField(rawValue: String(decoding: key, as: UTF8.self)) : nil
    }

    // MARK: Strings

    private mutating func beginKey(_ byte: UInt8) throws {
        memberStart = document.count
        if frames.last!.members > 0 { try keep(CollectionOfOne(UInt8(ascii: ","))) }
        textStart = document.count
        try keep(CollectionOfOne(byte))
        mode = .string(isKey: true)
    }

    private mutating func beginString(_ byte: UInt8) throws {
        if let field = mediaField {
            media.begin(field, at: offset + 1)
            mode = .media
            return
        }
        try beginValue()
        try keep(CollectionOfOne(byte))
        mode = .string(isKey: false)
    }

    private mutating func takeInString(_ byte: UInt8, isKey: Bool) throws {
        if awaitsLowSurrogate, byte != UInt8(ascii: "\\") { try takeLoneHalf(at: highStart) }
        switch byte {
        case UInt8(ascii: "\\"):
            try keep(CollectionOfOne(byte))
            mode = .escape(isKey: isKey)
        case UInt8(ascii: "\""):
            try keep(CollectionOfOne(byte))
            mode = .structure
            if isKey { try endKey() } else { expected = .commaOrEnd }
        default: throw notJSON("an escape in place of a control character")
        }
    }

    private mutating func takeEscape(_ byte: UInt8, isKey: Bool) throws {
        if awaitsLowSurrogate, byte != UInt8(ascii: "u") { try takeLoneHalf(at: highStart) }
        switch byte {
        case UInt8(ascii: "u"):
            codeUnit = 0
            unicodeStart = document.count - 1
            mode = .unicode(isKey: isKey, digits: 0)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            mode = .string(isKey: isKey)
        default: throw notJSON("an escape")
        }
        try keep(CollectionOfOne(byte))
    }

    /// A character outside of Unicode's first plane is escaped as a pair of surrogates; half of one is no
    /// character, and other readers would lose it.
    private mutating func checkSurrogate() throws {
        let isHigh = (0xD800...0xDBFF).contains(codeUnit)
        let isLow = (0xDC00...0xDFFF).contains(codeUnit)
        if awaitsLowSurrogate, !isLow { try takeLoneHalf(at: highStart) }
        if isLow, !awaitsLowSurrogate { try takeLoneHalf(at: unicodeStart) }
        awaitsLowSurrogate = isHigh
        if isHigh { highStart = unicodeStart }
    }

    /// Half a pair stands alone: U+FFFD comes into its place where that is allowed.
    private mutating func takeLoneHalf(at start: Int) throws {
        guard isLenient else { throw notJSON(Self.otherHalf) }
        document.replaceSubrange(start..<start + 6, with: #"\ufffd"#.utf8)
        awaitsLowSurrogate = false
    }

    private static let otherHalf = "the other half of a surrogate pair"

    private mutating func endKey() throws {
        let text = document[textStart...]
        if text.contains(UInt8(ascii: "\\")) {
            guard let name = try? JSONDecoder().decode(String.self, from: Data(text)) else {
                throw notJSON("a field's name")
            }
            key = Array(name.utf8)
        } else {
            key = Array(text.dropFirst().dropLast())
        }
        guard frames[frames.count - 1].keys.insert(key).inserted else {
            throw AnswerError(.duplicateField(Self.printable(key)), offset: offset)
        }
        if frames.count == 1, MediaField(rawValue: String(decoding: key, as: UTF8.self)) != nil {
            sawBareMedia = true
            guard isBare, !sawResponse else { throw AnswerError(.noResponse, offset: offset) }
        }
        try keep(CollectionOfOne(UInt8(ascii: ":")))
        expected = .colon
    }

    // MARK: Media

    private mutating func endMedia(_ sink: some MediaSink) throws {
        mode = .structure
        expected = .commaOrEnd
        if media.isEmpty {
            frames[frames.count - 1].members += 1
            try keep("\"\"".utf8)
        } else {
            document.removeSubrange(memberStart...)
            try sink.end()
        }
    }

    // MARK: Numbers and literals

    private mutating func beginScalar(_ byte: UInt8, _ mode: Mode) throws {
        try beginValue(isNull: byte == UInt8(ascii: "n"))
        textStart = document.count
        try keep(CollectionOfOne(byte))
        self.mode = mode
    }

    private mutating func endNumber() throws {
        guard JSONNumber.isWhole(document[textStart...]) else { throw notJSON("a number") }
        mode = .structure
        expected = .commaOrEnd
    }

    private mutating func endLiteral() throws {
        guard ["true", "false", "null"].contains(String(decoding: document[textStart...], as: UTF8.self)) else {
            throw notJSON("true, false or null")
        }
        mode = .structure
        expected = .commaOrEnd
    }

    // MARK: Document

    private mutating func keep(_ bytes: some Collection<UInt8>) throws {
        guard document.count + bytes.count <= Self.textLimit else {
            throw AnswerError(.textTooLarge(limit: Self.textLimit), offset: offset)
        }
        document.append(contentsOf: bytes)
    }

    private func notJSON(_ expected: String) -> AnswerError {
        AnswerError(.notJSON(expected: expected), offset: offset)
    }

    /// A field's name as it can stand in a message.
    private static func printable(_ key: [UInt8]) -> String {
        let isPlain = key.count <= 64 && key.allSatisfy { (0x21...0x7E).contains($0) }
        return isPlain ? String(decoding: key, as: UTF8.self) : "(of \(key.count) bytes)"
    }
}
