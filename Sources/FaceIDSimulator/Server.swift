import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// HTTP/1.1 on a loopback address.
struct Server {
    typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private static let longestBody = 1 << 20
    let responder: Responder

    /// Serves until the task is cancelled.
    ///
    /// - Parameter started: told the port.
    func run(port: Int, started: (Int) throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
        try started(listener.channel.localAddress?.port ?? port)
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { connections in
                for try await connection in connections {
                    group.addTask { await serve(connection) }
                }
            }
        }
    }

    private func serve(_ connection: Connection) async {
        // A peer that goes away in the middle is nothing to report.
        try? await connection.executeThenClose { inbound, outbound in
            var head: HTTPRequestHead?
            var body: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let value):
                    head = value
                    body = []
                case .body(let buffer):
                    body += buffer.readableBytesView
                    guard body.count <= Self.longestBody else { return }
                case .end:
                    guard let head else { return }
                    let isOpen = try await answer(head, body: body, to: outbound)
                    guard isOpen, head.isKeepAlive else { return }
                }
            }
        }
    }

    /// - Returns: whether the connection can go on.
    private func answer(
        _ request: HTTPRequestHead, body: [UInt8], to outbound: NIOAsyncChannelOutboundWriter<HTTPServerResponsePart>
    ) async throws -> Bool {
        let headers = Dictionary(request.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
        let reply = responder.reply(method: request.method.rawValue, path: request.uri, headers: headers, body: body)
        guard case .answer(var text, let delivery) = reply else {
            guard case .status(let status) = reply else { return false }
            try await outbound.write(
                .head(
                    HTTPResponseHead(
                        version: .http1_1, status: .init(statusCode: status), headers: self.headers(length: 0))))
            try await outbound.write(.end(nil))
            return true
        }
        try await outbound.write(
            .head(
                HTTPResponseHead(
                    version: .http1_1, status: .ok, headers: self.headers(length: text.hasLength ? text.length : nil))))
        var sent = 0
        while let piece = text.next() {
            var rest = piece[...]
            while !rest.isEmpty {
                let isMiddle = sent + rest.count > text.length / 2
                if isMiddle, delivery.breaksInTheMiddle || delivery.stallsInTheMiddle {
                    try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: rest.prefix(rest.count / 2)))))
                    if delivery.stallsInTheMiddle { try await Task.sleep(for: .seconds(600)) }
                    return false
                }
                // A tenth of a second's worth at a time.
                let count = min(rest.count, delivery.trickle.map { max(1, $0 / 10) } ?? rest.count)
                try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: rest.prefix(count)))))
                sent += count
                rest = rest.dropFirst(count)
                if delivery.trickle != nil { try await Task.sleep(for: .milliseconds(100)) }
            }
        }
        try await outbound.write(.end(nil))
        return true
    }

    private func headers(length: Int?) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Date": Self.httpDate(responder.now)]
        if let length {
            headers.add(name: "Content-Length", value: String(length))
        } else {
            headers.add(name: "Transfer-Encoding", value: "chunked")
        }
        return headers
    }

    /// RFC 9110, section 5.6.7.
    private static func httpDate(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 64)
        strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
