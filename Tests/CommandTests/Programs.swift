import Foundation
import Testing

/// The built programs, as a person runs them.
enum Programs {
    /// The folder that the tests and the programs were built into.
    static let folder: String = {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (path as NSString).deletingLastPathComponent
    }()

    /// A Python with the packages that `tools/test` installs.
    static let python = ProcessInfo.processInfo.environment["STRONGROOM_TEST_PYTHON"]

    static func support(_ name: String) -> String {
        Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Support")!.path
    }

    struct Outcome {
        let code: Int32
        let out: Data
        let err: String
        var text: String { String(decoding: out, as: UTF8.self) }
        var wasKilled: Bool { code == SIGKILL + 128 }

        func json() throws -> [String: Any] {
            try #require(try JSONSerialization.jsonObject(with: out) as? [String: Any])
        }
        func jsonLines() throws -> [[String: Any]] {
            try text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }
    }

    static func start(_ path: String, _ arguments: [String], environment: [String: String], input: Data? = nil) throws
        -> (Process, Pipe, Pipe)
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = environment
        let (out, err) = (Pipe(), Pipe())
        process.standardOutput = out
        process.standardError = err
        let stdin = Pipe()
        process.standardInput = input == nil ? FileHandle.nullDevice : stdin
        try process.run()
        if let input {
            try? stdin.fileHandleForWriting.write(contentsOf: input)
            try? stdin.fileHandleForWriting.close()
        }
        return (process, out, err)
    }

    static func run(_ path: String, _ arguments: [String], environment: [String: String] = [:], input: Data? = nil)
        throws -> Outcome
    {
        let (process, out, err) = try start(path, arguments, environment: environment, input: input)
        nonisolated(unsafe) var errorData = Data()
        let done = DispatchSemaphore(value: 0)
        DispatchQueue.global().async {
            errorData = err.fileHandleForReading.readDataToEndOfFile()
            done.signal()
        }
        let output = out.fileHandleForReading.readDataToEndOfFile()
        done.wait()
        process.waitUntilExit()
        let code =
            process.terminationReason == .uncaughtSignal ? process.terminationStatus + 128 : process.terminationStatus
        let outcome = Outcome(code: code, out: output, err: String(decoding: errorData, as: UTF8.self))
        Schemas.check(path, arguments, outcome)
        return outcome
    }
}

/// A folder with an archive, and the environment in which commands find it.
final class Workplace {
    let folder: String
    var environment: [String: String]

    init(makesArchive: Bool = true) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("command-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": folder, "LANG": "C.UTF-8",
            "STRONGROOM_ARCHIVE": folder + "/archive", "STRONGROOM_ROOT_KEY_FILE": folder + "/root.key",
            "TENCENTCLOUD_SECRET_ID": "simulator-id", "TENCENTCLOUD_SECRET_KEY": "simulator-key",
        ]
        if makesArchive { try #require(try strongroom("init").code == 0) }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var archive: String { folder + "/archive" }

    /// The operator's own configuration of the archive.
    func operatorFile() throws -> String {
        let settings = try String(contentsOfFile: archive + "/strongroom.yaml", encoding: .utf8)
        let uid = try #require(settings.split(separator: "\n").first { $0.hasPrefix("archive: ") }).dropFirst(9)
        return "\(folder)/.config/strongroom/\(uid).yaml"
    }

    func strongroom(_ arguments: String..., input: Data? = nil, extra: [String: String] = [:]) throws
        -> Programs.Outcome
    {
        try Programs.run(
            Programs.folder + "/strongroom", arguments, environment: environment.merging(extra) { $1 }, input: input)
    }

    func file(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        return folder + "/" + name
    }

    /// Activates a policy or terms, accepting what it changes.
    func activate(_ text: String) throws {
        let file = try file("policy-\(UUID().uuidString).yaml", text)
        let impact = try strongroom("policy", "simulate", file, "--json").json()
        let digest = try #require(impact["digest"] as? String)
        let outcome = try strongroom("policy", "activate", file, "--accept-impact", digest)
        try #require(outcome.code == 0, "\(outcome.err)")
    }

    /// The files of an archive with their content, to see that nothing changed.
    func snapshot() -> [String: Data] {
        var files: [String: Data] = [:]
        for case let name as String in FileManager.default.enumerator(atPath: archive)! where !name.hasSuffix("-shm") {
            if let content = FileManager.default.contents(atPath: archive + "/" + name) { files[name] = content }
        }
        return files
    }
}

/// A running simulator.
final class Simulator {
    private let process: Process
    let port: Int

    init(_ arguments: String..., environment: [String: String] = [:]) throws {
        let portFile = FileManager.default.temporaryDirectory.appendingPathComponent("port-\(UUID().uuidString)").path
        (process, _, _) = try Programs.start(
            Programs.folder + "/faceid-simulator", ["serve", "--port-file", portFile] + arguments,
            environment: environment)
        for _ in 0..<1500 where !FileManager.default.fileExists(atPath: portFile) { usleep(20_000) }
        port = try #require(
            Int(try String(contentsOfFile: portFile, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)))
        try? FileManager.default.removeItem(atPath: portFile)
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
    }

    var url: String { "http://127.0.0.1:\(port)" }

    static func answer(_ token: String) throws -> String {
        try Programs.run(Programs.folder + "/faceid-simulator", ["answer", token]).text
    }

    static func media(_ token: String, in folder: String) throws {
        try #require(
            try Programs.run(Programs.folder + "/faceid-simulator", ["media", token, "--out", folder]).code == 0)
    }
}
