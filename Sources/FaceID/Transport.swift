public import Base
public import Foundation

/// A POST with everything that goes over the wire.
public struct HTTPRequest: Sendable {
    public let url: String
    /// In the order that they are sent, before those that are secret.
    public let headers: [(name: String, value: String)]
    /// Headers that sign the request, or open something.
    public let secretHeaders: [(name: String, value: SecretText)]
    public let body: SecretText

    public init(
        url: String, headers: [(name: String, value: String)], secretHeaders: [(name: String, value: SecretText)],
        body: SecretText
    ) {
        self.url = url
        self.headers = headers
        self.secretHeaders = secretHeaders
        self.body = body
    }
}

/// Sends requests. The program uses ``CurlTransport``.
public protocol Transport: Sendable {
    /// Sends a request and blocks until the answer's headers are here.
    ///
    /// - Parameter limit: how long is waited, for the headers and for each piece of the answer.
    /// - Throws: ``TransportError`` or `WaitEnded`.
    func send(_ request: HTTPRequest, until limit: WaitLimit) throws -> any HTTPResponse
}

/// An answer whose body is read by one thread, as it arrives. Letting go of it ends the transfer.
public protocol HTTPResponse: AnyObject {
    var status: Int { get }
    /// The answer's `Date`.
    var date: Date? { get }
    /// Blocks until there are bytes and hands them to `body`; false at the end of a complete answer.
    func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool
}

/// The network's part failed.
public struct TransportError: Error, Equatable, Sendable {
    public enum Reason: Equatable, Sendable {
        /// No connection: name not found, refused, no route.
        case unreachable
        /// The peer could not prove who it is.
        case tls
        /// The TLS handshake did not come to an end.
        case handshake
        case timedOut
        /// The connection broke before the answer was whole.
        case brokenOff
        /// The CA bundle cannot be read.
        case caBundle
        case other
    }

    public let reason: Reason
    /// libcurl's words.
    public let detail: String

    public init(_ reason: Reason, detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

extension TransportError: CustomStringConvertible {
    public var description: String {
        switch reason {
        case .unreachable: "no connection: \(detail)"
        case .tls: "TLS was refused: \(detail)"
        case .handshake: "the TLS handshake failed: \(detail)"
        case .timedOut: "timed out: \(detail)"
        case .brokenOff: "the connection broke off: \(detail)"
        case .caBundle: "the CA bundle cannot be used: \(detail)"
        case .other: detail
        }
    }
}
