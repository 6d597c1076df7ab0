internal import Base
internal import Foundation

/// The customer's name for a case: 1 to 200 bytes of UTF-8, as a ``Base/ComparedName``. Slashes, dots, quotes and any
/// script are welcome, without the joiners that some have, which nobody sees: a case ID is never part of a path.
public struct CaseID: Hashable, Sendable {
    /// Bytes.
    public static let longest = 200

    public let text: String

    public init(_ text: String) throws(ArchiveError) {
        self.text = try PlainText.name(text, "case ID", longest: Self.longest, code: .badCaseID)
    }
}

/// Where a case's person or account belongs to, by ISO 3166: a country (`HK`), or a part of one (`US-IL`).
public struct Jurisdiction: Hashable, Comparable, Sendable {
    public let code: String

    public init(_ code: String) throws(ArchiveError) {
        guard ISO3166.contains(code) else {
            // What looks like no code stays unsaid: columns that were exchanged bring names and tokens here.
            let shown = code.wholeMatch(of: /[A-Za-z]{2,3}(-[A-Za-z0-9]{1,3})?/) == nil ? "" : " '\(code)'"
            throw ArchiveError(
                .badParticular, "the jurisdiction\(shown) is not one of ISO 3166",
                remedy: "\(ISO3166.advice(about: code))")
        }
        self.code = code
    }

    public static func < (a: Jurisdiction, b: Jurisdiction) -> Bool { a.code < b.code }
}

/// Text that a person typed and that is shown again.
package enum PlainText {
    /// A name in the form in which it is compared.
    package static func name(
        _ text: String, _ name: String, longest: Int, code: ArchiveError.Code
    ) throws(ArchiveError) -> String {
        do throws(ComparedName.Problem) {
            return try ComparedName(text, longest: longest).text
        } catch {
            switch error {
            case .empty: throw empty(name, longest: longest, code: code)
            case .tooLong(let length): throw tooLong(name, length, longest: longest, code: code)
            case .invisible(let scalar, let place): throw invisible(name, scalar, at: place, code: code)
            }
        }
    }

    private static func empty(_ name: String, longest: Int, code: ArchiveError.Code) -> ArchiveError {
        ArchiveError(code, "the \(name) is empty", remedy: "give 1 to \(longest) bytes")
    }

    private static func tooLong(
        _ name: String, _ length: Int, longest: Int, code: ArchiveError.Code
    ) -> ArchiveError {
        ArchiveError(code, "the \(name) has \(length) bytes", remedy: "give at most \(longest) bytes of UTF-8")
    }

    private static func invisible(
        _ name: String, _ scalar: Unicode.Scalar, at place: Int, code: ArchiveError.Code
    ) -> ArchiveError {
        let what = scalar.properties.generalCategory == .control ? "a control character" : "an invisible character"
        return ArchiveError(
            code, "the \(name) has \(what) (U+\(hex(scalar))) at character \(place)", remedy: "leave it out")
    }

    /// Refuses an empty or overlong text, blanks at its ends, control characters, line and paragraph
    /// separators, and characters that change the direction of what is shown.
    package static func check(_ text: String, name: String, longest: Int, code: ArchiveError.Code) throws(ArchiveError)
    {
        let length = text.utf8.count
        guard length > 0 else { throw empty(name, longest: longest, code: code) }
        guard length <= longest else { throw tooLong(name, length, longest: longest, code: code) }
        for (index, scalar) in text.unicodeScalars.enumerated() where isForbidden(scalar) {
            throw invisible(name, scalar, at: index + 1, code: code)
        }
        guard !isBlank(text.unicodeScalars.first!), !isBlank(text.unicodeScalars.last!) else {
            throw ArchiveError(code, "the \(name) begins or ends with a blank", remedy: "leave it out")
        }
    }

    /// A text as it can stand in a message: shortened, without control characters.
    package static func excerpt(_ text: String) -> String {
        let shown = String(
            String.UnicodeScalarView(text.unicodeScalars.prefix(60).map { isForbidden($0) ? "\u{FFFD}" : $0 }))
        return text.unicodeScalars.count > 60 ? shown + "…" : shown
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
        case .format: scalar.properties.isBidiControl
        default: false
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// Why media is retrieved; it stands on the ledger as a commitment, and in the bag.
public struct Reason: Sendable {
    public let text: String

    public init(_ text: String) throws(ArchiveError) {
        try PlainText.check(text, name: "reason", longest: 1000, code: .badReason)
        self.text = text
    }
}
