import Foundation
import Presentation
import Synchronization

/// One line on a terminal that shows how far a batch is; silent where nobody looks.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var total: Int
        var note = ""
        var lastDrawn = Date.distantPast
    }

    private static let width = 30
    private let verb: String
    private let isShown: Bool
    private let began = Date()
    private let state: Mutex<State>

    /// - Parameter verb: what is being done, such as `pulling`.
    init(_ verb: String, total: Int, isShown: Bool) {
        self.verb = verb
        self.isShown = isShown && Terminal.errorsAreShown && total > 1
        state = Mutex(State(total: total))
    }

    func advance(to done: Int? = nil, of total: Int? = nil, note: String = "") {
        guard isShown else { return }
        state.withLock { state in
            state.done = done ?? state.done + 1
            state.total = total ?? state.total
            state.note = note
            let now = Date()
            guard now.timeIntervalSince(state.lastDrawn) > 0.1 || state.done == state.total else { return }
            state.lastDrawn = now
            draw(state, now: now)
        }
    }

    /// Takes the line away, so that what is printed next stands alone.
    func clear() {
        if isShown { Terminal.write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    private func draw(_ state: State, now: Date) {
        let share = Double(state.done) / Double(max(state.total, 1))
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        let seconds = now.timeIntervalSince(began)
        let rate = seconds > 0 ? Double(state.done) / seconds : 0
        let left = rate > 0 ? "  ETA \(Figure.span(Double(state.total - state.done) / rate))" : ""
        let note = state.note.isEmpty ? "" : "  \(state.note)"
        Terminal.write(
            "\r\u{1B}[K  \(verb)  \(bar)  \(state.done)/\(state.total)  "
                + "\(String(format: "%.1f", rate))/s\(note)\(left)",
            to: STDERR_FILENO)
    }
}
