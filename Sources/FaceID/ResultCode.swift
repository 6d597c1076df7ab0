public import Base

/// The vendor's word on how a verification ended (`Result`), as the string that it sends. The set is
/// open: a code that is not known here is kept like any other.
///
/// Source: the vendor's page on GetFaceIdResultIntl, last updated 2026-03-23.
public struct ResultCode: Hashable, Sendable {
    public let text: String

    public init(_ text: String) { self.text = text }

    public static let success = ResultCode("0")
    /// The person has not finished; ask again later.
    public static let notFinished = ResultCode("-999")

    public var outcome: Outcome { Outcome(self == .success ? .passed : .failed, code: text) }

    /// What a known code means.
    public var meaning: String? { Self.meanings[text] }

    private static let meanings = [
        "0": "passed",
        "1001": "the liveness engine could not be called",
        "1002": "suspected spoofed recording",
        "1004": "face detection failed",
        "1005": "liveness detection failed",
        "1201": "too dark or overexposed",
        "2004": "image too large or too small",
        "2012": "several faces",
        "2013": "no face, or an incomplete one",
        "2014": "resolution or quality too low",
        "2015": "face comparison failed",
        "2016": "similarity below the threshold",
        "2017": "face occluded",
        "-999": "not finished",
    ]
}
