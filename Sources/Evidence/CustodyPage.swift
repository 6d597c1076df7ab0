internal import Base
internal import Foundation
internal import Ledger

/// The chain of custody as a page to read and to print. Made from the document alone, so that it can be made
/// again and compared.
enum CustodyPage {
    static func html(_ document: Custody.Document) -> String {
        let people = Dictionary(document.actors.map { ($0.uid, $0) }) { first, _ in first }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Chain of custody of case \(EvidencePage.escaped(document.caseID))</title>
            <style>
            \(EvidencePage.style)
            </style>
            </head>
            <body>
            <h1>Chain of custody</h1>
            <table class="facts">
            <tr><th>Case</th><td>\(EvidencePage.escaped(document.caseID))</td></tr>
            <tr><th>Case UID</th><td><code>\(EvidencePage.escaped(document.caseUID))</code></td></tr>
            <tr><th>Archive</th><td><code>\(EvidencePage.escaped(document.archive))</code></td></tr>
            <tr><th>Retrieved</th><td>\(EvidencePage.time(document.madeAt)) by \
            \(EvidencePage.escaped(retriever(document, people)))</td></tr>
            <tr><th>Reason</th><td>\(EvidencePage.escaped(reason(document)))</td></tr>
            <tr><th>Entry</th><td>\(document.access)</td></tr>
            \(EvidencePage.holds(document.holds))
            </table>
            <h2>Items</h2>
            <table>
            <thead><tr><th>File</th><th>SHA-256</th><th class="number">Archived by entry</th></tr></thead>
            <tbody>
            \(document.items.map { item in
                "<tr><td>\(EvidencePage.escaped(item.file))</td>"
                    + "<td><code>\(EvidencePage.escaped(item.sha256))</code></td>"
                    + "<td class=\"number\">\(item.entry)</td></tr>"
            }.joined(separator: "\n"))
            </tbody>
            </table>
            <h2>What happened</h2>
            <p>Each line is an entry of the archive's ledger, which is only ever added to. Times are the archive's \
            own clock, in
            UTC. They are all that were about the case among the \(document.entries) entries that the ledger had: a \
            proof of that lies beside this page, which cannot show it itself.</p>
            <table>
            <thead><tr><th class="number">Entry</th><th>When</th><th>Who</th><th>What</th></tr></thead>
            <tbody>
            \(document.record.map { line(of: $0, people: people) }.joined(separator: "\n"))
            </tbody>
            </table>
            <h2>How it was kept</h2>
            <p>From the entry that archived it to the entry that retrieved it, each item was kept encrypted under a \
            key of its own. The
            encrypted bytes are named by their SHA-256, which stands in the entry: a change of any of them shows, and \
            nothing that
            was changed is handed out. Each entry that opened an access stood on the ledger before the first byte \
            left the
            archive.</p>
            <h2>Who</h2>
            <table>
            <thead><tr><th>Name</th><th>Known by</th><th>Actor UID</th></tr></thead>
            <tbody>
            \(document.actors.map { person in
                "<tr><td>\(EvidencePage.escaped(person.name))</td><td>\(EvidencePage.known(person.known))</td>"
                    + "<td><code>\(EvidencePage.escaped(person.uid))</code></td></tr>"
            }.joined(separator: "\n"))
            </tbody>
            </table>
            <h2>How to check this</h2>
            <p>The ledger had \(document.entries) entries when this was made. Its head, <code>checkpoint</code>, is \
            signed by the
            archive's key, <code>verifier.key</code>:</p>
            <p><code>\(EvidencePage.escaped(document.verifierKey))</code></p>
            <p>Ask the archive's owner, in another way than by this bag, whether that is the key. Then</p>
            <pre>strongroom audit verify BAG --verifier-key KEY</pre>
            <p>checks everything on this page against the files beside it. Without that program: <code>bagit.py \
            --validate</code>
            checks the files; <code>custody/N.json</code> holds entry N, and <code>custody/N.tlog-proof</code> proves \
            that it is in the
            ledger, in a published format (C2SP tlog-proof, RFC 6962). A reason that is not shown stands in its entry \
            as a hash of
            the text with a random salt; the archive can show it.</p>
            <p>A name that is claimed is what somebody typed.</p>
            </body>
            </html>

            """
    }

    private static func line(of line: Custody.Document.Line, people: [String: Custody.Document.Person]) -> String {
        let texts = texts(of: line)
        let hidden = line.kind == "access opened" && texts.isEmpty ? ["Reason: not shown"] : []
        let details = (texts + hidden).map { "<br><small>\(EvidencePage.escaped($0))</small>" }.joined()
        return "<tr><td class=\"number\">\(line.number)</td><td>\(EvidencePage.time(line.time))</td>"
            + "<td>\(EvidencePage.escaped(people[line.actor]?.name ?? line.actor))</td>"
            + "<td>\(EvidencePage.escaped(line.sentence))\(details)</td></tr>"
    }

    /// What was opened of an entry, in words.
    static func texts(of line: Custody.Document.Line) -> [String] {
        line.openings.compactMap { opening -> String? in
            switch opening.member {
            case "reasonCommitment": "Reason: \(opening.text)"
            case "caseIDCommitment": "Case ID: \(opening.text)"
            case "subjectCommitment": "Subject: \(opening.text)"
            case "consentCommitment": "Consent: \(opening.text)"
            case "contentCommitment": "SHA-256 of the content: \(opening.text)"
            case "ageCommitment": "Age: \(opening.text)"
            case "exactCommitment": "Exactly: \(exactly(opening.text))"
            default: nil
            }
        }
    }

    /// Outcome, times and lengths in words; the text itself where it cannot be read.
    private static func exactly(_ text: String) -> String {
        guard let exact = try? Exact(text) else { return text }
        var parts = [
            exact.outcome.map { "\($0.verdict.rawValue), result \($0.code)" },
            exact.tokenIssuedAt.map { "token issued \(LedgerTime.text($0))" },
        ]
        if let from = exact.capturedFrom {
            let until = exact.capturedUntil.flatMap { $0 == from ? nil : " to \(LedgerTime.text($0))" }
            parts.append("captured \(LedgerTime.text(from))\(until ?? "")")
        }
        for length in exact.lengths ?? [] { parts.append("object \(length.object): \(length.length) bytes") }
        return parts.compactMap(\.self).joined(separator: "; ")
    }

    private static func retriever(_ document: Custody.Document, _ people: [String: Custody.Document.Person]) -> String {
        let line = document.record.first { $0.number == document.access }
        return line.flatMap { people[$0.actor]?.name } ?? ""
    }

    private static func reason(_ document: Custody.Document) -> String {
        let line = document.record.first { $0.number == document.access }
        return line?.openings.first { $0.member == "reasonCommitment" }?.text ?? "not shown"
    }
}
