public import Archive
import Base
public import Foundation
public import TestSupport
public import Vault

/// Something that people do to an archive, at random. A later issue adds its verbs to a list of these; the worker, the
/// driver and the checker stay as they are.
public struct Verb: Sendable {
    public let name: String
    /// How often it comes, beside the others.
    public let weight: Int
    /// Does it once. What is refused by a rule is no failure: it says so by throwing an ``ArchiveError``.
    ///
    /// - Returns: what is to be told, as a JSON object's members.
    public let body: @Sendable (inout World) throws -> [String: String]

    public init(
        _ name: String, weight: Int, _ body: @escaping @Sendable (inout World) throws -> [String: String]
    ) {
        self.name = name
        self.weight = weight
        self.body = body
    }
}

/// Where a verb acts: an archive that several processes have open, and random numbers that can be had again.
public struct World {
    public let archive: Session
    /// Where answers are written that are imported.
    public let folder: String
    public var random: SeededGenerator
    /// What time it is in this world.
    public let now: @Sendable () -> Date
    /// How many different cases, persons and matters there are.
    public var size = 90

    public init(archive: Session, folder: String, seed: UInt64, now: @escaping @Sendable () -> Date) {
        self.archive = archive
        self.folder = folder
        self.now = now
        random = SeededGenerator(seed: seed)
    }

    public mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
    public mutating func one<Element>(of elements: [Element]) -> Element { elements[number(0..<elements.count)] }
    public mutating func chance(_ of: Int) -> Bool { number(0..<of) == 0 }
    public mutating func caseID() throws -> CaseID { try CaseID("K-\(number(0..<size))") }
    public mutating func matter() throws -> Matter { try Matter("M-\(number(0..<6))") }
}

extension Array where Element == Verb {
    /// One of them, by their weights.
    public func random(using random: inout SeededGenerator) -> Verb {
        var place = Int.random(in: 0..<reduce(0) { $0 + $1.weight }, using: &random)
        for verb in self {
            if place < verb.weight { return verb }
            place -= verb.weight
        }
        return self[0]
    }
}
