import Archive
import ArgumentParser
import Presentation

struct AuditReconcileCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconcile",
        abstract: "Replay the ledger and compare it with the index and the store, both ways.",
        discussion: """
            Checks the published copy, too. Changes nothing in the archive. Exit code 4 if anything does not fit.
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let bar = ProgressBar("replaying", total: 2, isShown: !common.json)
            let result = try common.withArchive(toLook: true) { archive in
                let result = try archive.audit.reconcile { bar.advance(to: $0, of: $1) }
                bar.clear()
                try show(result)
                return result
            }
            if !result.findings.isEmpty { throw Exit.integrity }
        }
    }

    private func show(_ result: Reconciliation) throws {
        if common.json {
            try Terminal.document(result)
        } else {
            for finding in result.findings { Terminal.print(Terminal.visible(finding)) }
            if result.furtherFindings > 0 { Terminal.print("and \(Figure.count(result.furtherFindings)) more") }
            Terminal.print(
                "\(Figure.count(Int(result.entries), "entry", "entries")) · \(Figure.count(result.cases, "case")) · "
                    + "\(Figure.count(result.verifications, "verification")) · "
                    + "\(Figure.count(result.objects, "object")) · "
                    + (result.findings.isEmpty
                        ? "ledger, index and store agree"
                        : Figure.count(result.findings.count + result.furtherFindings, "finding")))
        }
    }
}
