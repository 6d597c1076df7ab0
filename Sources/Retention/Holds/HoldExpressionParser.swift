internal import Base
import Foundation

/// Reads an expression by recursive descent, and gives its clauses: a disjunction of conjunctions.
struct HoldExpressionParser {
    typealias Problem = HoldExpression.Problem

    private struct Token {
        enum Kind: Equatable { case word, quoted, comparison, open, close, comma, end }
        let kind: Kind
        let text: String
        let column: Int
    }

    /// Parentheses in each other at most.
    private static let deepest = 32
    /// Clauses while they are being made.
    private static let mostAtOnce = 4096
    private static let names = ["jurisdiction", "purpose", "outcome", "media", "captured", "archived"]

    private let tokens: [Token]
    private var next = 0
    private var depth = 0
    private let vocabulary: HoldExpression.Vocabulary

    init(_ text: String, _ vocabulary: HoldExpression.Vocabulary) throws(Problem) {
        self.vocabulary = vocabulary
        guard text.utf8.count <= HoldExpression.longest else {
            throw Problem(
                column: 1, message: "the expression has \(text.utf8.count) bytes",
                remedy:
                    "give at most \(HoldExpression.longest); long lists of cases go into a file, "
                    + "with \(input: .caseList)"
            )
        }
        tokens = try Self.tokens(text)
    }

    mutating func parse() throws(Problem) -> [HoldClause] {
        guard tokens[0].kind != .end else {
            throw Problem(
                column: 1, message: "the expression is empty",
                remedy:
                    "say what is to be held, such as jurisdiction = HK; to hold all there is, "
                    + "give \(input: .everything)"
            )
        }
        let found = try disjunction()
        let rest = tokens[next]
        guard rest.kind == .end else {
            throw problem(rest, "'\(rest.text)' is not expected here", "join conditions with and, or")
        }
        let clauses = Self.merged(found)
        guard !clauses.isEmpty else {
            throw Problem(
                column: 1, message: "nothing can ever fit this expression",
                remedy: "a value cannot be two things at once, nor a time lie in an empty span")
        }
        guard clauses.count <= HoldExpression.mostClauses else {
            throw Problem(
                column: 1,
                message: "the expression comes to \(clauses.count) clauses, where \(HoldExpression.mostClauses) fit",
                remedy: "place it in parts: \(verb: .holdExtend) adds to a matter")
        }
        return clauses
    }

    // MARK: Grammar

    private mutating func disjunction() throws(Problem) -> [HoldClause] {
        var clauses = try conjunction()
        while isWord("or") {
            next += 1
            clauses += try conjunction()
            try checkSize(clauses.count)
        }
        return clauses
    }

    private mutating func conjunction() throws(Problem) -> [HoldClause] {
        var clauses = try primary()
        while isWord("and") {
            let and = tokens[next]
            next += 1
            let right = try primary()
            try checkSize(clauses.count * right.count)
            var both: [HoldClause] = []
            for a in clauses { for b in right { if let clause = try combined(a, b, at: and) { both.append(clause) } } }
            clauses = both
        }
        return clauses
    }

    private func checkSize(_ count: Int) throws(Problem) {
        guard count > Self.mostAtOnce else { return }
        throw problem(
            tokens[next], "the expression is too large", "place it in parts: \(verb: .holdExtend) adds to a matter")
    }

    private mutating func primary() throws(Problem) -> [HoldClause] {
        let token = tokens[next]
        if isWord("not") || token.text == "!=" || token.text == "<>" {
            throw problem(
                token, "there is no 'not'",
                "an order that takes things out could lose what arrives later: say what is to be held")
        }
        guard token.kind == .open else { return [try condition()] }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else {
            throw problem(token, "too many parentheses in each other", "write it flatter")
        }
        next += 1
        let clauses = try disjunction()
        guard tokens[next].kind == .close else {
            throw problem(tokens[next], "a ')' is missing here", "the parenthesis was opened at column \(token.column)")
        }
        next += 1
        return clauses
    }

    private mutating func condition() throws(Problem) -> HoldClause {
        let name = tokens[next]
        guard name.kind == .word else {
            throw problem(
                name, name.kind == .end ? "a condition is missing at the end" : "'\(name.text)' is no condition",
                "write one like jurisdiction = HK; the names are \(Self.names.joined(separator: ", "))")
        }
        guard Self.names.contains(name.text) else {
            throw problem(
                name, "'\(name.text)' is not a name",
                Self.suggestion(name.text, among: Self.names) + "the names are \(Self.names.joined(separator: ", "))")
        }
        next += 1
        let comparison = tokens[next]
        if ["!=", "<>"].contains(comparison.text) || isWord("not") {
            throw problem(
                comparison, "there is no 'not'",
                "an order that takes things out could lose what arrives later: say what is to be held")
        }
        if name.text == "captured" || name.text == "archived" {
            guard comparison.kind == .comparison else {
                throw problem(
                    comparison, "\(name.text) is compared with a time", "write it like \(name.text) >= 2026-03-01")
            }
            next += 1
            let span = try span(comparison.text, takeValue(of: name.text))
            return name.text == "captured" ? HoldClause(captured: span) : HoldClause(archived: span)
        }
        var values: Set<String> = []
        if isWord("in") {
            next += 1
            guard tokens[next].kind == .open else {
                throw problem(tokens[next], "a list begins with '('", "write it like \(name.text) in (a, b)")
            }
            repeat {
                next += 1
                values.insert(try value(of: name.text, takeValue(of: name.text)))
            } while tokens[next].kind == .comma
            guard tokens[next].kind == .close else {
                throw problem(tokens[next], "the list has no ')' here", "separate its values with commas")
            }
            next += 1
        } else {
            guard comparison.kind == .comparison, comparison.text == "=" else {
                throw problem(
                    comparison, "\(name.text) has '=' or 'in' behind it",
                    "write it like \(name.text) = a, or \(name.text) in (a, b)")
            }
            next += 1
            values.insert(try value(of: name.text, takeValue(of: name.text)))
        }
        switch name.text {
        case "jurisdiction": return HoldClause(jurisdictions: values)
        case "purpose": return HoldClause(purposes: values)
        case "outcome": return HoldClause(outcomes: values)
        default: return HoldClause(media: values)
        }
    }

    private mutating func takeValue(of name: String) throws(Problem) -> Token {
        let token = tokens[next]
        guard token.kind == .word || token.kind == .quoted else {
            throw problem(token, "a value for \(name) is missing here", "write it like \(name) = a")
        }
        next += 1
        return token
    }

    // MARK: Values

    private func value(of name: String, _ token: Token) throws(Problem) -> String {
        let text = token.text
        switch name {
        case "jurisdiction":
            guard ISO3166.contains(text) else {
                throw problem(token, "'\(text)' is not a jurisdiction by ISO 3166", "\(ISO3166.advice(about: text))")
            }
        case "purpose":
            guard vocabulary.purposes.contains(text) else {
                throw problem(
                    token, "'\(text)' is not a purpose of this archive",
                    Self.suggestion(text, among: vocabulary.purposes)
                        + "they are \(vocabulary.purposes.joined(separator: ", "))")
            }
        case "media":
            guard vocabulary.media.contains(text) else {
                throw problem(
                    token, "'\(text)' is not a kind of media",
                    Self.suggestion(text, among: vocabulary.media)
                        + "they are \(vocabulary.media.joined(separator: ", "))")
            }
        default:
            guard Outcome.Verdict(rawValue: text) != nil || text.wholeMatch(of: /-?[0-9]{1,9}/) != nil else {
                throw problem(
                    token, "'\(text)' is not an outcome",
                    Self.suggestion(text, among: Outcome.Verdict.allCases.map(\.rawValue))
                        + "say passed, failed, or a code of the vendor")
            }
        }
        return text
    }

    private func span(_ comparison: String, _ token: Token) throws(Problem) -> HoldClause.TimeSpan {
        guard let (start, end) = Self.moment(token.text, in: vocabulary.timeZone) else {
            throw problem(token, "'\(token.text)' is not a time", "write it like \(DayOrTime.examples)")
        }
        return switch comparison {
        case "<": HoldClause.TimeSpan(before: start)
        case "<=": HoldClause.TimeSpan(before: end)
        case ">": HoldClause.TimeSpan(from: end)
        case ">=": HoldClause.TimeSpan(from: start)
        default: HoldClause.TimeSpan(from: start, before: end)
        }
    }

    /// The beginning and the end of a day, or of a millisecond.
    private static func moment(_ text: String, in zone: TimeZone) -> (start: Date, end: Date)? {
        switch DayOrTime(text) {
        case .day(let day): (day.start(in: zone), day.end(in: zone))
        case .time(let time): (time, time.addingTimeInterval(0.001))
        case nil: nil
        }
    }

    // MARK: Clauses

    /// What both take in; nil where that is nothing.
    private func combined(_ a: HoldClause, _ b: HoldClause, at and: Token) throws(Problem) -> HoldClause? {
        var both = a
        if let left = a.jurisdictions, let right = b.jurisdictions, left != right {
            // A case can have several, so that this would ask for two of them at once.
            throw problem(
                and, "jurisdiction stands on both sides of this 'and'",
                "a case with either is meant by jurisdiction in (\(left.union(right).sorted().joined(separator: ", ")))"
            )
        }
        both.jurisdictions = a.jurisdictions ?? b.jurisdictions
        both.media = Self.intersection(a.media, b.media)
        both.purposes = Self.intersection(a.purposes, b.purposes)
        if let left = a.outcomes, let right = b.outcomes {
            var outcomes = left.intersection(right)
            // A code may be of either verdict: it stays, and takes in too much rather than too little.
            let verdicts = Set(Outcome.Verdict.allCases.map(\.rawValue))
            for (one, other) in [(left, right), (right, left)] where !one.isDisjoint(with: verdicts) {
                outcomes.formUnion(other.subtracting(verdicts))
            }
            both.outcomes = outcomes
        } else {
            both.outcomes = a.outcomes ?? b.outcomes
        }
        both.captured.narrow(to: b.captured)
        both.archived.narrow(to: b.archived)
        // An interval of capture can have moments on both sides of a time that is in neither span.
        let isNothing =
            [both.media, both.purposes, both.outcomes].contains { $0?.isEmpty ?? false } || both.archived.isEmpty
        return isNothing ? nil : both
    }

    private static func intersection(_ a: Set<String>?, _ b: Set<String>?) -> Set<String>? {
        guard let a, let b else { return a ?? b }
        return a.intersection(b)
    }

    /// The same with as few clauses as is easy: two that differ in one set of values are one.
    private static func merged(_ clauses: [HoldClause]) -> [HoldClause] {
        var found: [HoldClause] = []
        for clause in clauses where !found.contains(clause) { found.append(clause) }
        let sets: [WritableKeyPath<HoldClause, Set<String>?>] = [\.media, \.jurisdictions, \.purposes, \.outcomes]
        for set in sets {
            var merged: [HoldClause] = []
            var places: [HoldClause: Int] = [:]
            for clause in found {
                var rest = clause
                rest[keyPath: set] = clause[keyPath: set] == nil ? nil : []
                if let place = places[rest], let values = clause[keyPath: set] {
                    merged[place][keyPath: set]!.formUnion(values)
                } else {
                    if clause[keyPath: set] != nil { places[rest] = merged.count }
                    merged.append(clause)
                }
            }
            found = merged
        }
        return found
    }

    // MARK: Text

    private func isWord(_ word: String) -> Bool { tokens[next].kind == .word && tokens[next].text == word }

    private func problem(_ token: Token, _ message: String, _ remedy: Remedy) -> Problem {
        Problem(column: token.column, message: message, remedy: remedy)
    }

    private static func suggestion(_ text: String, among names: [String]) -> Remedy {
        let nearest = names.map { ($0, distance(text.lowercased(), $0)) }.min { $0.1 < $1.1 }
        guard let (name, distance) = nearest, distance <= max(2, name.count / 3) else { return "" }
        return "did you mean \(name)? "
    }

    /// How many characters differ, at least.
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.prefix(60)), Array(b.prefix(60)))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var corner = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, corner + (x == y ? 0 : 1))
                corner = above
            }
        }
        return row[b.count]
    }

    private static func tokens(_ text: String) throws(Problem) -> [Token] {
        var tokens: [Token] = []
        let characters = Array(text)
        var place = 0
        func isWord(_ character: Character) -> Bool {
            character.isASCII && (character.isLetter || character.isNumber || "-_.:+".contains(character))
        }
        while place < characters.count {
            let (character, column) = (characters[place], place + 1)
            place += 1
            switch character {
            case " ", "\t", "\n": continue
            case "(": tokens.append(Token(kind: .open, text: "(", column: column))
            case ")": tokens.append(Token(kind: .close, text: ")", column: column))
            case ",": tokens.append(Token(kind: .comma, text: ",", column: column))
            case "=", "<", ">", "!":
                var sign = String(character)
                if place < characters.count, "=>".contains(characters[place]) {
                    sign.append(characters[place])
                    place += 1
                }
                let known = ["=", "<", ">", "<=", ">=", "==", "!=", "<>"]
                guard known.contains(sign) else {
                    throw Problem(column: column, message: "'\(sign)' is no comparison", remedy: "use = < <= > >=")
                }
                tokens.append(Token(kind: .comparison, text: sign == "==" ? "=" : sign, column: column))
            case "'", "\"":
                guard let end = characters[place...].firstIndex(of: character) else {
                    throw Problem(column: column, message: "this quote has no end", remedy: "values need no quotes")
                }
                tokens.append(Token(kind: .quoted, text: String(characters[place..<end]), column: column))
                place = end + 1
            case _ where isWord(character):
                var word = String(character)
                while place < characters.count, isWord(characters[place]) {
                    word.append(characters[place])
                    place += 1
                }
                tokens.append(Token(kind: .word, text: word, column: column))
            default:
                let code = String(character.unicodeScalars.first!.value, radix: 16, uppercase: true)
                throw Problem(
                    column: column,
                    message:
                        "this character (U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code)) has "
                        + "no meaning here",
                    remedy: "an expression is of names, values, = < <= > >=, in, and, or, and parentheses")
            }
        }
        tokens.append(Token(kind: .end, text: "", column: characters.count + 1))
        return tokens
    }
}
