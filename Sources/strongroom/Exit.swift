import Archive
import ArgumentParser
import Foundation
import Synchronization

/// The exit codes that the program documents.
enum Exit {
    static let failed = ExitCode(1)
    static let refused = ExitCode(2)
    static let notFound = ExitCode(3)
    static let integrity = ExitCode(4)
    static let partly = ExitCode(5)

    static func code(of error: ArchiveError) -> ExitCode {
        switch error.outcome {
        case .failed: failed
        case .refused: refused
        case .notFound: notFound
        case .integrity: integrity
        }
    }
}

/// Runs a command's body; an error becomes a sentence on standard error and an exit code.
///
/// - Parameter json: print the digest of an impact that has to be accepted as a document, too.
func reportingErrors(json: Bool = false, _ body: () throws -> Void) throws {
    do {
        try body()
        let failure = Terminal.outputFailure.load(ordering: .relaxed)
        if failure != 0 {
            // Who closes a pipe early has seen enough; a full disk has not.
            if failure != EPIPE {
                Terminal.say("error: standard output: \(String(cString: strerror(failure)).lowercased())")
            }
            throw Exit.failed
        }
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
