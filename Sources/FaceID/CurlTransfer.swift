internal import Base
internal import CCurl
import Foundation
internal import Vendor

/// One request and its answer, between the loop's thread, which writes into the ring, and the thread
/// that asked, which reads from it.
///
/// Sendable because what both threads touch is guarded by `condition`; the handle and the header list
/// belong to the loop's thread from `start()` to `detach()`.
final class CurlTransfer: @unchecked Sendable {
    /// Bytes that may wait for the reader.
    private static let ringLength = 256 << 10

    /// Until the transfer is over.
    private var request: HTTPRequest?
    private let options: ConnectionSettings
    private unowned let loop: CurlLoop
    private let limit: WaitLimit
    private let condition = NSCondition()

    // The loop's thread.
    private var easy: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var reference: Unmanaged<CurlTransfer>?

    // Guarded by `condition`.
    private var ring: UnsafeMutableRawBufferPointer?
    private var readPosition = 0
    private var waiting = 0
    private var isPaused = false
    private var isAbandoned = false
    private var headersEnded = false
    private var status = 0
    private var date: Date?
    private var result: CURLcode?

    init(request: HTTPRequest, options: ConnectionSettings, loop: CurlLoop, limit: WaitLimit) {
        self.request = request
        self.options = options
        self.loop = loop
        self.limit = limit
    }

    deinit {
        if let ring { explicit_bzero(ring.baseAddress!, ring.count) }
        ring?.deallocate()
    }

    var handle: UnsafeMutableRawPointer { easy! }

    var head: (Int, Date?) {
        condition.lock()
        defer { condition.unlock() }
        return (status, date)
    }

    // MARK: The asking thread

    func waitForHeaders() throws {
        condition.lock()
        defer { condition.unlock() }
        while !headersEnded, result == nil { try wait() }
        if !headersEnded, let result { throw Self.error(result) }
    }

    /// Waits for news, with the condition's lock in hand.
    private func wait() throws(WaitEnded) {
        guard limit.isBounded else { return condition.wait() }
        try limit.check()
        _ = condition.wait(until: Date(timeIntervalSinceNow: 0.05))
    }

    func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        condition.lock()
        do { while waiting == 0, result == nil { try wait() } } catch {
            condition.unlock()
            throw error
        }
        guard waiting > 0, let ring else {
            let result = result!
            condition.unlock()
            if result != CURLE_OK { throw Self.error(result) }
            return false
        }
        // Nobody else moves the read position, and the writer stays out of what is waiting.
        let piece = UnsafeRawBufferPointer(rebasing: ring[readPosition..<min(readPosition + waiting, ring.count)])
        condition.unlock()
        try body(piece)
        condition.lock()
        readPosition = (readPosition + piece.count) % ring.count
        waiting -= piece.count
        let resumes = isPaused && waiting <= ring.count / 2
        if resumes { isPaused = false }
        condition.unlock()
        if resumes { loop.resume(self) }
        return true
    }

    /// The reader has gone; whatever still comes is thrown away.
    func abandon() {
        condition.lock()
        isAbandoned = true
        let isOver = result != nil
        condition.unlock()
        if !isOver { loop.end(self) }
    }

    // MARK: The loop's thread

    /// Makes the handle. The transfer keeps itself alive until it is over.
    func start() -> OpaquePointer {
        let easy = curl_easy_init()!
        self.easy = easy
        let reference = Unmanaged.passRetained(self)
        self.reference = reference
        let request = request!

        curl_setopt_string(easy, CURLOPT_URL, request.url)
        curl_setopt_long(easy, CURLOPT_NOSIGNAL, 1)
        curl_setopt_string(easy, CURLOPT_PROTOCOLS_STR, request.url.hasPrefix("http:") ? "http" : "https")
        // No proxy may stand between us and a loopback address.
        if request.url.hasPrefix("http:") { curl_setopt_string(easy, CURLOPT_NOPROXY, "*") }
        curl_setopt_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        // What a proxy says when it connects is not the answer.
        curl_setopt_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // HTTP/2 would buffer up to its window behind a paused reader.
        curl_setopt_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        curl_setopt_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        curl_setopt_long(easy, CURLOPT_SSL_VERIFYPEER, 1)
        curl_setopt_long(easy, CURLOPT_SSL_VERIFYHOST, 2)
        if let bundle = options.caBundle { curl_setopt_string(easy, CURLOPT_CAINFO, bundle) }
        curl_setopt_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Int(options.connectTimeout * 1000))
        curl_setopt_long(easy, CURLOPT_LOW_SPEED_LIMIT, 1000)
        curl_setopt_long(easy, CURLOPT_LOW_SPEED_TIME, max(1, Int(options.stallTimeout.rounded(.up))))
        curl_setopt_long(easy, CURLOPT_TIMEOUT_MS, Int(options.totalTimeout * 1000))
        curl_setopt_long(easy, CURLOPT_BUFFERSIZE, 64 << 10)

        curl_setopt_long(easy, CURLOPT_POST, 1)
        curl_setopt_long(easy, CURLOPT_POSTFIELDSIZE, request.body.count)
        // No copy: the request lives as long as the transfer.
        request.body.withBytes {
            _ = curl_setopt_pointer(easy, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
        }
        for (name, value) in request.headers { headerList = curl_slist_append(headerList, "\(name): \(value)") }
        for (name, value) in request.secretHeaders {
            SecretText(joining: [SecretText("\(name): ".utf8), value, SecretText([0])]).withBytes {
                headerList = curl_slist_append(headerList, $0.assumingMemoryBound(to: CChar.self).baseAddress)
            }
        }
        headerList = curl_slist_append(headerList, "Expect:")
        curl_setopt_pointer(easy, CURLOPT_HTTPHEADER, headerList)

        curl_setopt_pointer(easy, CURLOPT_HEADERDATA, reference.toOpaque())
        curl_setopt_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
            Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue().takeHeader(piece)
            return piece.count
        }
        curl_setopt_pointer(easy, CURLOPT_WRITEDATA, reference.toOpaque())
        curl_setopt_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Unmanaged<CurlTransfer>.fromOpaque(context!).takeUnretainedValue()
                .takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        return OpaquePointer(easy)
    }

    func resume() {
        if let easy { curl_easy_pause(easy, CURLPAUSE_CONT) }
    }

    /// Gives the handle up, to be cleaned up by the loop, which then ends the transfer; nil where it is over already.
    func detach() -> UnsafeMutableRawPointer? {
        defer { easy = nil }
        return easy
    }

    func complete(_ code: CURLcode) {
        curl_easy_cleanup(easy)
        easy = nil
        finish(code)
    }

    /// Comes after the handle is gone, which uses the request and its headers.
    func finish(_ code: CURLcode) {
        curl_slist_free_all(headerList)
        headerList = nil
        request = nil
        condition.lock()
        result = code
        headersEnded = headersEnded || code == CURLE_OK
        condition.broadcast()
        condition.unlock()
        reference?.release()
        reference = nil
    }

    private func takeHeader(_ line: UnsafeRawBufferPointer) {
        let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        condition.lock()
        defer { condition.unlock() }
        if text.hasPrefix("HTTP/") {
            date = nil
            status = Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0
        } else if text.isEmpty {
            // 1xx answers come before the real one.
            headersEnded = status >= 200
            if headersEnded { condition.broadcast() }
        } else if text.lowercased().hasPrefix("date:") {
            let seconds = curl_getdate(String(text.dropFirst(5)), nil)
            if seconds >= 0 { date = Date(timeIntervalSince1970: TimeInterval(seconds)) }
        }
    }

    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        condition.lock()
        defer { condition.unlock() }
        if isAbandoned { return 0 }
        let ring = self.ring ?? .allocate(byteCount: Self.ringLength, alignment: 16)
        self.ring = ring
        guard waiting + bytes.count <= ring.count else {
            isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        let writePosition = (readPosition + waiting) % ring.count
        let first = min(bytes.count, ring.count - writePosition)
        UnsafeMutableRawBufferPointer(rebasing: ring[writePosition...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[..<first]))
        ring.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first...]))
        waiting += bytes.count
        condition.signal()
        return bytes.count
    }

    private static func error(_ code: CURLcode) -> TransportError {
        let detail = String(cString: curl_easy_strerror(code)).lowercased()
        let reason: TransportError.Reason =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .unreachable
            case CURLE_SSL_CONNECT_ERROR: .handshake
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_ISSUER_ERROR:
                .tls
            case CURLE_SSL_CACERT_BADFILE: .caBundle
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING: .brokenOff
            default: .other
            }
        return TransportError(reason, detail: detail)
    }
}
