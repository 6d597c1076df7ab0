import Archive
import ArgumentParser
import Base
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
    static func failure(_ error: ArchiveError, exit: Int32) {
        try? document(
            FailureDocument(
                error: error.message, code: error.code.rawValue, remedy: error.remedy, exitCode: exit,
                digest: error.digest), pretty: false)
    }

    static func complain(_ error: ArchiveError, prefix: String = "") {
        complain(error.message, hint: error.remedy?.words, isRefusal: error.outcome == .refused, prefix: prefix)
    }
}

/// Runs a command's body; an error becomes a sentence on standard error and an exit code.
///
/// Where JSON is asked for, it becomes a document, too.
func reportingErrors(_ body: () throws -> Void) throws {
    do {
        try body()
        try Terminal.checkOutput()
    } catch let error as ArchiveError {
        if Arguments.wantJSON { Terminal.failure(error, exit: Exit.code(of: error).rawValue) }
        if let (text, column) = error.mark {
            // The place of the fault, under the text.
            let (line, place) = Terminal.excerpt(text, around: column)
            Terminal.say("  \(line)\n  \(String(repeating: " ", count: place))^")
        }
        Terminal.complain(error)
        throw Exit.code(of: error)
    }
}
