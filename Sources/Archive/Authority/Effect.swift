internal import Base
public import Foundation
internal import Ledger

/// What a guarded verb would do: what a second person looks at and allows, and what is then carried out, and nothing
/// else.
public struct Effect: Codable, Equatable, Sendable {
    public internal(set) var verb: GuardedVerb
    public internal(set) var reason: String
    /// In sentences.
    public internal(set) var says: [String] = []

    var hold: String?
    public internal(set) var matter: String?
    var revision: Int?
    /// The revision of a hold that goes.
    public internal(set) var scope: Int?
    /// UIDs.
    var cases: [String]?
    /// Their IDs, where it is shown; what is kept of a request must not outlive its cases.
    public internal(set) var caseIDs: [String]?
    /// UIDs of objects.
    public internal(set) var objects: [String]?
    public internal(set) var digest: String?
    public internal(set) var time: Date?
    public internal(set) var policy: String?
    public internal(set) var version: Int?
    var form: String?
    /// A policy file, whole.
    var text: String?
    public internal(set) var lower: String?
    public internal(set) var upper: String?
    public internal(set) var winner: String?
    /// Settings with their values before and after.
    public internal(set) var settings: [String: [String]]?
    public internal(set) var holder: String?
    public internal(set) var roles: [String]?
    public internal(set) var expires: Date?
    /// A UID.
    public internal(set) var token: String?
    /// How many objects become due earlier, later and no longer.
    var counts: [Int]?

    init(_ verb: GuardedVerb, reason: String) {
        self.verb = verb
        self.reason = reason
    }

    /// Times to the millisecond, as they are read again.
    mutating func round() {
        func whole(_ time: Date?) -> Date? {
            time.map { Date(timeIntervalSince1970: ($0.timeIntervalSince1970 * 1000).rounded() / 1000) }
        }
        (time, expires) = (whole(time), whole(expires))
    }

    /// Its one form, as it is committed to.
    func document() throws -> String { String(decoding: try JSONDocument.encode(self, pretty: false), as: UTF8.self) }

    init(reading text: String) throws {
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
