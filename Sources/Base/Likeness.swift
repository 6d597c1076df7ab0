internal import Foundation

/// What a name looks like: two names that are not the same, and have the same likeness, are easily taken for each
/// other. After the skeletons of UTS #39, as far as they are about letters that look like ASCII.
public struct Likeness: Hashable, Sendable {
    /// A text for comparing, and for nothing else.
    public let text: String

    private static let shown: [Unicode.Scalar: [Unicode.Scalar]] = {
        var shown: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for group in table.split(separator: ";") {
            let words = group.split(separator: " ")
            guard let first = words.first else { continue }
            let letters = stride(from: 0, to: first.count, by: 2).compactMap { place in
                UInt8(first.dropFirst(place).prefix(2), radix: 16).map { Unicode.Scalar($0) }
            }
            for word in words.dropFirst() {
                if let scalar = UInt32(word, radix: 16).flatMap(Unicode.Scalar.init) { shown[scalar] = letters }
            }
        }
        return shown
    }()

    public init(of name: String) {
        var scalars = String.UnicodeScalarView()
        for scalar in name.decomposedStringWithCanonicalMapping.unicodeScalars {
            if let letters = Self.shown[scalar] { scalars.append(contentsOf: letters) } else { scalars.append(scalar) }
        }
        text = String(scalars)
    }

    /// The first place, from 1, at which a name has another character than one that it looks like.
    public static func difference(of name: String, from other: String) -> (place: Int, character: String)? {
        for (place, pair) in zip(name.unicodeScalars, other.unicodeScalars).enumerated() where pair.0 != pair.1 {
            let code = String(pair.0.value, radix: 16, uppercase: true)
            let number = String(repeating: "0", count: max(0, 4 - code.count)) + code
            return (place + 1, "U+\(number)\(pair.0.properties.name.map { " \($0)" } ?? "")")
        }
        return nil
    }
}
