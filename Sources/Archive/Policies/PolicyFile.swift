internal import Base
internal import Catalog
internal import Foundation
public import Retention
internal import StrictYAML
internal import Vault

/// A policy or terms file that was read and is in order.
public struct PolicyFile: Sendable {
    /// For messages.
    public let path: String
    let text: String
    public let content: Content

    public enum Content: Sendable {
        case policy(Policy)
        case terms(Terms)
    }

    public init(path: String) throws {
        do {
            let bytes = try InputFile.contents(path, limit: Policy.longestFile)
            try self.init(bytes, path: path)
        } catch let error as FileError {
            throw ArchiveError(.badPolicy, error.description, remedy: "check the path")
        }
    }

    init(_ bytes: [UInt8], path: String) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ArchiveError(.badPolicy, "\(path): it is not UTF-8", remedy: "write it as UTF-8")
        }
        self.path = path
        self.text = text
        do throws(YAMLProblem) {
            content = Terms.isTerms(text) ? .terms(try Terms(yaml: text)) : .policy(try Policy(yaml: text))
        } catch {
            throw Self.error(error, path: path)
        }
    }

    static func error(_ problem: YAMLProblem, path: String) -> ArchiveError {
        let place = problem.position.map { ":\($0.line):\($0.column)" } ?? ""
        return ArchiveError(.badPolicy, "\(path)\(place): \(problem.message)", remedy: "mend the file and try again")
    }

    public var name: String {
        switch content {
        case .policy(let policy): policy.name
        case .terms(let terms): terms.name
        }
    }

    public var version: Int {
        switch content {
        case .policy(let policy): policy.version
        case .terms(let terms): terms.version
        }
    }

    var title: String {
        switch content {
        case .policy(let policy): policy.title
        case .terms(let terms): terms.title
        }
    }

    var form: PolicyRecord.Form {
        switch content {
        case .policy: .policy
        case .terms: .terms
        }
    }

    var digest: Digest { SHA256.digest(of: text.utf8) }

    func record(entry: UInt64) -> PolicyRecord {
        PolicyRecord(form: form, name: name, version: version, text: text, digest: digest, entry: entry)
    }

    /// Runs the tests of a test file, whose policies lie beside it.
    ///
    /// - Returns: how many passed, and what failed: a sentence each.
    public static func runTests(in path: String) throws -> (passed: Int, failures: [String]) {
        let bytes: [UInt8]
        do {
            bytes = try InputFile.contents(path, limit: Policy.longestFile)
        } catch {
            throw ArchiveError(.badPolicy, "\(error)", remedy: "check the path")
        }
        let file: PolicyTestFile
        do throws(YAMLProblem) {
            file = try PolicyTestFile(yaml: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Self.error(error, path: path)
        }
        let policies = try file.policies.map { name in
            let other = try PolicyFile(path: name.hasPrefix("/") ? name : "\(FilePath.parent(path))/\(name)")
            guard case .policy(let policy) = other.content else {
                throw ArchiveError(.badPolicy, "\(path): \(name) is a file of terms, and no policy")
            }
            return policy
        }
        let engine = RetentionEngine(policies: policies)
        var (passed, failures) = (0, [String]())
        for test in file.tests {
            let differences = test.differences(from: engine.decide(test.facts, at: test.at))
            if differences.isEmpty { passed += 1 }
            let place = test.position.map { ":\($0.line)" } ?? ""
            failures += differences.map { "\(path)\(place): \(test.name): \($0)" }
        }
        return (passed, failures)
    }
}
