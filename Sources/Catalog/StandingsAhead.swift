internal import Base
public import Foundation
internal import Retention

/// Standings by a set of policies that was not active yet when they were computed: a change is looked at before it is
/// made, and what that took is not done twice. 25 bytes for each object.
public struct StandingsAhead: Sendable {
    /// Objects that are remembered; what is beyond is computed again.
    public static let most = 4_000_000

    /// The set of policies.
    public let set: Int
    /// By the clock.
    public let computedAt: Date
    private var objects: [Int64] = []
    private var statuses: [UInt8] = []
    private var changes: [Int64] = []
    private var dues: [Int64] = []

    private static let never = Int64.min
    private static let codes = Dictionary(
        uniqueKeysWithValues: zip(Decision.Status.allCases, UInt8(0)...))

    public init(set: Int, computedAt: Date) { (self.set, self.computedAt) = (set, computedAt) }

    public var count: Int { objects.count }

    /// - Parameter position: where a walk met the object: hundreds of thousands are written down at once, and to find
    ///   each by its UID again takes a third longer.
    public mutating func append(_ standing: Standing, at position: CatalogPosition) {
        guard count < Self.most else { return }
        objects.append(position.rowID)
        statuses.append(Self.codes[standing.status]!)
        changes.append(standing.changesAt?.nextMilliseconds ?? Self.never)
        dues.append(standing.dueAt?.nextMilliseconds ?? Self.never)
    }

    typealias Note = (object: Int64, status: Decision.Status, changesAt: Int64?, dueAt: Int64?)

    subscript(_ place: Int) -> Note {
        func time(_ value: Int64) -> Int64? { value == Self.never ? nil : value }
        return (
            objects[place], Decision.Status.allCases[Int(statuses[place])], time(changes[place]), time(dues[place])
        )
    }
}
