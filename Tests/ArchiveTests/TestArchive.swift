import Base
import BlobStore
import FaceID
import Foundation
import GRDB
import Ledger
import Sealing
import Synchronization
import Testing
import Vendor

@testable import Archive
@testable import Vault

extension DatabaseWriter {
    /// Changes rows that the database's own rules would keep as they are, and puts the rules back: who looks at the
    /// schema finds nothing.
    func altering(without isInTheWay: (String) -> Bool = { _ in true }, _ body: (Database) throws -> Void) throws {
        try writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            let triggers = try GRDB.Row.fetchAll(db, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
                .map { ($0["name"] as String, $0["sql"] as String) }.filter { isInTheWay($0.0) }
            for (name, _) in triggers { try db.execute(sql: "DROP TRIGGER \(name)") }
            try body(db)
            for (_, sql) in triggers { try db.execute(sql: sql) }
        }
    }
}

/// A new archive in a directory of its own, and the effects that it is opened with.
final class TestArchive: Sendable {
    let directory: String
    let time: TestTime
    let transport = ScriptedTransport()

    init(time: TestTime = TestTime()) throws {
        directory =
            FileManager.default.temporaryDirectory.appendingPathComponent("strongroom-\(UUID().uuidString)").path
        self.time = time
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        _ = try OpenArchive.create(path, rootKey: rootKey, actor: try Actor(claimed: "maker"), effects: effects())
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    var path: String { directory + "/archive" }

    /// The operator's own configuration.
    func operatorFile() throws -> String {
        let folder = directory + "/config/strongroom"
        return folder + "/" + (try FileManager.default.contentsOfDirectory(atPath: folder)[0])
    }

    /// Changes a setting of the archive's file.
    func set(_ old: String, _ new: String) throws { try replace(old, with: new, in: path + "/strongroom.yaml") }

    /// Changes the operator's own configuration.
    func setOperator(_ old: String, _ new: String) throws { try replace(old, with: new, in: operatorFile()) }

    private func replace(_ old: String, with new: String, in file: String) throws {
        let text = try String(contentsOfFile: file, encoding: .utf8)
        guard text.contains(old) else { throw ArchiveError(.badConfiguration, "no \(old)") }
        try text.replacingOccurrences(of: old, with: new).write(toFile: file, atomically: false, encoding: .utf8)
    }
    var rootKey: RootKeySource { .keyFile(directory + "/root.key") }

    func effects(files: any FileSystem = PosixFileSystem()) -> Effects {
        let transport = transport
        return Effects(
            provider: TencentFaceID { _ in transport }, clock: time.clock, files: files,
            stateDirectory: directory + "/state", operatorFile: .standard(inside: directory + "/config"))
    }

    func openArchive(files: any FileSystem = PosixFileSystem(), toLook: Bool = false) throws -> OpenArchive {
        try OpenArchive.open(path, rootKey: rootKey, effects: effects(files: files), toLook: toLook)
    }

    func open(
        files: any FileSystem = PosixFileSystem(), actor: String = "tester", toLook: Bool = false
    ) throws -> Session {
        try open(as: .actor(try Actor(claimed: actor)), files: files, toLook: toLook)
    }

    func open(
        as identity: Identity, files: any FileSystem = PosixFileSystem(), toLook: Bool = false
    ) throws -> Session {
        try openArchive(files: files, toLook: toLook).session(as: identity)
    }

    func registration(
        _ caseID: String, token: String? = nil, _ change: (inout Registration.Input) -> Void = { _ in }
    ) throws -> Registration {
        var input = Registration.Input(timeZone: .gmt)
        input.caseID = caseID
        input.token = token.map { SecretText($0.utf8) }
        change(&input)
        return try Registration(input, purposes: ["onboarding", "periodic-review"], now: time.now)
    }

    /// Saves an answer and returns what imports it.
    func item(
        _ caseID: String, answer: String, token: String? = nil, isConfirmed: Bool = false,
        _ change: (inout Registration.Input) -> Void = { _ in }
    ) throws -> ImportItem {
        let file = directory + "/\(UUID().uuidString).json"
        try Data(answer.utf8).write(to: URL(fileURLWithPath: file))
        let captured = Timestamp.format(time.now.addingTimeInterval(-3600))
        let registration = try registration(caseID, token: token) { input in
            input.capturedAt = captured
            change(&input)
        }
        return try ImportItem(registration: registration, file: file, isConfirmed: isConfirmed)
    }

    /// Registers a token that was issued some hours ago.
    func register(
        _ caseID: String = "K-1", token: String = "tok", issued hours: Double? = 1, in archive: Session
    ) throws {
        let issued = hours.map { Timestamp.format(time.now.addingTimeInterval(-$0 * 3600)) }
        _ = try archive.intake.register(try registration(caseID, token: token) { $0.tokenIssuedAt = issued })
    }

    /// The first verification of a case.
    func verification(_ caseID: String = "K-1", in archive: Session) throws -> VerificationDetails {
        try archive.retrieval.caseDetails(try CaseID(caseID)).verifications[0]
    }

    func pull(_ archive: Session, _ change: (inout PullOptions) throws -> Void = { _ in }) throws
        -> [VerificationReport]
    {
        var options = PullOptions(credentials: try Credentials(secretID: "id", secretKey: SecretText("key".utf8)))
        try change(&options)
        let reports = Mutex<[VerificationReport]>([])
        _ = try archive.intake.pull(options) { report in reports.withLock { $0.append(report) } }
        return reports.withLock { $0 }
    }

    /// How many objects of a kind still have their row, with its key, and their blob, whatever else the index says.
    func stored(_ kind: String, in archive: Session) throws -> Int {
        let database = try DatabaseQueue(path: path + "/index.sqlite")
        return try database.read {
            try Data.fetchAll($0, sql: "SELECT address FROM object WHERE kind = ?", arguments: [kind])
        }.filter { try archive.store.open(try #require(BlobAddress(bytes: Array($0)))).length > 0 }.count
    }

    func contents(_ kind: String, of caseID: String, in archive: Session, range: String? = nil) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try archive.retrieval.retrieve(
            ItemName(kind: kind, verification: nil), of: try CaseID(caseID), range: range.flatMap { ByteRange($0) },
            for: try Reason("test")
        ) { bytes += $0 }
        return bytes
    }

    var stagedNames: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path + "/staging")) ?? [] }
}

extension Permitted {
    /// What was done; where a second person is needed, that is an error.
    func get() throws -> Result {
        switch self {
        case .done(let result): return result
        case .requested(let request):
            throw ArchiveError(.notAllowed, "request \(request.request) waits for a second person", remedy: nil)
        }
    }

    var request: RequestSummary? { if case .requested(let request) = self { request } else { nil } }
}

/// Time that only a test moves.
final class TestTime: Sendable {
    private struct State {
        var now: Date
        /// Seconds by which the clock was set.
        var stepped = 0.0
        var boot = 1
        /// When the machine was started, in the time that nobody sets.
        var started = 0.0
    }

    private let state: Mutex<State>

    init(_ start: Date = Date()) {
        state = Mutex(State(now: Date(timeIntervalSince1970: start.timeIntervalSince1970.rounded())))
    }

    var now: Date { state.withLock { $0.now } }

    /// Time passes, and the machine measures it.
    func advance(_ seconds: TimeInterval) { state.withLock { $0.now += seconds } }

    /// Somebody sets the clock.
    func step(_ seconds: TimeInterval) {
        state.withLock { state in
            state.now += seconds
            state.stepped += seconds
        }
    }

    /// The machine is off for a while.
    func reboot(after seconds: TimeInterval) {
        state.withLock { state in
            state.now += seconds
            state.boot += 1
            state.started = state.now.timeIntervalSince1970 - state.stepped
        }
    }

    var clock: WallClock {
        WallClock(
            now: { self.now }, ticks: { UInt64(max(0, self.now.timeIntervalSince1970) * 1_000_000_000) },
            sleep: { seconds in
                // A moment of real time, so that a worker that only waits does not run days ahead of one at work.
                usleep(200)
                self.advance(seconds)
            },
            uptime: {
                self.state.withLock { state in
                    WallClock.Uptime(
                        boot: "boot \(state.boot)",
                        seconds: max(0, state.now.timeIntervalSince1970 - state.stepped - state.started))
                }
            })
    }
}

/// Answers by the token in the request. The real client, reader and signature stand on top of it.
final class ScriptedTransport: Transport {
    typealias Script = @Sendable (_ token: String, _ asked: Int) throws(TransportError) -> (status: Int, body: String)

    private struct State {
        var script: Script = { _, _ throws(TransportError) in throw TransportError(.unreachable, detail: "nobody there")
        }
        var asked: [String: Int] = [:]
        var requests: [HTTPRequest] = []
        var date: Date?
    }

    private let state = Mutex(State())

    func answer(_ script: @escaping Script) { state.withLock { $0.script = script } }

    /// What the `Date` header says.
    func setDate(_ date: Date?) { state.withLock { $0.date = date } }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func send(_ request: HTTPRequest, until limit: WaitLimit) throws -> any HTTPResponse {
        let body =
            try? JSONSerialization.jsonObject(
                with: request.body.withBytes { Data($0) }) as? [String: String]
        let token = body?["SdkToken"] ?? ""
        let (script, asked, date) = state.withLock { state in
            let asked = state.asked[token, default: 0]
            state.asked[token] = asked + 1
            state.requests.append(request)
            return (state.script, asked, state.date)
        }
        let (status, text) = try script(token, asked)
        return Response(status: status, date: date, text: Array(text.utf8))
    }

    private final class Response: HTTPResponse {
        let status: Int
        let date: Date?
        private var rest: ArraySlice<UInt8>

        init(status: Int, date: Date?, text: [UInt8]) {
            self.status = status
            self.date = date
            rest = text[...]
        }

        func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
            guard !rest.isEmpty else { return false }
            let piece = rest.prefix(1000)
            rest = rest.dropFirst(1000)
            try piece.withUnsafeBytes(body)
            return true
        }
    }
}

/// An answer with media that nobody else has.
struct TestAnswer {
    let bestFrame: [UInt8]
    let video: [UInt8]
    let text: String

    init(result: String = "0", videoLength: Int = 150_000, requestID: String = UUID().uuidString) {
        bestFrame = [0xFF, 0xD8, 0xFF, 0xE0] + Randomness.system.bytes(5000)
        video = [0, 0, 0, 0x18] + Array("ftypmp42".utf8) + Randomness.system.bytes(videoLength)
        text =
            #"{"Response":{"Result":"\#(result)","Description":"Success","#
            + #""BestFrame":"\#(Data(bestFrame).base64EncodedString())","#
            + #""Video":"\#(Data(video).base64EncodedString())","ActionVideo":"","#
            + #""Similarity":99.0,"Extra":null,"RequestId":"\#(requestID)"}}"#
    }

    static let notFinished =
        #"{"Response":{"Result":"-999","Description":"not finished","BestFrame":"","RequestId":"r"}}"#

    static func error(_ code: String) -> String {
        #"{"Response":{"Error":{"Code":"\#(code)","Message":"m"},"RequestId":"r"}}"#
    }
}
