import Foundation

/// The text of an answer, in pieces.
struct AnswerText: IteratorProtocol {
    private enum Part {
        case text(String)
        case media(Media)
    }

    private var parts: [Part]
    private var current: Media.Pieces?
    private let escapesSlashes: Bool
    /// Bytes.
    let length: Int

    /// The result of a verification, with its media.
    init(result script: TokenScript, requestID: String) throws {
        let code = script.resultCode
        var parts: [Part] = [
            .text(#"{"Response":{"Result":"\#(code)","Description":"\#(code == "0" ? "Success" : "Failed")""#)
        ]
        for media in try Media.all(of: script) {
            parts.append(.text(#","\#(media.field)":""#))
            switch media.field {
            case "BestFrame" where script.has("url"): parts.append(.text("https://media.invalid/best-frame.jpg"))
            case "BestFrame" where script.has("bad"): parts.append(.text("/9j/4AAQSkZJRg.....s97n//2Q=="))
            default: parts.append(.media(media))
            }
            parts.append(.text("\""))
        }
        let extra =
            #","Similarity":\#(code == "0" ? "98.31" : "0.0"),"Extra":null,"DeviceInfoLevel":"1","#
            + #""LivenessInfoTag":\#(code == "0" ? "null" : #"["03"]"#)"#
        parts.append(.text(#"\#(extra),"RequestId":"\#(requestID)"}}"#))
        self.init(parts, escapesSlashes: script.has("escape"))
    }

    /// An answer without media.
    init(text: String) { self.init([.text(text)], escapesSlashes: false) }

    static func error(_ code: String, _ message: String, requestID: String) -> AnswerText {
        AnswerText(
            text: #"{"Response":{"Error":{"Code":"\#(code)","Message":"\#(message)"},"RequestId":"\#(requestID)"}}"#)
    }

    static func notFinished(requestID: String) -> AnswerText {
        AnswerText(
            text:
                #"{"Response":{"Result":"-999","Description":"The verification process wasn't finished.","#
                + #""BestFrame":"","Video":"","ActionVideo":"","Similarity":0.0,"Extra":null,"DeviceInfoLevel":"","#
                + #""LivenessInfoTag":null,"RequestId":"\#(requestID)"}}"#
        )
    }

    private init(_ parts: [Part], escapesSlashes: Bool) {
        self.escapesSlashes = escapesSlashes
        self.parts = parts.reversed()
        length = parts.reduce(0) { total, part in
            switch part {
            case .text(let text): total + text.utf8.count
            case .media(let media): total + (media.length + 2) / 3 * 4
            }
        }
    }

    /// Whether the length is known before the text is made.
    var hasLength: Bool { !escapesSlashes }

    mutating func next() -> Data? {
        if let piece = current?.next() {
            let text = Data(piece).base64EncodedData()
            return escapesSlashes
                ? Data(String(decoding: text, as: UTF8.self).replacingOccurrences(of: "/", with: "\\/").utf8) : text
        }
        current = nil
        switch parts.popLast() {
        case .text(let text): return Data(text.utf8)
        case .media(let media):
            current = Media.Pieces(media)
            return next()
        case nil: return nil
        }
    }
}
