package import ArgumentParser
internal import Evidence
internal import Foundation
internal import Synchronization

/// The exit codes that the programs document.
package enum Exit {
    package static let failed = ExitCode(1)
    package static let refused = ExitCode(2)
    package static let notFound = ExitCode(3)
    package static let integrity = ExitCode(4)
    package static let partly = ExitCode(5)
    package static let usage = ExitCode(64)
    package static let unknown = ExitCode(6)
}

extension Terminal {
    /// Sees that what was printed arrived: a command whose output was lost has failed.
    package static func checkOutput() throws {
        let failure = outputFailure.load(ordering: .relaxed)
        guard failure != 0 else { return }
        // Who closes a pipe early has seen enough; a full disk has not.
        if failure != EPIPE {
            say("error: standard output: \(String(cString: strerror(failure)).lowercased())")
            say("  what was to be printed is lost; what the command did is done, and stands on the ledger")
        }
        throw Exit.failed
    }
}
