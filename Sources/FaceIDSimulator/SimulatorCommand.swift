import ArgumentParser
import Base

@main
struct SimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faceid-simulator",
        abstract: "Speaks the vendor's GetFaceIdResultIntl on this machine, for demos and tests.",
        discussion: """
            Checks every request as strictly as the vendor: signature, time, scope, parameters, rate. What it \
            answers is told by the SDK token, NAME or BEHAVIOUR[=VALUE][+BEHAVIOUR…]~NAME:

            \(TokenScript.help)
            """,
        subcommands: [ServeCommand.self, ShowMediaCommand.self, ShowAnswerCommand.self],
        defaultSubcommand: ServeCommand.self)

    static func main() async {
        StandardDescriptors.reserve()
        await main(nil)
    }
}
