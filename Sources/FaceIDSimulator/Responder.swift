import Foundation
import Synchronization

/// Decides what is answered. It remembers how often each token was asked about, and how fast requests come.
final class Responder: Sendable {
    enum Reply {
        case answer(AnswerText, Delivery)
        case status(Int)
    }

    struct Delivery {
        /// Bytes a second.
        var trickle: Int?
        var breaksInTheMiddle = false
        var stallsInTheMiddle = false
    }

    private struct State {
        var asked: [String: (first: Date, count: Int)] = [:]
        var budget: Double
        var lastRequest = Date()
        var requests = 0
    }

    private let check: RequestCheck
    private let rate: Double
    private let clockOffset: TimeInterval
    private let state: Mutex<State>

    /// - Parameters:
    ///   - rate: requests a second; a second's worth may come at once.
    ///   - clockOffset: seconds that the simulator's clock is ahead of the machine's.
    init(check: RequestCheck, rate: Double, clockOffset: TimeInterval) {
        self.check = check
        self.rate = rate
        self.clockOffset = clockOffset
        state = Mutex(State(budget: rate))
    }

    var now: Date { Date(timeIntervalSinceNow: clockOffset) }

    func reply(method: String, path: String, headers: [String: String], body: [UInt8]) -> Reply {
        let requestID = UUID().uuidString.lowercased()
        do throws(RequestCheck.Failure) {
            let token = try check.sdkToken(method: method, path: path, headers: headers, body: body, now: now)
            guard isWithinRate() else {
                throw RequestCheck.Failure("RequestLimitExceeded", "More than \(Int(rate)) requests a second.")
            }
            return try reply(to: TokenScript(token), requestID: requestID)
        } catch {
            return .answer(.error(error.code, error.message, requestID: requestID), Delivery())
        }
    }

    private func isWithinRate() -> Bool {
        state.withLock { state in
            let now = Date()
            state.budget = min(rate, state.budget + now.timeIntervalSince(state.lastRequest) * rate)
            state.lastRequest = now
            guard state.budget >= 1 else { return false }
            state.budget -= 1
            return true
        }
    }

    private func reply(to script: TokenScript, requestID: String) throws(RequestCheck.Failure) -> Reply {
        let (first, count) = state.withLock { state in
            let (first, count) = state.asked[script.token] ?? (Date(), 0)
            state.asked[script.token] = (first, count + 1)
            return (first, count)
        }
        func isEarly(_ name: String) -> Bool { count < (script.number(name) ?? 0) }

        if isEarly("fail") { return .status(500) }
        if isEarly("limit") { throw RequestCheck.Failure("RequestLimitExceeded", "Too many requests.") }
        if isEarly("internal") { throw RequestCheck.Failure("InternalError", "Internal error.") }
        if let code = script.error { throw RequestCheck.Failure(code, "The token asks for this error.") }
        if script.has("html") { return .answer(AnswerText(text: "<html><body>Sign in</body></html>"), Delivery()) }
        if script.has("text") { return .answer(AnswerText(text: "not found"), Delivery()) }
        if script.has("bare") {
            return .answer(AnswerText(text: #"{"Result":"0","RequestId":"\#(requestID)"}"#), Delivery())
        }
        if script.has("cut") {
            return .answer(AnswerText(text: #"{"Response":{"Result":"0","BestFrame":"/9j/4AAQ"#), Delivery())
        }
        if isEarly("asks") || Date().timeIntervalSince(first) < Double(script.number("later") ?? 0) {
            return .answer(.notFinished(requestID: requestID), Delivery())
        }
        let delivery = Delivery(
            trickle: script.number("trickle"), breaksInTheMiddle: isEarly("break"), stallsInTheMiddle: isEarly("stall"))
        do {
            return .answer(try AnswerText(result: script, requestID: requestID), delivery)
        } catch {
            throw RequestCheck.Failure("InternalError", "The simulator's media is missing.")
        }
    }
}
