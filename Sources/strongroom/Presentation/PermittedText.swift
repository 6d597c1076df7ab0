import Archive
import Foundation
import Presentation
internal import Vault

/// What is said where a verb waits for a second person.
enum PermittedText {
    /// The result of a verb that was carried out; where it waits, says so and ends with exit code 2.
    static func settle<Result>(_ permitted: Permitted<Result>, json: Bool) throws -> Result {
        switch permitted {
        case .done(let result): return result
        case .requested(let request):
            if json {
                try Terminal.document(request)
            } else {
                Terminal.say(
                    "waiting for a second person: request \(request.request), expires \(Figure.time(request.expires))")
                for line in request.effect.says { Terminal.say("  it would do this: \(Terminal.visible(line))") }
                let whom = request.quorum == 1 ? "someone" : "\(request.quorum) persons"
                Terminal.say(
                    "  \(whom) with the role \(request.roles.joined(separator: " or ")) and a token of their "
                        + "own: strongroom requests show \(request.request)"
                )
            }
            throw Exit.refused
        }
    }
}
