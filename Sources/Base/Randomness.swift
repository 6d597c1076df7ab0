/// A source of random bytes, as a value, so that a test or a vector can bring its own. The program's own is
/// `Randomness.system`, of `Sealing`.
public struct Randomness: Sendable {
    /// Fills the whole buffer.
    public let fill: @Sendable (UnsafeMutableRawBufferPointer) -> Void

    public init(fill: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) {
        self.fill = fill
    }

    /// `count` random bytes.
    public func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { if $0.count > 0 { fill($0) } }
        return bytes
    }
}
