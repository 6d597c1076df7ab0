import Foundation

/// What a token tells the simulator to do.
struct TokenScript: Sendable {
    static let help = """
        later=SECONDS     not finished (-999) until so long after the first asking
        asks=N            not finished for the first N askings
        result=CODE       a result code other than 0; without a video where it is not 0
        error=CODE        an error, always; expired and illegal are short for the vendor's two
        limit=N           RequestLimitExceeded for the first N askings
        internal=N        InternalError for the first N askings
        fail=N            HTTP 500 for the first N askings
        break=N           the connection breaks in the middle of the first N answers
        stall=N           the first N answers stop in the middle for ten minutes
        trickle=BYTES     so many bytes a second
        size=BYTES        a video of this length; k and M are powers of ten
        same              the same media for every token; otherwise each token has its own
        swap              the JPEG comes in Video and the MP4 in BestFrame
        escape            every / of the Base64 comes as \\/
        url               BestFrame is a URL
        bad               BestFrame has a character that is not Base64
        html, cut, text, bare   an HTML page; an answer cut short; no JSON; no Response
        """

    private let behaviours: [String: String]
    let token: String

    init(_ token: String) {
        self.token = token
        var behaviours: [String: String] = [:]
        if let end = token.firstIndex(of: "~") {
            for part in token[..<end].split(separator: "+") {
                let pair = part.split(separator: "=", maxSplits: 1)
                behaviours[String(pair[0])] = pair.count > 1 ? String(pair[1]) : ""
            }
        }
        self.behaviours = behaviours
    }

    func has(_ name: String) -> Bool { behaviours[name] != nil }

    func text(_ name: String) -> String? { behaviours[name] }

    func number(_ name: String) -> Int? {
        guard let text = behaviours[name] else { return nil }
        let factor = text.hasSuffix("M") ? 1_000_000 : text.hasSuffix("k") ? 1000 : 1
        return Int(text.trimmingCharacters(in: ["M", "k"])).map { $0 * factor }
    }

    /// An error that the token asks for, whatever the asking.
    var error: String? {
        if has("expired") { return "InvalidParameterValue.BizTokenExpired" }
        if has("illegal") { return "InvalidParameterValue.BizTokenIllegal" }
        return text("error")
    }

    var resultCode: String { text("result") ?? "0" }
}
