package import ArgumentParser
internal import Evidence
internal import Foundation

/// What is checked without an archive and without a secret, and how it is said: the whole of `strongroom-verify` and of
/// `strongroom audit verify`.
package struct EvidenceOptions: ParsableArguments {
    package static let abstract =
        "Check an export, a bag, a certificate, a proof or a checkpoint. Needs no archive and no secret."
    package static let discussion = """
        What is checked carries a verifier key, which says nothing about who made it: give the key that the \
        archive's owner told you in another way. Exit code 4 if anything does not hold.
        """

    @Argument(
        help: ArgumentHelp(
            "A directory of audit export, a published one, a bag, a certificate, or a file.", valueName: "path"),
        completion: .file())
    package var path: String

    @Option(help: ArgumentHelp("The archive's verifier key, or a file that holds it.", valueName: "key"))
    package var verifierKey: String?

    @Option(
        help: ArgumentHelp(
            "The checkpoint that was kept from last time: the ledger must extend it.", valueName: "file"),
        completion: .file())
    package var since: String?

    @Option(help: ArgumentHelp("The entry that a proof is about, as a file.", valueName: "file"), completion: .file())
    package var entry: String?

    @Flag(help: "Print JSON.")
    package var json = false

    package init() {}

    /// Checks, prints what was found, and throws the exit code where something does not hold.
    package func run() throws {
        do {
            var verifier = EvidenceVerifier()
            verifier.verifierKey = verifierKey.map { key in
                let file = FileManager.default.contents(atPath: key).map { String(decoding: $0, as: UTF8.self) }
                return (file ?? key).trimmingCharacters(in: .newlines)
            }
            verifier.since = since
            verifier.entry = entry
            let result = try verifier.verify(path)
            if json {
                try Terminal.document(result)
            } else {
                for problem in result.problems { Terminal.print(Terminal.visible(problem)) }
                Terminal.print(Terminal.visible(summary(result)))
                if result.isInclusionAlone {
                    Terminal.say("note: it proves what was destroyed, and not that the run destroyed nothing else")
                    Terminal.say("  the certificate of a case proves that all its entries are in it")
                }
                if !result.keyWasGiven, let key = result.verifierKey {
                    Terminal.say("note: checked with the key that lies in it, \(Terminal.visible(key))")
                    Terminal.say(
                        "  ask the archive's owner whether that is the archive's, or give theirs with --verifier-key")
                }
            }
            if !result.problems.isEmpty { throw Exit.integrity }
            try Terminal.checkOutput()
        } catch let error as EvidenceError {
            let exit = error.code == .badEvidence ? Exit.integrity : Exit.failed
            if json {
                try Terminal.document(
                    FailureDocument(
                        error: error.message, code: "\(error.code)", remedy: error.remedy, exitCode: exit.rawValue),
                    pretty: false)
            }
            Terminal.complain(error.message, hint: error.remedy?.words)
            throw exit
        }
    }

    private func summary(_ result: EvidenceCheck) -> String {
        var parts = ["\(result.kind.rawValue) \(result.path)"]
        if let entries = result.entries { parts.append("ledger of \(Figure.count(Int(entries), "entry", "entries"))") }
        if let items = result.items { parts.append(Figure.count(items, "item")) }
        if let proofs = result.proofs { parts.append(Figure.count(proofs, "proof")) }
        if let origin = result.origin { parts.append("origin \(origin)") }
        if let since = result.since, result.problems.isEmpty {
            parts.append("extends the \(Figure.count(Int(since), "entry", "entries")) of the earlier checkpoint")
        }
        parts.append(
            result.problems.isEmpty
                ? "everything holds" : Figure.count(result.problems.count, "problem"))
        return parts.joined(separator: " · ")
    }
}
