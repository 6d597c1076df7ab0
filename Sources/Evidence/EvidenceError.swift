public import Base
internal import Ledger

/// Why something cannot be checked, or does not hold.
public struct EvidenceError: Error, Equatable, Sendable {
    public enum Code: Sendable {
        /// Not an export, a bag, a certificate, a proof or a checkpoint, or something is missing that it takes to check
        /// it.
        case notEvidence
        /// It does not hold.
        case badEvidence
        /// A file could not be read.
        case storage
    }

    public let code: Code
    public let message: String
    public let remedy: Remedy?

    public init(_ code: Code, _ message: String, remedy: Remedy? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    /// Any error of the targets below, in this one's words.
    public init(_ error: any Error) {
        switch error {
        case let error as EvidenceError: self = error
        case let error as FileError: self.init(.storage, error.description, remedy: error.remedy)
        case let error as NoteError: self.init(.badEvidence, error.description)
        case let error as EntryError: self.init(.badEvidence, error.description)
        default: self.init(.storage, String(describing: error))
        }
    }
}
