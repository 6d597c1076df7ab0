public import Foundation

/// A day in UTC, as entries hold it: `2026-11-22`, from the year 1970 to 9999.
public struct LedgerDay: Hashable, Sendable, Codable, CustomStringConvertible {
    /// When it begins.
    public let start: Date

    /// The day that a time lies in.
    public init(of time: Date) {
        let seconds = min(max(time.timeIntervalSince1970, 0), 253_402_300_799)
        start = Date(timeIntervalSince1970: (seconds / 86_400).rounded(.down) * 86_400)
    }

    /// Reads exactly what ``text`` writes.
    public init?(_ text: String) {
        guard let start = LedgerTime.time(text + "T00:00:00.000Z") else { return nil }
        self.start = start
    }

    public var text: String { String(LedgerTime.text(start).prefix(10)) }
    public var description: String { text }

    public init(from decoder: any Decoder) throws {
        guard let day = Self(try decoder.singleValueContainer().decode(String.self)) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a day"))
        }
        self = day
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
