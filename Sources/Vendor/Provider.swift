public import Base
public import Foundation

/// A provider of verifications: what the archive knows of a vendor. See <doc:Vendor>.
public protocol Provider: Sendable {
    /// Of the vendor, as it stands on record: lower-case letters, digits and hyphens.
    var name: String { get }
    /// What is asked of it, with its version.
    var api: String { get }
    /// Seconds from the issue of a token in which its result can be fetched.
    var resultLifetime: TimeInterval { get }
    /// Where its credentials are looked for.
    var credentialNames: CredentialNames { get }
    /// What is used where nothing else is configured.
    var standardSettings: ProviderSettings { get }

    /// Whether an error code, as it is recorded, says that there is no result of a token, or that it may not be asked
    /// about.
    func isRefusal(_ code: String) -> Bool

    /// What a code of the vendor means, where it is known.
    func meaning(of code: String) -> String?

    /// Makes what asks it; one is enough for a run, and many threads use it at once.
    ///
    /// - Parameters:
    ///   - stateFile: where the pace of requests is kept, which all processes of an archive share.
    ///   - clock: what requests are signed and retried by.
    func makeClient(
        _ credentials: Credentials, settings: ProviderSettings, stateFile: String, clock: WallClock
    ) -> any ProviderClient

    /// Reads an answer that was saved. Memory does not grow with its media.
    ///
    /// - Parameters:
    ///   - cap: bytes that it may have.
    ///   - isLenient: take also what is no strict Base64 or JSON, as far as nothing is lost that can be known.
    ///   - pieces: gives the answer piece by piece to what it is handed.
    /// - Throws: an ``AnswerProblem``, or what the sink or `pieces` throws.
    func readAnswer(
        cap: UInt64, isLenient: Bool, into sink: some MediaSink,
        pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Answer
}

/// Asks a vendor for the results of verifications.
public protocol ProviderClient: Sendable {
    /// The host that is asked.
    var host: String { get }
    /// Seconds by which the vendor's clock is ahead of this machine's, once that mattered; else 0.
    var clockSkew: TimeInterval { get }
    /// The same as the vendor's answers said it, whether it mattered or not, the least of them; nil where none said
    /// what time it is.
    var leastSkew: TimeInterval? { get }

    /// Asks until there is an outcome or no hope of one in this run.
    ///
    /// - Parameters:
    ///   - limit: how long is waited, in all; `WaitEnded` is thrown then, and the verification is as it was.
    ///   - makeSink: makes the sink of one attempt; only the last one's is returned, and the others must clean up
    ///     after themselves when they are let go.
    /// - Throws: a ``ProviderError``, or what a sink throws.
    func fetchResult<Sink: MediaSink>(
        of token: SDKToken, region: String, until limit: WaitLimit, makeSink: () throws -> Sink
    ) throws -> (fetched: Fetched, sink: Sink)

    /// Asks once more for an answer that could not be read, and gives it to a sink as it comes, as one medium of the
    /// kind `unreadable-answer`.
    ///
    /// - Returns: whether it is an answer of the vendor that cannot be read. Another one is not to be kept.
    /// - Throws: a ``ProviderError``, or what the sink throws.
    func fetchUnread(of token: SDKToken, region: String, until limit: WaitLimit, into sink: some MediaSink) throws
        -> Bool
}

/// What the vendor says of one token.
public enum Fetched: Sendable {
    /// The verification ended; its media is in the sink.
    case ended(Answer)
    /// Ask again later; with the answer's `Date`.
    case notFinished(Answer, vendorTime: Date?)
    /// The vendor says that it no longer has the result; with the answer's `Date`.
    case expired(Answer, vendorTime: Date?)
    /// The vendor says that it will never give a result for this token.
    case rejected(Answer, vendorTime: Date?)
}

/// How a vendor is asked.
public struct ProviderSettings: Sendable {
    public var endpoint: Endpoint
    public var region: String
    public var requestsPerSecond: Double
    /// Bytes that an answer may have.
    public var answerCap: UInt64 = 64 << 20
    public var connection = ConnectionSettings()

    public init(endpoint: Endpoint, region: String, requestsPerSecond: Double) {
        self.endpoint = endpoint
        self.region = region
        self.requestsPerSecond = requestsPerSecond
    }
}

public struct ConnectionSettings: Sendable {
    /// A file of PEM certificates; the system's by default.
    public var caBundle: String?
    /// Seconds to connect.
    public var connectTimeout: TimeInterval = 10
    /// Seconds at less than 1,000 bytes a second after which a transfer has stalled.
    public var stallTimeout: TimeInterval = 30
    /// Seconds for a whole transfer.
    public var totalTimeout: TimeInterval = 600

    public init() {}
}

/// Why the vendor could not be asked. The verification is as it was: ask again.
public protocol ProviderError: Error, CustomStringConvertible {
    /// Whether asking about other verifications can only fail the same way.
    var stopsPulling: Bool { get }
    /// Whether the vendor refuses to answer about this one, and perhaps about all.
    var isRefusal: Bool { get }
    /// Whether the vendor answered, and the answer cannot be read: it can be kept as it is.
    var isUnreadable: Bool { get }
    /// Whether the vendor was not reached at all, or is not serving anybody.
    var isOutage: Bool { get }
    /// A short code of ours or of the vendor, for records.
    var code: String { get }
    /// What the person can do about it.
    var remedy: Remedy { get }
}

/// Why an answer could not be read.
public protocol AnswerProblem: Error, CustomStringConvertible {
    var remedy: Remedy { get }
}
