public import Base

/// Takes the media of an answer while it is read: each medium that is there and not empty is begun,
/// written in pieces, and ended.
public protocol MediaSink: AnyObject {
    func begin(_ kind: MediaKind) throws
    /// The bytes are valid during the call only.
    func write(_ bytes: UnsafeRawBufferPointer) throws
    func end() throws
}

/// What an answer says beside its media.
public struct Answer: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// The verification ended, with the vendor's words for it.
        case ended(Outcome, description: String?)
        /// The person is not done yet; with the code that says so.
        case notFinished(code: String, description: String?)
        /// An error of the vendor: its code as it was sent, the same as it can be recorded for ever, and its words.
        case error(code: String, recorded: String, message: String)
    }

    public let content: Content
    public let requestID: String?
    /// The answer as JSON text without white space and without the fields that held media; everything
    /// else, known or not, stands as it was sent.
    public let document: [UInt8]

    public init(_ content: Content, requestID: String?, document: [UInt8]) {
        self.content = content
        self.requestID = requestID
        self.document = document
    }
}
