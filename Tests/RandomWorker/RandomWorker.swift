import Archive
import Base
import FaceID
import Foundation
import RandomVerbs
import Sealing
import TestSupport
import Vault

/// One of several processes that do random verbs on the same archive, until it is killed or has done its part. Prints a
/// JSON line for each. `RandomWorker prepare FOLDER` makes the archive; `work FOLDER SEED STEPS TOKEN` works in it:
/// TOKEN names a file beside the archive, or is `-` for nobody.
@main struct RandomWorker {
    static func main() {
        StandardDescriptors.reserve()
        do {
            let arguments = CommandLine.arguments
            switch arguments[1] {
            case "prepare": try prepare(arguments[2])
            default:
                try work(arguments[2], seed: UInt64(arguments[3])!, steps: Int(arguments[4])!, token: arguments[5])
            }
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    /// The time of this world: the real one, and the days that the driver has written down.
    private static func effects(_ folder: String) -> Effects {
        let offset: @Sendable () -> Double = {
            (try? String(contentsOfFile: folder + "/offset", encoding: .utf8)).flatMap {
                Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
            } ?? 0
        }
        return Effects(
            provider: TencentFaceID { _ in PlayedVendor() },
            clock: WallClock(
                now: { Date().addingTimeInterval(offset()) }, ticks: { DispatchTime.now().uptimeNanoseconds },
                sleep: { usleep(UInt32(min($0, 0.01) * 1e6)) }), files: PlayedFiles(offset: offset),
            stateDirectory: folder + "/state", operatorFile: .standard(inside: folder + "/config"))
    }

    private static func open(_ folder: String, token: String) throws -> Session {
        let identity: Identity =
            token == "-"
            ? .actor(try Actor(claimed: "root")) : .token(try PersonalToken(file: folder + "/" + token))
        return try OpenArchive.open(
            folder + "/archive", rootKey: .keyFile(folder + "/root.key"), effects: effects(folder)
        ).session(as: identity)
    }

    private static func prepare(_ folder: String) throws {
        _ = try OpenArchive.create(
            folder + "/archive", rootKey: .keyFile(folder + "/root.key"), actor: try Actor(claimed: "root"),
            effects: effects(folder))
        // So that runs go on by themselves: the limit is another test's.
        let settings = folder + "/archive/strongroom.yaml"
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        try text.replacingOccurrences(of: "limit-objects: 100", with: "limit-objects: 1000000").write(
            toFile: settings, atomically: true, encoding: .utf8)
        _ = try open(folder, token: "-").people.applySettings(reason: try Reason("r"))
        let archive = try open(folder, token: "-")
        let file = folder + "/policy.yaml"
        try Data(HoldVerbs.policy.utf8).write(to: URL(fileURLWithPath: file))
        _ = try archive.policies.activate(try PolicyFile(path: file), accepting: nil, confirm: { _ in true })
        // From the second who approves on, one alone lifts nothing.
        for (name, roles) in [("op", [.operator]), ("ann", [.legal, .operator]), ("ben", [.legal, .operator])]
            as [(String, [Role])]
        {
            guard
                case .done(let made) = try archive.people.createToken(
                    for: name, roles: roles, expires: nil, reason: try Reason("r"))
            else { preconditionFailure("nobody has to allow these") }
            let path = folder + "/" + name
            _ = FileManager.default.createFile(
                atPath: path, contents: Data(made.secret.utf8), attributes: [.posixPermissions: 0o600])
        }
    }

    private static func work(_ folder: String, seed: UInt64, steps: Int, token: String) throws {
        let archive = try open(folder, token: token)
        let clock = effects(folder).clock
        var world = World(archive: archive, folder: folder, seed: seed) { clock.now() }
        for _ in 0..<steps {
            let verb = HoldVerbs.all.random(using: &world.random)
            var line = ["verb": verb.name, "by": token]
            do {
                line.merge(try verb.body(&world)) { $1 }
            } catch let error as ArchiveError {
                line["refused"] = error.code.rawValue
                line["message"] = error.message
                // A rule that refuses is one thing; an index that does not fit is what this looks for.
                if error.outcome == .integrity { line["integrity"] = "true" }
            }
            // Whole lines, at once: a worker that is killed leaves no half of what it told.
            let text = try JSONSerialization.data(withJSONObject: line, options: .sortedKeys) + Data("\n".utf8)
            FileHandle.standardOutput.write(text)
        }
        archive.finishPublication()
    }

    /// A vendor that answers at once.
    private struct PlayedVendor: Transport {
        func send(_ request: HTTPRequest, until limit: WaitLimit) throws -> any HTTPResponse {
            var random = SeededGenerator(seed: UInt64(truncatingIfNeeded: request.body.hashValue))
            let bytes = { (magic: [UInt8]) in
                Data(magic + (0..<40).map { _ in UInt8.random(in: 0...255, using: &random) }).base64EncodedString()
            }
            let text =
                #"{"Response":{"Result":"0","Description":"d","BestFrame":"\#(bytes([0xFF, 0xD8, 0xFF, 0xE0]))","#
                + #""Video":"\#(bytes([0, 0, 0, 0x18] + Array("ftypmp42".utf8)))","#
                + #""Similarity":1,"RequestId":"\#(UUID().uuidString)"}}"#
            return Answer(rest: Array(text.utf8))
        }

        /// Read by the one thread that asked, as every answer is.
        private final class Answer: HTTPResponse, @unchecked Sendable {
            let status = 200
            let date: Date? = nil
            private var rest: [UInt8]

            init(rest: [UInt8]) { self.rest = rest }

            func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
                guard !rest.isEmpty else { return false }
                let piece = rest
                rest = []
                try piece.withUnsafeBytes(body)
                return true
            }
        }
    }
}
