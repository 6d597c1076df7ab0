import Archive
import Foundation
import Presentation
internal import Vault

/// Times of a case's objects on one scale, as lines of text.
struct Timeline {
    private struct Track {
        let label: String
        let from: Date
        let keepUntil: Date?
        let goneBy: Date?
        /// It goes on, and nobody knows to when.
        let isOpen: Bool
        let destroyed: Date?
    }

    private static let width = 72
    private let tracks: [Track]
    private let asOf: Date

    init(_ explanation: Explanation) {
        asOf = explanation.asOf
        let captured = explanation.objects.map(\.capturedFrom).min()
        tracks =
            explanation.objects.map { object in
                // What is held stays, whatever its rules say.
                let goneBy = object.status == "held" ? nil : object.goneBy
                return Track(
                    label: object.kind, from: object.capturedFrom, keepUntil: object.keepUntil, goneBy: goneBy,
                    isOpen: goneBy == nil, destroyed: nil)
            }
            + explanation.destroyed.compactMap { gone in
                captured.map {
                    Track(
                        label: gone.details.kind, from: min($0, gone.details.destroyedAt), keepUntil: nil, goneBy: nil,
                        isOpen: false, destroyed: gone.details.destroyedAt)
                }
            }
    }

    /// The scale, a line for each object, and what the signs mean.
    var lines: [String] {
        let times = tracks.flatMap { [$0.from, $0.keepUntil, $0.goneBy, $0.destroyed].compactMap { $0 } } + [asOf]
        guard let first = times.min(), let last = times.max(), last > first else { return [] }
        let span = last.timeIntervalSince(first)
        func column(_ time: Date) -> Int {
            Int((time.timeIntervalSince(first) / span * Double(Self.width - 1)).rounded())
        }
        var scale = [Character](repeating: " ", count: Self.width + 8)
        var free = 0
        for time in times.sorted() {
            let label = String(Figure.day(time).prefix(7))
            let start = column(time)
            guard start >= free else { continue }
            for (offset, character) in label.enumerated() { scale[start + offset] = character }
            free = start + label.count + 2
        }
        var lines = ["             " + String(scale).trimmingTrailingBlanks]
        for track in tracks {
            var line = [Character](repeating: " ", count: Self.width)
            let end = track.destroyed ?? track.goneBy ?? (track.isOpen ? last : track.keepUntil) ?? last
            for index in column(track.from)...max(column(track.from), column(end)) { line[index] = "─" }
            if let keep = track.keepUntil {
                for index in column(track.from)...max(column(track.from), column(keep)) { line[index] = "━" }
                line[column(keep)] = "┤"
            }
            line[column(track.from)] = "●"
            if track.isOpen, track.destroyed == nil { line[Self.width - 1] = "▶" }
            if let gone = track.goneBy { line[column(gone)] = "✕" }
            if let destroyed = track.destroyed { line[column(destroyed)] = "✕" }
            lines.append("\(Figure.padded(track.label, 12)) \(String(line).trimmingTrailingBlanks)")
        }
        var pointer = [Character](repeating: " ", count: column(asOf) + 1)
        pointer[column(asOf)] = "▲"
        lines.append("             " + String(pointer) + " as of")
        lines.append("             ● captured  ━┤ kept until  ✕ gone by, or destroyed  ▶ no end known")
        return lines
    }
}

extension String {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
