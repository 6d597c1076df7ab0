internal import Base
internal import Foundation
internal import Ledger

/// A case's life as a drawing (SVG): a lane for each kind of thing that happened, over one scale of time.
struct CaseTimeline {
    private struct Mark {
        let time: Date
        /// Where it went on for a while.
        let end: Date?
        let isGone: Bool
        let says: String
    }

    private static let (left, right, laneHeight, head) = (112.0, 706.0, 26.0, 30.0)

    private let lanes: [(name: String, marks: [Mark])]
    private let title: String

    init(_ record: [Custody.Document.Line], title: String) {
        self.title = title
        var found: [(name: String, marks: [Mark])] = [
            ("Verification", []), ("Archived", []), ("Case events", []), ("Access", []), ("Holds", []),
            ("Destroyed", []),
        ]
        let closings = Dictionary(
            record.compactMap { line -> (UInt64, Date)? in
                guard line.kind == Event.Kind.accessClosed.rawValue, let time = LedgerTime.time(line.time),
                    let number = line.sentence.firstMatch(of: /of entry ([0-9]+)/).flatMap({ UInt64($0.output.1) })
                else { return nil }
                return (number, time)
            }, uniquingKeysWith: { first, _ in first })
        for line in record {
            guard let lane = Self.lane(of: line.kind), let time = LedgerTime.time(line.time) else { continue }
            found[lane].marks.append(
                Mark(
                    time: time, end: closings[line.number], isGone: lane == 5,
                    says: "entry \(line.number), \(Timestamp.minute(time)): \(line.sentence)"))
        }
        lanes = found.filter { !$0.marks.isEmpty }
    }

    private static func lane(of kind: String) -> Int? {
        switch Event.Kind(rawValue: kind) {
        case .caseRegistered, .caseCompleted, .verificationRegistered, .verificationCompleted, .vendorAsked,
            .vendorRefused, .verificationEnded, .verificationReopened:
            0
        case .objectArchived: 1
        case .caseEventRecorded, .caseCorrected, .dueConfirmed, .backstopApproved: 2
        case .accessOpened: 3
        case .holdPlaced, .holdCovers, .holdReleased, .holdEnded: 4
        case .objectDestroyed, .caseDestroyed, .blobsRemoved: 5
        default: nil
        }
    }

    /// Empty where nothing is to be drawn.
    var svg: String {
        let times = lanes.flatMap(\.marks).flatMap { [$0.time, $0.end].compactMap(\.self) }
        guard let first = times.min(), let last = times.max() else { return "" }
        // What happened in an instant still has a place.
        let span = max(last.timeIntervalSince(first), 1)
        func x(_ time: Date) -> Double {
            Self.left + time.timeIntervalSince(first) / span * (Self.right - Self.left)
        }
        let height = Self.head + Double(lanes.count) * Self.laneHeight + 4
        var parts: [String] = []
        let ticks = span < 60 ? 2 : 5
        for tick in 0..<ticks {
            let time = first.addingTimeInterval(span * Double(tick) / Double(ticks - 1))
            let place = number(x(time))
            let anchor = tick == 0 ? "start" : tick == ticks - 1 ? "end" : "middle"
            let text =
                span < 600
                ? String(Timestamp.format(time).dropFirst(11).prefix(8))
                : span < 2 * 86_400 ? String(Timestamp.minute(time).dropLast(4)) : Timestamp.day(time)
            parts.append("<line x1=\"\(place)\" y1=\"18\" x2=\"\(place)\" y2=\"\(number(height - 4))\"></line>")
            parts.append("<text class=\"faint\" x=\"\(place)\" y=\"12\" text-anchor=\"\(anchor)\">\(text)</text>")
        }
        for (index, lane) in lanes.enumerated() {
            let y = Self.head + Double(index) * Self.laneHeight + Self.laneHeight / 2 - 4
            parts.append("<text x=\"0\" y=\"\(number(y + 4))\">\(EvidencePage.escaped(lane.name))</text>")
            parts.append(
                "<line x1=\"\(number(Self.left))\" y1=\"\(number(y))\" x2=\"\(number(Self.right))\" "
                    + "y2=\"\(number(y))\"></line>"
            )
            for mark in lane.marks {
                let says = "<title>\(EvidencePage.escaped(mark.says))</title>"
                if let end = mark.end {
                    let width = number(max(x(end) - x(mark.time), 1))
                    parts.append(
                        "<rect x=\"\(number(x(mark.time)))\" y=\"\(number(y - 4))\" width=\"\(width)\" "
                            + "height=\"8\"></rect>"
                    )
                }
                parts.append(
                    "<circle\(mark.isGone ? " class=\"gone\"" : "") cx=\"\(number(x(mark.time)))\" cy=\"\(number(y))\" "
                        + "r=\"5\">\(says)</circle>")
            }
        }
        let summary = lanes.map { "\($0.name): \($0.marks.count)" }.joined(separator: "; ")
        let said = EvidencePage.escaped(
            "\(title), from \(Timestamp.minute(first)) to \(Timestamp.minute(last)). \(summary). The table below "
                + "says all."
        )
        return """
            <figure>
            <svg viewBox="0 0 720 \(number(height))" role="img" aria-label="\(said)">
            \(parts.joined(separator: "\n"))
            </svg>
            <figcaption>Each point is an entry of the table below, at its time (UTC); a bar is an access that went \
            on.</figcaption>
            </figure>
            """
    }

    private func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
    }
}
