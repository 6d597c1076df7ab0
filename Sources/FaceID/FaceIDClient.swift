public import Base
public import Foundation
internal import Synchronization
public import Vendor

/// Asks the vendor for the results of verifications. Used by many threads at once.
public final class FaceIDClient: ProviderClient {
    public static let service = "faceid"
    public static let action = "GetFaceIdResultIntl"
    public static let version = "2018-03-01"
    public static let contentType = "application/json; charset=utf-8"
    /// Hours from the issue of a token in which its result can be fetched.
    public static let resultLifetime: TimeInterval = 72 * 3600

    private let transport: any Transport
    private let credentials: Credentials
    public let endpoint: Endpoint
    private let pace: RequestPace
    private let clock: WallClock
    private let answerCap: UInt64
    /// A number from 0 up to 1.
    private let jitter: @Sendable () -> Double
    private let skew = Mutex<TimeInterval>(0)
    private let leastAhead = Mutex<TimeInterval?>(nil)

    /// - Parameter answerCap: bytes that an answer may have.
    public init(
        transport: any Transport, credentials: Credentials, endpoint: Endpoint, pace: RequestPace, clock: WallClock,
        answerCap: UInt64, jitter: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) }
    ) {
        self.transport = transport
        self.credentials = credentials
        self.endpoint = endpoint
        self.pace = pace
        self.clock = clock
        self.answerCap = answerCap
        self.jitter = jitter
    }

    /// Seconds by which the vendor's clock is ahead of this machine's, once that mattered; else 0.
    public var clockSkew: TimeInterval { skew.withLock { $0 } }

    public var leastSkew: TimeInterval? { leastAhead.withLock { $0 } }

    public var host: String { endpoint.host }

    /// Asks until there is an outcome or no hope of one in this run.
    ///
    /// - Parameters:
    ///   - limit: how long is waited, in all; `WaitEnded` is thrown then.
    ///   - makeSink: makes the sink of one attempt; only the last one's is returned, and the others must clean up
    ///     after themselves when they are let go.
    /// - Throws: ``FaceIDError``, or what a sink throws.
    public func fetchResult<Sink: MediaSink>(
        of token: SDKToken, region: String, until limit: WaitLimit = .none, makeSink: () throws -> Sink
    ) throws -> (fetched: Fetched, sink: Sink) {
        var policy = RetryPolicy()
        var attempts = 0
        while true {
            attempts += 1
            let sink = try makeSink()
            let event: RetryPolicy.Event
            let failure: FaceIDError
            switch try attempt(token, region: region, until: limit, sink: sink) {
            case .fetched(let fetched): return (fetched, sink)
            case .transport(let error):
                (event, failure) = (.passing, .unreachable(error, attempts: attempts))
            case .status(let status):
                (event, failure) = (.passing, .status(status, attempts: attempts))
            case .malformed(let error, let isAnswer):
                (event, failure) = (.unknown, .malformed(error, isAnswer: isAnswer, attempts: attempts))
            case .error(let code, let vendorTime):
                switch ErrorClass(code: code) {
                case .clock: (event, failure) = (.clock(vendorTime: vendorTime), .clock)
                case .passing: (event, failure) = (.passing, .service(code: code, attempts: attempts))
                case .unknown: (event, failure) = (.unknown, .service(code: code, attempts: attempts))
                case .configuration, .expired, .final: throw FaceIDError.configuration(code: code)
                }
            }
            if failure.stopsPulling, case .passing = event { throw failure }
            switch policy.action(after: event, jitter: jitter()) {
            case .giveUp: throw failure
            case .retry(let delay): try clock.sleep(delay, until: limit)
            case .correctClock(let vendorTime): skew.withLock { $0 = vendorTime.timeIntervalSince(clock.now()) }
            }
        }
    }

    private enum Attempt {
        case fetched(Fetched)
        case transport(TransportError)
        case status(Int)
        case malformed(AnswerError, isAnswer: Bool)
        case error(code: String, vendorTime: Date?)
    }

    private func attempt(
        _ token: SDKToken, region: String, until limit: WaitLimit, sink: some MediaSink
    ) throws -> Attempt {
        try pace.wait(until: limit)
        let answer: Answer
        let vendorTime: Date?
        var isAnswer = false
        do {
            let response = try transport.send(request(for: token, region: region), until: limit)
            guard response.status == 200 else { return .status(response.status) }
            vendorTime = response.date
            if let vendorTime {
                let ahead = vendorTime.timeIntervalSince(clock.now())
                leastAhead.withLock { $0 = min($0 ?? ahead, ahead) }
            }
            var reader = AnswerReader(cap: answerCap)
            while try response.next({
                defer { isAnswer = reader.hasResponse }
                try reader.read($0, into: sink)
            }) {}
            answer = try reader.finish()
        } catch let error as TransportError {
            return .transport(error)
        } catch let error as AnswerError {
            return .malformed(error, isAnswer: isAnswer)
        }
        switch answer.content {
        case .notFinished: return .fetched(.notFinished(answer, vendorTime: vendorTime))
        case .ended: return .fetched(.ended(answer))
        case .error(let code, _, _):
            switch ErrorClass(code: code) {
            case .expired: return .fetched(.expired(answer, vendorTime: vendorTime))
            case .final: return .fetched(.rejected(answer, vendorTime: vendorTime))
            case .passing, .clock, .configuration, .unknown: return .error(code: code, vendorTime: vendorTime)
            }
        }
    }

    public func fetchUnread(
        of token: SDKToken, region: String, until limit: WaitLimit, into sink: some MediaSink
    ) throws -> Bool {
        try pace.wait(until: limit)
        do {
            let response = try transport.send(request(for: token, region: region), until: limit)
            guard response.status == 200 else { throw FaceIDError.status(response.status, attempts: 1) }
            let nowhere = Nowhere()
            var reader = AnswerReader(cap: answerCap)
            var (isReadable, isAnswer, length): (Bool, Bool, UInt64) = (true, false, 0)
            try sink.begin(.unreadableAnswer)
            while try response.next({ piece in
                length += UInt64(piece.count)
                guard length <= answerCap else { throw AnswerError(.tooLarge(cap: answerCap), offset: answerCap) }
                try sink.write(piece)
                // What comes behind the first fault is kept unread.
                guard isReadable else { return }
                do { try reader.read(piece, into: nowhere) } catch is AnswerError { isReadable = false }
                isAnswer = reader.hasResponse
            }) {}
            try sink.end()
            if isReadable { isReadable = (try? reader.finish()) != nil }
            return isAnswer && !isReadable
        } catch let error as TransportError {
            throw FaceIDError.unreachable(error, attempts: 1)
        } catch let error as AnswerError {
            throw FaceIDError.malformed(error, isAnswer: false, attempts: 1)
        }
    }

    private func request(for token: SDKToken, region: String) -> HTTPRequest {
        let timestamp = Int64(clock.now().timeIntervalSince1970 + clockSkew)
        let body = Self.body(token)
        let signature = TC3Signature(
            secretKey: credentials.secretKey, service: Self.service,
            headers: ["content-type": Self.contentType, "host": endpoint.host], body: body, timestamp: timestamp)
        let headers: [(name: String, value: String)] = [
            ("Host", endpoint.host),
            ("Content-Type", Self.contentType),
            ("X-TC-Action", Self.action),
            ("X-TC-Version", Self.version),
            ("X-TC-Timestamp", String(timestamp)),
            ("X-TC-Region", region),
            ("X-TC-Language", "en-US"),
        ]
        var secretHeaders: [(name: String, value: SecretText)] = [
            ("Authorization", signature.authorization(secretID: credentials.secretID))
        ]
        if let temporary = credentials.token { secretHeaders.append(("X-TC-Token", temporary)) }
        return HTTPRequest(url: endpoint.url + "/", headers: headers, secretHeaders: secretHeaders, body: body)
    }

    private static func body(_ token: SDKToken) -> SecretText {
        let escaped = token.secret.withBytes { bytes -> SecretText in
            func needsEscape(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") }
            return SecretText(count: bytes.count + bytes.filter(needsEscape).count) { target in
                var place = 0
                for byte in bytes {
                    if needsEscape(byte) {
                        target[place] = UInt8(ascii: "\\")
                        place += 1
                    }
                    target[place] = byte
                    place += 1
                }
            }
        }
        return SecretText(joining: [SecretText(#"{"SdkToken":""#.utf8), escaped, SecretText(#""}"#.utf8)])
    }
}

/// Where the media of an answer goes that is only looked at.
private final class Nowhere: MediaSink {
    init() {}
    func begin(_ kind: MediaKind) {}
    func write(_ bytes: UnsafeRawBufferPointer) {}
    func end() {}
}
