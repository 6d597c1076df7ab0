internal import Base
public import Foundation

/// What a guarded verb would do: what a second person looks at and allows, and what is then carried out, and nothing
/// else.
public struct Effect: Codable, Equatable, Sendable {
    public package(set) var verb: GuardedVerb
    public package(set) var reason: String
    /// In sentences.
    public package(set) var says: [String] = []

    package var hold: String?
    public package(set) var matter: String?
    package var revision: Int?
    /// The revision of a hold that goes.
    public package(set) var scope: Int?
    /// UIDs.
    package var cases: [String]?
    /// Their IDs, where it is shown; what is kept of a request must not outlive its cases.
    public package(set) var caseIDs: [String]?
    /// UIDs of objects.
    public package(set) var objects: [String]?
    public package(set) var digest: String?
    public package(set) var time: Date?
    public package(set) var policy: String?
    public package(set) var version: Int?
    package var form: String?
    /// A policy file, whole.
    package var text: String?
    public package(set) var lower: String?
    public package(set) var upper: String?
    public package(set) var winner: String?
    /// Settings with their values before and after.
    public package(set) var settings: [String: [String]]?
    public package(set) var holder: String?
    public package(set) var roles: [String]?
    public package(set) var expires: Date?
    /// A UID.
    public package(set) var token: String?
    /// How many objects become due earlier, later and no longer.
    package var counts: [Int]?

    package init(_ verb: GuardedVerb, reason: String) {
        self.verb = verb
        self.reason = reason
    }

    /// Times to the millisecond, as they are read again.
    package mutating func round() {
        func whole(_ time: Date?) -> Date? {
            time.map { Date(timeIntervalSince1970: ($0.timeIntervalSince1970 * 1000).rounded() / 1000) }
        }
        (time, expires) = (whole(time), whole(expires))
    }

    /// Its one form, as it is committed to.
    package func document() throws -> String {
        String(decoding: try JSONDocument.encode(self, pretty: false), as: UTF8.self)
    }

    package init(reading text: String) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let time = Timestamp.parse(text) else {
                throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "a time"))
            }
            return time
        }
        self = try decoder.decode(Effect.self, from: Data(text.utf8))
    }
}
