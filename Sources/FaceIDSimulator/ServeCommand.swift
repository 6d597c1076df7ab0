import ArgumentParser
import Foundation

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve on 127.0.0.1 until it is ended.",
        discussion: """
            Takes the credentials to check against from TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY and \
            TENCENTCLOUD_TOKEN; without them, simulator-id and simulator-key. Prints the address that it listens on.
            """)

    @Option(help: "The port; 0 takes a free one.")
    var port = 0

    @Option(help: ArgumentHelp("A file to write the port to, once it listens.", valueName: "file"))
    var portFile: String?

    @Option(help: "Requests a second that are answered.")
    var rate = 20.0

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How far ahead its clock is; a negative number is behind.", valueName: "seconds"))
    var clockOffset = 0.0

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let check = RequestCheck(
            secretID: environment["TENCENTCLOUD_SECRET_ID"] ?? "simulator-id",
            secretKey: environment["TENCENTCLOUD_SECRET_KEY"] ?? "simulator-key",
            temporaryToken: environment["TENCENTCLOUD_TOKEN"].flatMap { $0.isEmpty ? nil : $0 })
        let responder = Responder(check: check, rate: rate, clockOffset: clockOffset)
        try await Server(responder: responder).run(port: port) { port in
            print("listening on http://127.0.0.1:\(port)")
            fflush(nil)
            if let portFile { try Data("\(port)\n".utf8).write(to: URL(fileURLWithPath: portFile), options: .atomic) }
        }
    }
}
