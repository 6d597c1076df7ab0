internal import Foundation

/// A name that somebody typed and that another will type again: case IDs, subjects, consents, purposes, actors,
/// matters. Two that look the same are the same: in Unicode's normalization form C (UAX #15), without blanks at the
/// ends, and with nothing in it that nobody sees.
public struct ComparedName: Hashable, Sendable {
    public enum Problem: Error, Equatable, Sendable {
        case empty
        /// How many bytes of UTF-8.
        case tooLong(Int)
        /// A control, a direction mark, a joiner or another character that is not shown, and its place, from 1.
        case invisible(Unicode.Scalar, at: Int)
    }

    public let text: String

    /// - Parameter longest: bytes of UTF-8, in the form in which it is kept.
    public init(_ text: String, longest: Int) throws(Problem) {
        // What nobody sees is named by its place in what was typed.
        for (index, scalar) in text.unicodeScalars.enumerated() where scalar.isInvisible && !scalar.isBlank {
            throw .invisible(scalar, at: index + 1)
        }
        let text = Self.form(of: text)
        guard !text.isEmpty else { throw .empty }
        // A line break, or a tab, between two words.
        for (index, scalar) in text.unicodeScalars.enumerated() where scalar.isInvisible {
            throw .invisible(scalar, at: index + 1)
        }
        guard text.utf8.count <= longest else { throw .tooLong(text.utf8.count) }
        self.text = text
    }

    /// The form in which names are compared, of a text that is looked for and was not checked.
    public static func form(of text: String) -> String {
        var scalars = text.precomposedStringWithCanonicalMapping.unicodeScalars[...]
        while scalars.first?.isBlank == true { scalars.removeFirst() }
        while scalars.last?.isBlank == true { scalars.removeLast() }
        return String(scalars)
    }
}

extension Unicode.Scalar {
    /// Whether nobody sees it, or it changes how others are seen: controls, formats (joiners and direction marks among
    /// them), line and paragraph separators, what fonts leave out (`Default_Ignorable_Code_Point`), and what is
    /// nothing.
    public var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
        default: properties.isDefaultIgnorableCodePoint
        }
    }

    fileprivate var isBlank: Bool { properties.isWhitespace }
}
