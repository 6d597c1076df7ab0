internal import Base
internal import Foundation
internal import Ledger

/// The chain of custody as a page to read and to print. Made from the document alone, so that it can be made
/// again and compared.
enum CustodyPage {
    static func html(_ document: Custody.Document) -> String {
        let people = EvidencePage.people(document.actors)
        return EvidencePage.page(
            title: "Chain of custody of case \(document.caseID)", media: true,
            """
            <h1>Chain of custody</h1>
            <table class="facts">
            \(EvidencePage.fact("Case", EvidencePage.escaped(document.caseID)))
            \(EvidencePage.fact("Case UID", EvidencePage.digits(document.caseUID)))
            \(EvidencePage.fact("Archive", EvidencePage.digits(document.archive)))
            \(EvidencePage.fact(
                "Retrieved", "\(EvidencePage.time(document.madeAt)) by \(retriever(document, people))"))
            \(EvidencePage.fact("Reason", EvidencePage.escaped(reason(document))))
            \(EvidencePage.fact("Entry", "\(document.access)"))
            \(EvidencePage.holds(document.holds))
            </table>
            <h2>Items</h2>
            \(EvidencePage.table(
                "Items", head: [("File", false), ("SHA-256", false), ("Archived by entry", true)],
                document.items.map(row)))
            \(media(document.items))
            <h2>What happened</h2>
            \(CaseTimeline(document.record, title: "What happened to the case").svg)
            <p>Each line is an entry of the archive’s ledger, which is only ever added to. Times are the archive’s own \
            clock, in UTC. They are all that were about the case among the \(document.entries) entries that the ledger \
            had: a proof of that lies beside this page, which cannot show it itself.</p>
            \(EvidencePage.record(document.record, people))
            <h2>How it was kept</h2>
            <p>From the entry that archived it to the entry that retrieved it, each item was kept encrypted under a \
            key \
            of its own. The encrypted bytes are named by their SHA-256, which stands in the entry: a change of any of \
            them shows, and nothing that was changed is handed out. Each entry that opened an access stood on the \
            ledger \
            before the first byte left the archive.</p>
            <h2>Who</h2>
            \(EvidencePage.peopleTable(document.actors))
            <p>A name that is claimed is what somebody typed.</p>
            <h2>How to check this</h2>
            <p>The ledger had \(document.entries) entries when this was made. Its head, <code>checkpoint</code>, is \
            signed by the archive’s key, <code>verifier.key</code>:</p>
            <p><code class="key">\(EvidencePage.escaped(document.verifierKey))</code></p>
            <p>Ask the archive’s owner, in another way than by this bag, whether that is the key. Then</p>
            <pre>strongroom audit verify BAG --verifier-key KEY</pre>
            <p>checks everything on this page against the files beside it. Without that program: <code>bagit.py \
            --validate</code> checks the files; <code>custody/N.json</code> holds entry N, and \
            <code>custody/N.tlog-proof</code> proves that it is in the ledger, in a published format (C2SP tlog-proof, \
            RFC 6962). A reason that is not shown stands in its entry as a hash of the text with a random salt; the \
            archive can show it.</p>
            """)
    }

    private static func row(_ item: Custody.Document.Item) -> String {
        "<tr><td><a href=\"\(link(item.file))\">\(EvidencePage.escaped(item.file))</a></td>"
            + "<td>\(EvidencePage.digits(item.sha256))</td><td class=\"number\">\(item.entry)</td></tr>"
    }

    /// Pictures and videos of the bag, where a browser shows their kind.
    private static func media(_ items: [Custody.Document.Item]) -> String {
        let figures = items.compactMap { item -> String? in
            let name = EvidencePage.escaped(item.file)
            let shown: String
            switch (item.file as NSString).pathExtension {
            case "jpg", "png", "webp", "avif": shown = "<img src=\"\(link(item.file))\" alt=\"The picture \(name)\">"
            case "mp4", "webm":
                shown =
                    "<video src=\"\(link(item.file))\" controls preload=\"metadata\" aria-label=\"The video \(name)\">"
                    + "</video>"
            default: return nil
            }
            return "<figure>\(shown)<figcaption>\(name)</figcaption></figure>"
        }
        return figures.isEmpty ? "" : "<div class=\"media\">\n\(figures.joined(separator: "\n"))\n</div>"
    }

    /// A file of the bag, from the page.
    private static func link(_ file: String) -> String {
        EvidencePage.escaped(file.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? "")
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

    private static func retriever(_ document: Custody.Document, _ people: EvidencePage.People) -> String {
        let line = document.record.first { $0.number == document.access }
        return line.map { EvidencePage.who($0.actor, people) } ?? ""
    }

    private static func reason(_ document: Custody.Document) -> String {
        let line = document.record.first { $0.number == document.access }
        return line?.openings.first { $0.member == "reasonCommitment" }?.text ?? "not shown"
    }
}
