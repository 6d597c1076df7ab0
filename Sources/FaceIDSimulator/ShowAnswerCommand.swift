import ArgumentParser
import Foundation

struct ShowAnswerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Print the answer that a token brings, to save and import.")

    @Argument(help: "The SDK token.")
    var token: String

    func run() throws {
        var text = try AnswerText(result: TokenScript(token), requestID: UUID().uuidString.lowercased())
        while let piece = text.next() { try FileHandle.standardOutput.write(contentsOf: piece) }
    }
}
