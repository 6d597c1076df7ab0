import ArgumentParser
import Foundation

struct ShowMediaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "media", abstract: "Write the media that a token brings, to compare with.")

    @Argument(help: "The SDK token.")
    var token: String

    @Option(help: ArgumentHelp("The directory to write to.", valueName: "dir"))
    var out: String

    func run() throws {
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        for media in try Media.all(of: TokenScript(token)) {
            try Data(media.bytes).write(to: URL(fileURLWithPath: out).appendingPathComponent(media.fileName))
        }
    }
}
