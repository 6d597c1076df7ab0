import Base
import Foundation
import TestSupport
import Testing

@testable import Retention

struct HoldExpressionTests {
    private static let vocabulary = HoldExpression.Vocabulary(
        media: ["action-video", "best-frame", "result", "video"], purposes: ["onboarding", "periodic-review"])

    private struct Vectors: Decodable {
        struct Accepted: Decodable {
            let text: String
            /// The one form.
            let form: String
            let zone: String?
        }
        struct Refused: Decodable {
            let text: String
            let column: Int
            let words: String
        }
        let accepted: [Accepted]
        let refused: [Refused]
    }

    private static func vectors() throws -> Vectors {
        let url = Bundle.module.url(forResource: "hold-expressions", withExtension: "json", subdirectory: "Vectors")!
        return try JSONDecoder().decode(Vectors.self, from: try Data(contentsOf: url))
    }

    @Test func expressionsHaveOneForm() throws {
        for vector in try Self.vectors().accepted {
            let zone = vector.zone.flatMap { TimeZone(identifier: $0) } ?? .gmt
            let vocabulary = HoldExpression.Vocabulary(
                media: Self.vocabulary.media, purposes: Self.vocabulary.purposes, timeZone: zone)
            let expression = try HoldExpression(vector.text, vocabulary)
            #expect(expression.description == vector.form, "\(vector.text)")
            // The one form says the same.
            #expect(try HoldExpression(vector.form, Self.vocabulary).clauses == expression.clauses, "\(vector.form)")
        }
    }

    @Test func aFaultIsMarkedWithItsColumn() throws {
        for vector in try Self.vectors().refused {
            do {
                _ = try HoldExpression(vector.text, Self.vocabulary)
                Issue.record("accepted: \(vector.text)")
            } catch {
                #expect(error.column == vector.column, "\(vector.text): \(error)")
                #expect("\(error.message) \(error.remedy)".contains(vector.words), "\(vector.text): \(error)")
            }
        }
    }

    @Test func largeAndDeepOnesAreRefused() throws {
        for text in [
            String(repeating: "(", count: 1000) + "media = video", String(repeating: "media = video and ", count: 1000),
            (0..<70).map { "(outcome = \($0 + 1) and captured >= 2026-01-01T00:\($0 / 50 + 10):\($0 % 50 + 10)Z)" }
                .joined(separator: " or "),
        ] {
            #expect(throws: HoldExpression.Problem.self) { try HoldExpression(text, Self.vocabulary) }
        }
    }

    // MARK: Properties

    /// An expression as a tree, and what it says by itself.
    private indirect enum Tree {
        case both(Tree, Tree), either(Tree, Tree)
        case codes(String, [String])
        case time(String, String, Int)

        var text: String {
            switch self {
            case .both(let a, let b): "(\(a.text)) and (\(b.text))"
            case .either(let a, let b): "(\(a.text)) or (\(b.text))"
            case .codes(let name, let values):
                values.count == 1 ? "\(name) = \(values[0])" : "\(name) in (\(values.joined(separator: ", ")))"
            case .time(let name, let sign, let day): "\(name) \(sign) \(Self.name(day))"
            }
        }

        static func day(_ number: Int) -> Date { Date(timeIntervalSince1970: 1_767_225_600 + Double(number) * 86_400) }
        static func name(_ number: Int) -> String { String(day(number).formatted(.iso8601).prefix(10)) }

        /// Whether it can be true, or must be.
        func fits(_ facts: HoldClause.Facts, judgedOnly: Bool) -> Bool {
            switch self {
            case .both(let a, let b):
                return a.fits(facts, judgedOnly: judgedOnly) && b.fits(facts, judgedOnly: judgedOnly)
            case .either(let a, let b):
                return a.fits(facts, judgedOnly: judgedOnly) || b.fits(facts, judgedOnly: judgedOnly)
            case .codes("jurisdiction", let values):
                if facts.jurisdictions.isEmpty { return !judgedOnly }
                return facts.jurisdictions.contains { place in
                    values.contains { $0 == place || place.hasPrefix($0 + "-") }
                }
            case .codes("purpose", let values): return facts.purpose.map(values.contains) ?? !judgedOnly
            case .codes("media", let values): return values.contains(facts.media)
            case .codes(_, let values):
                guard let outcome = facts.outcome else { return !judgedOnly }
                return values.contains(outcome.code) || values.contains(outcome.verdict.rawValue)
            case .time(let name, let sign, let number):
                let (start, end) = (Self.day(number), Self.day(number + 1))
                let from = name == "archived" ? facts.archived : facts.capturedFrom
                let until = name == "archived" ? facts.archived : facts.capturedUntil
                guard let from, let until else { return !judgedOnly }
                return switch sign {
                case "<": from < start
                case "<=": from < end
                case ">": until >= end
                case ">=": until >= start
                default: from < end && until >= start
                }
            }
        }

        static func random(_ depth: Int, places: Bool, using random: inout some RandomNumberGenerator) -> Tree {
            switch Int.random(in: 0..<(depth > 0 ? 10 : 4), using: &random) {
            case 4...6:
                return .both(
                    .random(depth - 1, places: false, using: &random),
                    .random(depth - 1, places: places, using: &random))
            case 7...9:
                return .either(
                    .random(depth - 1, places: places, using: &random),
                    .random(depth - 1, places: places, using: &random))
            case 0:
                let sign = ["<", "<=", ">", ">=", "="].randomElement(using: &random)!
                return .time(
                    ["captured", "archived"].randomElement(using: &random)!, sign,
                    Int.random(in: 0..<20, using: &random))
            default:
                var names = [
                    ("purpose", ["onboarding", "periodic-review"]), ("media", ["video", "result"]),
                    ("outcome", ["passed", "failed", "1004", "2015"]),
                ]
                // A jurisdiction on both sides of an "and" is refused.
                if places { names.append(("jurisdiction", ["HK", "US", "US-IL", "SG"])) }
                let (name, values) = names.randomElement(using: &random)!
                return .codes(
                    name, Array(values.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random))))
            }
        }
    }

    static func randomFacts(using random: inout some RandomNumberGenerator) -> HoldClause.Facts {
        let start = Tree.day(Int.random(in: 0..<20, using: &random)).addingTimeInterval(
            Double.random(in: 0..<86_400, using: &random).rounded())
        let isKnown = Int.random(in: 0..<6, using: &random) > 0
        return HoldClause.Facts(
            media: ["video", "result", "best-frame"].randomElement(using: &random)!,
            jurisdictions: Array(
                ["HK", "US-IL", "SG", "US", "GB"].shuffled(using: &random).prefix(Int.random(in: 0...2, using: &random))
            ),
            purpose: [nil, "onboarding", "periodic-review"].randomElement(using: &random)!,
            outcome: [
                nil, Outcome(.passed, code: "0"), Outcome(.failed, code: "1004"), Outcome(.failed, code: "2015"),
            ].randomElement(using: &random)!, capturedFrom: isKnown ? start : nil,
            capturedUntil: isKnown
                ? start.addingTimeInterval(Double.random(in: 0..<400_000, using: &random).rounded()) : nil,
            archived: Tree.day(Int.random(in: 0..<22, using: &random)).addingTimeInterval(1000))
    }

    /// Clauses say what the expression says, of whatever is known and is not.
    @Test func clausesSayWhatTheExpressionSays() throws {
        var random = SeededGenerator.ofTest()
        var (tried, taken) = (0, 0)
        for _ in 0..<2000 {
            let tree = Tree.random(3, places: true, using: &random)
            guard let expression = try? HoldExpression(tree.text, Self.vocabulary) else {
                // Only what nothing can fit, or what is too large.
                continue
            }
            tried += 1
            for _ in 0..<20 {
                let facts = Self.randomFacts(using: &random)
                for judgedOnly in [false, true] {
                    let expected = tree.fits(facts, judgedOnly: judgedOnly)
                    let found = expression.clauses.contains { $0.takesIn(facts, judgedOnly: judgedOnly) }
                    // An empty intersection of codes is true of what is not known by the tree, and of nothing by a
                    // clause.
                    // A code may be of either verdict, so that 'passed and 1004' is the code.
                    let mixes =
                        tree.text.contains("passed") && (tree.text.contains("1004") || tree.text.contains("2015"))
                    if found != expected, !(found && mixes),
                        !(expected && !judgedOnly && (facts.purpose == nil || facts.outcome == nil))
                    {
                        Issue.record(
                            "\(tree.text) of \(facts), judged only \(judgedOnly): \(found), seed \(random.seed)")
                        return
                    }
                    if found { taken += 1 }
                }
            }
        }
        #expect(tried > 1000 && taken > 1000, "seed \(random.seed)")
    }

    /// More that becomes known never takes less in than what is certain, and nothing certain is lost by what is not
    /// known.
    @Test func whatIsCertainIsAlsoPossible() throws {
        var random = SeededGenerator.ofTest()
        for _ in 0..<500 {
            guard
                let expression = try? HoldExpression(Tree.random(3, places: true, using: &random).text, Self.vocabulary)
            else { continue }
            for _ in 0..<20 {
                let facts = Self.randomFacts(using: &random)
                for clause in expression.clauses where clause.takesIn(facts, judgedOnly: true) {
                    #expect(clause.takesIn(facts, judgedOnly: false), "seed \(random.seed)")
                    var unknown = facts
                    (unknown.jurisdictions, unknown.purpose, unknown.outcome) = ([], nil, nil)
                    #expect(clause.takesIn(unknown, judgedOnly: false), "seed \(random.seed)")
                }
            }
        }
    }

    @Test func aSetOfClausesAnswersLikeEachOfThem() throws {
        var random = SeededGenerator.ofTest()
        let members = (0..<200).flatMap { _ in
            ((try? HoldExpression(Tree.random(2, places: true, using: &random).text, Self.vocabulary))?.clauses ?? [])
                .map {
                    HoldClauseSet.Member($0, judgedOnly: Bool.random(using: &random))
                }
        }
        let set = HoldClauseSet(members)
        for _ in 0..<300 {
            let facts = Self.randomFacts(using: &random)
            let expected = members.indices.filter {
                members[$0].clause.takesIn(facts, judgedOnly: members[$0].judgedOnly)
            }
            #expect(set.takingIn(facts) == expected, "seed \(random.seed)")
        }
    }
}
