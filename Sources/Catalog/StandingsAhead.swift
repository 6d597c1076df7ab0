public import Base
public import Foundation
internal import Retention

/// Standings by a set of policies that was not active yet when they were computed: a change is looked at before it is
/// made, and what that took is not done twice. 33 bytes for each object.
public struct StandingsAhead: Sendable {
    /// Objects that are remembered; what is beyond is computed again.
    public static let most = 4_000_000

    /// The set of policies.
    public let set: Int
    /// By the clock.
    public let computedAt: Date
    /// The bytes of their UIDs, one after the other.
    private var objects: [UInt8] = []
    private var statuses: [UInt8] = []
    private var changes: [Int64] = []
    private var dues: [Int64] = []

    private static let never = Int64.min
    private static let codes = Dictionary(
        uniqueKeysWithValues: zip(Decision.Status.allCases, UInt8(0)...))

    public init(set: Int, computedAt: Date) { (self.set, self.computedAt) = (set, computedAt) }

    public var count: Int { statuses.count }

    public mutating func append(_ standing: Standing, of object: ObjectUID) {
        guard count < Self.most else { return }
        objects.append(contentsOf: object.bytes)
        statuses.append(Self.codes[standing.status]!)
        changes.append(standing.changesAt?.nextMilliseconds ?? Self.never)
        dues.append(standing.dueAt?.nextMilliseconds ?? Self.never)
    }

    typealias Note = (object: [UInt8], status: Decision.Status, changesAt: Int64?, dueAt: Int64?)

    subscript(_ place: Int) -> Note {
        func time(_ value: Int64) -> Int64? { value == Self.never ? nil : value }
        return (
            Array(objects[place * ObjectUID.length..<(place + 1) * ObjectUID.length]),
            Decision.Status.allCases[Int(statuses[place])], time(changes[place]), time(dues[place])
        )
    }
}
