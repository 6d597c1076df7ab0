public import Base
public import Foundation

/// What a hold takes in, as a person writes it: `jurisdiction = HK and media in (video, action-video)`. See
/// <doc:HoldExpressions>.
public struct HoldExpression: Equatable, Sendable {
    /// Clauses of one expression at most.
    public static let mostClauses = 64
    /// Bytes of a text.
    public static let longest = 4000

    /// An object is taken in where one of them takes it in.
    public let clauses: [HoldClause]

    /// What can stand in an expression, beyond its grammar.
    public struct Vocabulary: Sendable {
        public let media: [String]
        public let purposes: [String]
        /// In which a day is a day.
        public let timeZone: TimeZone

        public init(media: [String], purposes: [String], timeZone: TimeZone = .gmt) {
            self.media = media
            self.purposes = purposes
            self.timeZone = timeZone
        }
    }

    /// What is wrong with a text, and where.
    public struct Problem: Error, Equatable, Sendable {
        /// Characters from the beginning, counted from 1.
        public let column: Int
        public let message: String
        public let remedy: Remedy
    }

    /// Reads a text.
    public init(_ text: String, _ vocabulary: Vocabulary) throws(Problem) {
        var parser = try HoldExpressionParser(text, vocabulary)
        clauses = try parser.parse()
    }

    public init(clauses: [HoldClause]) { self.clauses = clauses }

    /// What has to be known of an object before the expression can judge it.
    public var parts: Set<HoldClause.Part> { clauses.reduce(into: []) { $0.formUnion($1.parts) } }
}

extension HoldExpression: CustomStringConvertible {
    /// In its one form, with whole times in UTC.
    public var description: String {
        clauses.map { clauses.count > 1 ? "(\($0))" : "\($0)" }.joined(separator: " or ")
    }
}

extension HoldClause: CustomStringConvertible {
    public var description: String {
        var conditions: [String] = []
        func add(_ name: String, _ values: Set<String>?) {
            guard let values else { return }
            let sorted = values.sorted()
            conditions.append(
                sorted.count == 1 ? "\(name) = \(sorted[0])" : "\(name) in (\(sorted.joined(separator: ", ")))")
        }
        add("jurisdiction", jurisdictions)
        add("purpose", purposes)
        add("outcome", outcomes)
        add("media", media)
        for (name, span) in [("captured", captured), ("archived", archived)] {
            if let from = span.from { conditions.append("\(name) >= \(Self.text(from))") }
            if let before = span.before { conditions.append("\(name) < \(Self.text(before))") }
        }
        return conditions.isEmpty ? "everything" : conditions.joined(separator: " and ")
    }

    private static func text(_ time: Date) -> String {
        let text = time.formatted(
            Date.ISO8601FormatStyle(
                includingFractionalSeconds: time.timeIntervalSince1970.rounded() != time.timeIntervalSince1970))
        return text.hasSuffix("T00:00:00Z") ? String(text.prefix(10)) : text
    }
}
