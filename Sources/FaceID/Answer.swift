internal import Base
internal import Foundation
internal import Vendor

/// The fields of an answer that hold media, in Base64.
enum MediaField: String, CaseIterable, Sendable {
    case bestFrame = "BestFrame"
    case video = "Video"
    case actionVideo = "ActionVideo"
}

extension MediaKind {
    init(_ field: MediaField) {
        switch field {
        case .bestFrame: self = .bestFrame
        case .video: self = .video
        case .actionVideo: self = .actionVideo
        }
    }
}

extension Answer {
    /// - Parameters:
    ///   - isBare: it stands without its `Response`.
    ///   - end: where the answer ended, for errors.
    init(document: [UInt8], isBare: Bool = false, end: UInt64) throws(AnswerError) {
        guard String(validating: document, as: UTF8.self) != nil else { throw AnswerError(.notUTF8, offset: end) }
        let response: Envelope.Response
        do {
            let (decoder, data) = (JSONDecoder(), Data(document))
            response =
                isBare
                ? try decoder.decode(Envelope.Response.self, from: data)
                : try decoder.decode(Envelope.self, from: data).response
        } catch {
            // The grammar was checked on the way, so what is left is an escape that is no character.
            throw AnswerError(.notUTF8, offset: end)
        }
        let content: Content
        if let error = response.error {
            let code = Self.code(error.code)
            content = .error(code: code, recorded: ErrorClass.recorded(code), message: error.message)
        } else if let text = response.result {
            let code = ResultCode(Self.result(text))
            content =
                code == .notFinished
                ? .notFinished(code: code.text, description: response.description)
                : .ended(code.outcome, description: response.description)
        } else {
            throw AnswerError(.noResult, offset: end)
        }
        self.init(content, requestID: response.requestID, document: document)
    }

    /// A result as it can be recorded for ever: a number. What is none stays in the document only.
    private static func result(_ text: String) -> String {
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        let isNumber =
            (1...9).contains(digits.count)
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isNumber ? text : "unreadable"
    }

    /// A code of the vendor as it can be shown and searched; one of another form stays in the document only.
    private static func code(_ text: String) -> String {
        text.wholeMatch(of: /[A-Za-z0-9._-]{1,100}/) == nil ? "unreadable" : text
    }
}

/// The few fields that are looked at. Types are taken leniently: what is not as documented counts as absent,
/// and stays in the document.
private struct Envelope: Decodable {
    let response: Response

    enum CodingKeys: String, CodingKey { case response = "Response" }

    struct Response: Decodable {
        let result: String?
        let description: String?
        let requestID: String?
        let error: Failure?

        struct Failure: Decodable {
            let code: String
            let message: String

            enum CodingKeys: String, CodingKey { case code = "Code", message = "Message" }

            init(from decoder: any Decoder) throws {
                let fields = try decoder.container(keyedBy: CodingKeys.self)
                code = fields.text(.code) ?? "unnamed"
                message = fields.text(.message) ?? ""
            }
        }

        enum CodingKeys: String, CodingKey {
            case result = "Result", description = "Description", requestID = "RequestId", error = "Error"
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            result = fields.text(.result)
            description = fields.text(.description)
            requestID = fields.text(.requestID)
            error = (try? fields.decodeIfPresent(Failure.self, forKey: .error)) ?? nil
        }
    }
}

extension KeyedDecodingContainer {
    /// A string, or a whole number as a string.
    fileprivate func text(_ key: Key) -> String? {
        if let text = (try? decodeIfPresent(String.self, forKey: key)) ?? nil { return text }
        return ((try? decodeIfPresent(Int.self, forKey: key)) ?? nil).map(String.init)
    }
}
