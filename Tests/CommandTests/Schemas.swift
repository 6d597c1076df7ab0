import Foundation
import Testing

/// The JSON Schemas that stand in the repository, as far as they go: what a command prints with `--json` is checked
/// against that of the command wherever a test runs one.
enum Schemas {
    private static let folder =
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/Sources/strongroom/strongroom.docc/Schemas"

    static let commands: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

    static func schema(_ command: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(command).json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Checks what a run printed, where JSON was asked for; `audit verify` has a program of its own, too.
    static func check(_ program: String, _ arguments: [String], _ outcome: Programs.Outcome) {
        let arguments = Array(arguments.prefix { $0 != "--" })
        guard arguments.contains("--json"), !outcome.wasKilled, outcome.code < 128 else { return }
        let name = (program as NSString).lastPathComponent
        guard ["strongroom", "strongroom-verify"].contains(name) else { return }
        let command = name == "strongroom" ? self.command(of: arguments) : "audit-verify"
        guard let command else {
            if outcome.code != 64 { Issue.record("\(arguments): no schema for what it prints") }
            return
        }
        let documents = documents(outcome.text)
        // What a command fails with is a document, too; that a batch ended badly, its lines say.
        if outcome.code != 0, documents?.isEmpty ?? true, !outcome.text.isEmpty || outcome.code != 64 {
            Issue.record(
                "\(arguments): exit \(outcome.code), and no document: \(outcome.text.prefix(300)) \(outcome.err)")
        }
        do {
            let schema = try schema(command)
            for document in documents ?? [] {
                if let problem = Validator(root: schema).problem(document, schema, at: "") {
                    Issue.record("\(arguments): \(problem): \(document)")
                }
            }
        } catch {
            Issue.record("\(command): \(error)")
        }
    }

    private static func command(of arguments: [String]) -> String? {
        for (place, word) in arguments.enumerated() {
            let two = arguments[place...].prefix(2).joined(separator: "-")
            if let found = [two, word, word + "-list"].first(where: { commands.contains($0) }) { return found }
        }
        return nil
    }

    /// One document, or one and the line of a failure behind it, or lines.
    private static func documents(_ text: String) -> [Any]? {
        func read(_ text: some StringProtocol) -> Any? { try? JSONSerialization.jsonObject(with: Data(text.utf8)) }
        if text.isEmpty { return [] }
        if let whole = read(text) { return [whole] }
        let lines = text.split(separator: "\n")
        if let last = lines.last, let failure = read(last), let first = read(lines.dropLast().joined(separator: "\n")) {
            return [first, failure]
        }
        let read = lines.compactMap { read($0) }
        return read.count == lines.count ? read : nil
    }

    struct Validator {
        let root: [String: Any]

        /// What of a value is not as a schema says; nil where all is.
        func problem(_ value: Any, _ schema: [String: Any], at path: String) -> String? {
            if let reference = schema["$ref"] as? String {
                guard let definitions = root["$defs"] as? [String: Any],
                    let definition = definitions[reference.replacingOccurrences(of: "#/$defs/", with: "")]
                        as? [String: Any]
                else { return "\(path): no \(reference)" }
                return problem(value, definition, at: path)
            }
            if let choices = schema["anyOf"] as? [[String: Any]] {
                let problems = choices.map { problem(value, $0, at: path) }
                if problems.contains(where: { $0 == nil }) { return nil }
                return problems.compactMap { $0 }.min { $0.count < $1.count }
            }
            if let options = schema["enum"] as? [String] {
                guard let text = value as? String, options.contains(text) else {
                    return "\(path): not one of \(options)"
                }
            }
            guard let type = schema["type"] as? String else { return nil }
            return problem(value, ofType: type, schema, at: path)
        }

        private func problem(_ value: Any, ofType type: String, _ schema: [String: Any], at path: String) -> String? {
            let wrong = "\(path): no \(type)"
            switch type {
            case "null": return value is NSNull ? nil : wrong
            case "boolean":
                return value is Bool ? nil : wrong
            case "integer":
                guard let number = value as? NSNumber, number.doubleValue == number.doubleValue.rounded() else {
                    return wrong
                }
                return (schema["minimum"] as? Double).map { number.doubleValue < $0 } ?? false ? wrong : nil
            case "number": return value is NSNumber ? nil : wrong
            case "string":
                guard let text = value as? String else { return wrong }
                guard let pattern = schema["pattern"] as? String else { return nil }
                return text.range(of: pattern, options: .regularExpression) == nil
                    ? "\(path): not like \(pattern)" : nil
            case "array":
                guard let list = value as? [Any] else { return wrong }
                guard let items = schema["items"] as? [String: Any] else { return nil }
                return list.enumerated().lazy.compactMap { problem($1, items, at: "\(path)/\($0)") }.first
            default:
                guard let members = value as? [String: Any] else { return wrong }
                let known = schema["properties"] as? [String: [String: Any]] ?? [:]
                let missing = (schema["required"] as? [String] ?? []).first { members[$0] == nil }
                if let missing { return "\(path): \(missing) is missing" }
                let others = schema["additionalProperties"]
                for (name, member) in members {
                    if let schema = known[name] ?? others as? [String: Any] {
                        if let found = problem(member, schema, at: "\(path)/\(name)") { return found }
                    } else if others as? Bool == false {
                        return "\(path): \(name) is in no schema"
                    }
                }
                return nil
            }
        }
    }
}

struct SchemaTests {
    /// Every command that prints JSON has a schema, and every schema a command.
    @Test func everyCommandHasASchema() throws {
        let run = try Programs.run(Programs.folder + "/strongroom", ["--experimental-dump-help"], environment: [:])
        let tree = try #require(try run.json()["command"] as? [String: Any])
        var printing: Set<String> = []
        func walk(_ command: [String: Any], _ words: [String]) {
            let below = command["subcommands"] as? [[String: Any]] ?? []
            for next in below { walk(next, words + [next["commandName"] as? String ?? ""]) }
            let options = (command["arguments"] as? [[String: Any]] ?? [])
                .flatMap { $0["names"] as? [[String: Any]] ?? [] }.compactMap { $0["name"] as? String }
            if below.isEmpty, options.contains("json"), words.first != "help" {
                printing.insert(words.joined(separator: "-"))
            }
        }
        walk(tree, [])
        #expect(printing == Set(Schemas.commands))
    }

    /// The checker notices what no schema allows.
    @Test func whatIsNotInASchemaIsNoticed() throws {
        let schema = try Schemas.schema("case-confirm")
        let validator = Schemas.Validator(root: schema)
        let good: [String: Any] = ["caseID": "K", "entry": 4, "objects": 1, "due": 1]
        #expect(validator.problem(good, schema, at: "") == nil)
        for (name, value) in [("more", 1 as Any), ("entry", "4"), ("entry", -4), ("due", NSNull()), ("caseID", true)] {
            var bad = good
            bad[name] = value
            #expect(validator.problem(bad, schema, at: "") != nil, "\(name)")
        }
        var short = good
        short["due"] = nil
        #expect(validator.problem(short, schema, at: "") != nil)
    }
}
