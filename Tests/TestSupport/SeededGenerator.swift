import Foundation

/// Random numbers that can be had again: SplitMix64 (Steele, Lea and Flood, 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    public let seed: UInt64
    private var state: UInt64

    public init(seed: UInt64) { (self.seed, state) = (seed, seed) }

    /// For a test: another seed each time, which is printed, or that of `STRONGROOM_TEST_SEED`.
    public static func ofTest(_ name: String = #function) -> SeededGenerator {
        let seed = seedOfRun
        print("\(name): STRONGROOM_TEST_SEED=\(seed)")
        return SeededGenerator(seed: seed)
    }

    /// The seed of this run of the tests.
    public static let seedOfRun =
        ProcessInfo.processInfo.environment["STRONGROOM_TEST_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0...UInt64.max)

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
