public import Base
public import Vendor

/// Why an answer could not be read, and where.
///
/// Offsets count bytes from 0. No case holds more of the answer than one character or a field's name.
public struct AnswerError: AnswerProblem, Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
        /// No bytes but white space.
        case empty
        /// It begins with `<`.
        case markup
        /// JSON's grammar is broken.
        case notJSON(expected: String)
        /// The text ends in the middle.
        case cutOff
        /// Text stands behind the end of the JSON.
        case trailingText
        /// The text outside the media is not UTF-8.
        case notUTF8
        /// An object has two members of one name.
        case duplicateField(String)
        /// Containers are nested deeper than the limit.
        case tooDeep(limit: Int)
        /// The answer is larger than the cap, in bytes.
        case tooLarge(cap: UInt64)
        /// What is not media is larger than the limit, in bytes.
        case textTooLarge(limit: Int)
        /// There is no `Response` object.
        case noResponse
        /// There is neither a `Result` nor an `Error`.
        case noResult
        /// A media field is not a string.
        case notString
        /// A media field holds a character that is not of the Base64 alphabet.
        case notBase64(character: UInt8)
        /// Base64 text stands behind its padding.
        case textAfterPadding
        /// The Base64 text ends in the middle of a group of four, or its last bits are not zero.
        case badEnding
        /// A media field holds a URL.
        case url
        /// A media field holds a `data:` URI, which has its Base64 behind a comma.
        case dataURI
    }

    public let reason: Reason
    /// The vendor's name of the field, for what happened inside a media field.
    public let field: String?
    /// Where in the field's value.
    public let valueOffset: UInt64?
    /// Where in the answer.
    public let offset: UInt64

    public init(_ reason: Reason, field: String? = nil, valueOffset: UInt64? = nil, offset: UInt64) {
        self.reason = reason
        self.field = field
        self.valueOffset = valueOffset
        self.offset = offset
    }
}

extension AnswerError {
    public var description: String {
        let what: String
        switch reason {
        case .empty: return "the answer is empty"
        case .markup: return "the answer is not JSON: it begins with '<', like an HTML page"
        case .notJSON(let expected): what = "the answer is not JSON: expected \(expected)"
        case .cutOff: what = field.map { "the answer is cut off inside \($0)" } ?? "the answer is cut off"
        case .trailingText: what = "the answer has text behind its end"
        case .notUTF8: return "the answer's text is not UTF-8"
        case .duplicateField(let name): what = "the answer has the field \(name) twice"
        case .tooDeep(let limit): what = "the answer is nested deeper than \(limit) levels"
        case .tooLarge(let cap): return "the answer is larger than the cap of \(cap) bytes"
        case .textTooLarge(let limit): what = "the answer has more than \(limit) bytes of text beside the media"
        case .noResponse: return "the answer has no Response object"
        case .noResult: return "the answer has neither a Result nor an Error"
        case .notString: what = "\(field ?? "a media field") is not a string"
        case .notBase64(let character): what = "\(field ?? "a field") is not Base64: character \(Self.name(character))"
        case .textAfterPadding: what = "\(field ?? "a field") is not Base64: text stands behind the padding"
        case .badEnding: what = "\(field ?? "a field") is not Base64: it ends in the middle of a group of four"
        case .url: what = "\(field ?? "a field") holds a URL where media should be"
        case .dataURI: what = "\(field ?? "a field") is a data: URI, where its Base64 alone should be"
        }
        guard let valueOffset else { return "\(what) at byte \(offset)" }
        return "\(what) at byte \(valueOffset) of the value (byte \(offset) of the answer)"
    }

    /// What the person can do about it.
    public var remedy: Remedy {
        switch reason {
        case .empty: "check that it was saved or sent whole"
        case .markup: "a proxy or a sign-in page may have answered in the vendor's place: look at what it says"
        case .notJSON, .trailingText, .notUTF8, .duplicateField, .tooDeep, .textTooLarge:
            "check that this is the vendor's answer to GetFaceIdResultIntl, unchanged"
        case .cutOff: "save or fetch the answer again; the result stays at the vendor for 72 hours"
        case .tooLarge: "raise vendor: answer-cap in the configuration if the vendor really sends this much"
        case .noResponse:
            #"an answer is {"Response": {…}}; if an SDK's object was saved, put it inside such a wrapper"#
        case .noResult: "check that this is an answer to GetFaceIdResultIntl"
        case .notString, .textAfterPadding, .badEnding:
            "the value was changed on its way: save or fetch the answer again"
        case .notBase64:
            "the value was changed on its way; if this is the vendor's documentation example, it is not a real answer"
        case .dataURI:
            "who saved it put something in front of the media: a lenient reader takes what stands behind the comma"
        case .url: "the vendor stores this account's media elsewhere; fetch the file and put its Base64 in place"
        }
    }

    private static func name(_ character: UInt8) -> String {
        (0x21...0x7E).contains(character)
            ? "'\(Character(UnicodeScalar(character)))'" : "0x" + String(character, radix: 16, uppercase: true)
    }
}
