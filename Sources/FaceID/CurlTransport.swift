public import Base
internal import CCurl
internal import Foundation
internal import Synchronization
public import Vendor

/// HTTP by libcurl's multi interface: one thread moves the bytes of all transfers and keeps the
/// connections; each answer is read by the thread that asked. A transfer whose reader is behind is
/// paused, so its memory stays within its ring.
public final class CurlTransport: Transport {
    let options: ConnectionSettings
    private let loop: CurlLoop

    public init(options: ConnectionSettings = ConnectionSettings()) {
        self.options = options
        loop = CurlLoop()
        let loop = loop
        let thread = Thread { loop.run() }
        thread.name = "curl"
        thread.stackSize = 1 << 20
        thread.start()
    }

    deinit { loop.stop() }

    public func send(_ request: HTTPRequest, until limit: WaitLimit) throws -> any HTTPResponse {
        let transfer = CurlTransfer(request: request, options: options, loop: loop, limit: limit)
        loop.add(transfer)
        do { try transfer.waitForHeaders() } catch {
            if error is WaitEnded { transfer.abandon() }
            throw error
        }
        return CurlResponse(transfer)
    }
}

/// The thread of a transport. Everything that touches libcurl's handles happens on it.
final class CurlLoop: Sendable {
    private struct State {
        var added: [CurlTransfer] = []
        var resumed: [CurlTransfer] = []
        var ended: [CurlTransfer] = []
        var isStopped = false
    }

    // The handle itself is used on the loop's thread; `curl_multi_wakeup` may be called from any.
    private nonisolated(unsafe) let multi: OpaquePointer
    private let state = Mutex(State())

    init() {
        _ = Self.libraryReady
        multi = OpaquePointer(curl_multi_init()!)
        curl_multi_setopt_long(raw, CURLMOPT_MAXCONNECTS, 64)
    }

    private static let libraryReady: Bool = {
        precondition(curl_start() == CURLE_OK, "libcurl could not be initialised")
        return true
    }()

    private var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(multi) }

    func add(_ transfer: CurlTransfer) { tell { $0.added.append(transfer) } }
    func resume(_ transfer: CurlTransfer) { tell { $0.resumed.append(transfer) } }
    func end(_ transfer: CurlTransfer) { tell { $0.ended.append(transfer) } }
    func stop() { tell { $0.isStopped = true } }

    private func tell(_ change: (inout sending State) -> Void) {
        // Inside the lock, because the loop may end, and take the handle with it, as soon as it is told to.
        state.withLock { state in
            change(&state)
            curl_multi_wakeup(raw)
        }
    }

    func run() {
        var active: [OpaquePointer: CurlTransfer] = [:]
        while true {
            let orders = state.withLock { state in
                let orders = state
                state = State(isStopped: state.isStopped)
                return orders
            }
            for transfer in orders.added {
                active[transfer.start()] = transfer
                if curl_multi_add_handle(raw, transfer.handle) != CURLM_OK {
                    active[OpaquePointer(transfer.handle)] = nil
                    transfer.complete(CURLE_FAILED_INIT)
                }
            }
            for transfer in orders.resumed { transfer.resume() }
            for transfer in orders.ended {
                if let handle = transfer.detach() {
                    active[OpaquePointer(handle)] = nil
                    curl_multi_remove_handle(raw, handle)
                    curl_easy_cleanup(handle)
                    transfer.finish(CURLE_ABORTED_BY_CALLBACK)
                }
            }
            if orders.isStopped, active.isEmpty { break }
            var running: Int32 = 0
            curl_multi_perform(raw, &running)
            var left: Int32 = 0
            while let message = curl_multi_info_read(raw, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
                let code = message.pointee.data.result
                curl_multi_remove_handle(raw, handle)
                active.removeValue(forKey: OpaquePointer(handle))?.complete(code)
            }
            curl_multi_poll(raw, nil, 0, 1000, nil)
        }
        curl_multi_cleanup(raw)
    }
}

/// The response side of a transfer, as the asking thread sees it.
private final class CurlResponse: HTTPResponse {
    private let transfer: CurlTransfer
    let status: Int
    let date: Date?

    init(_ transfer: CurlTransfer) {
        self.transfer = transfer
        (status, date) = transfer.head
    }

    deinit { transfer.abandon() }

    func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool { try transfer.next(body) }
}
