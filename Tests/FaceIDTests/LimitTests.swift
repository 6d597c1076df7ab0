import Base
import Foundation
import Testing
import Vendor

@testable import FaceID

/// A server that takes connections and says nothing, or only begins to.
struct LimitTests {
    private let listener: Int32
    private let endpoint: Endpoint

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        try #require(isListening)
        endpoint = try #require(Endpoint("http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"))
    }

    private final class NoSink: MediaSink {
        func begin(_: MediaKind) throws {}
        func write(_: UnsafeRawBufferPointer) throws {}
        func end() throws {}
    }

    private func ask(until limit: WaitLimit) throws {
        let client = FaceIDClient(
            transport: CurlTransport(), credentials: try Credentials(secretID: "id", secretKey: SecretText("key".utf8)),
            endpoint: endpoint,
            pace: RequestPace(rate: 1000, clock: .system), clock: .system, answerCap: 1 << 20)
        let token = try #require(SDKToken(SecretText("token".utf8)))
        _ = try client.fetchResult(of: token, region: "ap-singapore", until: limit) { NoSink() }
    }

    private func seconds(_ body: () throws -> Void) rethrows -> TimeInterval {
        let start = Date()
        try body()
        return Date().timeIntervalSince(start)
    }

    @Test func aRequestWithoutAnAnswerEndsWithItsLimit() throws {
        defer { close(listener) }
        let took = seconds {
            #expect(throws: WaitEnded.timedOut) { try ask(until: WaitLimit(seconds: 0.3)) }
        }
        #expect(took < 10)
    }

    @Test func anAnswerThatStopsInItsMiddleEndsWithItsLimit() throws {
        let listener = listener
        Thread.detachNewThread {
            let connection = accept(listener, nil, nil)
            let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"Response\":{".utf8)
            _ = write(connection, head, head.count)
            sleep(20)
            close(connection)
        }
        defer { close(listener) }
        let end = Date().addingTimeInterval(0.5)
        let took = seconds {
            #expect(throws: WaitEnded.cancelled) {
                try ask(until: WaitLimit(seconds: nil, isCancelled: { Date() > end }))
            }
        }
        #expect(took < 10)
    }

    /// Between two attempts, too.
    @Test func waitingForAnotherAttemptEndsWithItsLimit() throws {
        close(listener)
        let took = seconds {
            #expect(throws: WaitEnded.timedOut) { try ask(until: WaitLimit(seconds: 0.2)) }
        }
        #expect(took < 5)
    }
}
