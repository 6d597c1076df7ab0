/// Where in a text something stands; lines and columns are counted from 1.
public struct YAMLPosition: Hashable, Sendable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// What is wrong with a file, and where.
public struct YAMLProblem: Error, Equatable, Sendable {
    /// Nil where it is about the whole file.
    public let position: YAMLPosition?
    /// A sentence without a full stop.
    public let message: String

    public init(_ message: String, at position: YAMLPosition? = nil) {
        self.message = message
        self.position = position
    }
}

extension YAMLProblem: CustomStringConvertible {
    public var description: String {
        position.map { "line \($0.line), column \($0.column): \(message)" } ?? message
    }

    /// The same of a file, as a sentence.
    public func description(of path: String) -> String {
        position == nil ? "\(path): \(message)" : "\(path), \(description)"
    }
}
