import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

extension Exit {
    static func code(of error: ArchiveError) -> ExitCode {
        switch error.outcome {
        case .failed: failed
        case .refused: refused
        case .usage: usage
        case .notFound: notFound
        case .integrity: integrity
        case .unsettled: unknown
        }
    }
}

extension Terminal {
    static func complain(_ error: ArchiveError, prefix: String = "") {
        complain(error.message, hint: error.remedy?.words, isRefusal: error.outcome == .refused, prefix: prefix)
    }
}

/// Runs a command's body; an error becomes a sentence on standard error and an exit code.
///
/// - Parameter json: print the digest of an impact that has to be accepted as a document, too.
func reportingErrors(json: Bool = false, _ body: () throws -> Void) throws {
    do {
        try body()
        try Terminal.checkOutput()
    } catch let error as ArchiveError {
        if json, let digest = error.digest { try Terminal.document(["digest": digest, "refused": error.message]) }
        if let (text, column) = error.mark {
            // The place of the fault, under the text.
            let (line, place) = Terminal.excerpt(text, around: column)
            Terminal.say("  \(line)\n  \(String(repeating: " ", count: place))^")
        }
        Terminal.complain(error)
        throw Exit.code(of: error)
    }
}
