import Archive
import ArgumentParser
import Base
import Presentation

struct PolicyTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Run the tests that policies carry.",
        discussion: "A test file names policies beside it, facts, a time, and the decision that is expected.")

    @Argument(help: ArgumentHelp("Test files.", valueName: "file"), completion: .file())
    var files: [String]

    @Flag(help: "Print JSON.")
    var json = false

    private struct Result: Encodable {
        let passed: Int
        let failed: Int
        let failures: [String]
    }

    func run() throws {
        try reportingErrors {
            var (passed, failures) = (0, [String]())
            for file in files {
                let result = try PolicyFile.runTests(in: file)
                passed += result.passed
                failures += result.failures
            }
            if json {
                try Terminal.document(Result(passed: passed, failed: failures.count, failures: failures))
            } else {
                for failure in failures { Terminal.print(Terminal.visible(failure)) }
                Terminal.print(
                    "\(Figure.count(passed, "decision")) as expected"
                        + (failures.isEmpty ? "" : " · \(Figure.count(failures.count, "difference"))"))
            }
            if !failures.isEmpty { throw Exit.failed }
        }
    }
}
