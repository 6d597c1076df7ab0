internal import Foundation

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
            <title>Chain of custody of case \(escaped(document.caseID))</title>
            <style>
            \(style)
            </style>
            </head>
            <body>
            <h1>Chain of custody</h1>
            <table class="facts">
            <tr><th>Case</th><td>\(escaped(document.caseID))</td></tr>
            <tr><th>Case UID</th><td><code>\(escaped(document.caseUID))</code></td></tr>
            <tr><th>Archive</th><td><code>\(escaped(document.archive))</code></td></tr>
            <tr><th>Retrieved</th><td>\(time(document.madeAt)) by \(escaped(retriever(document, people)))</td></tr>
            <tr><th>Reason</th><td>\(escaped(reason(document)))</td></tr>
            <tr><th>Entry</th><td>\(document.access)</td></tr>
            </table>
            <h2>Items</h2>
            <table>
            <thead><tr><th>File</th><th>SHA-256</th><th class="number">Archived by entry</th></tr></thead>
            <tbody>
            \(document.items.map { item in
                "<tr><td>\(escaped(item.file))</td><td><code>\(escaped(item.sha256))</code></td><td class=\"number\">\(item.entry)</td></tr>"
            }.joined(separator: "\n"))
            </tbody>
            </table>
            <h2>What happened</h2>
            <p>Each line is an entry of the archive's ledger, which is only ever added to. Times are the archive's own clock, in
            UTC. That no entry about the case was left out, this page cannot show; an export of the whole ledger can.</p>
            <table>
            <thead><tr><th class="number">Entry</th><th>When</th><th>Who</th><th>What</th></tr></thead>
            <tbody>
            \(document.record.map { line(of: $0, people: people) }.joined(separator: "\n"))
            </tbody>
            </table>
            <h2>How it was kept</h2>
            <p>From the entry that archived it to the entry that retrieved it, each item was kept encrypted under a key of its own. The
            encrypted bytes are named by their SHA-256, which stands in the entry: a change of any of them shows, and nothing that
            was changed is handed out. Each entry that opened an access stood on the ledger before the first byte left the
            archive.</p>
            <h2>Who</h2>
            <table>
            <thead><tr><th>Name</th><th>Known by</th><th>Actor UID</th></tr></thead>
            <tbody>
            \(document.actors.map { person in
                "<tr><td>\(escaped(person.name))</td><td>\(known(person.known))</td><td><code>\(escaped(person.uid))</code></td></tr>"
            }.joined(separator: "\n"))
            </tbody>
            </table>
            <h2>How to check this</h2>
            <p>The ledger had \(document.entries) entries when this was made. Its head, <code>checkpoint</code>, is signed by the
            archive's key, <code>verifier.key</code>:</p>
            <p><code>\(escaped(document.verifierKey))</code></p>
            <p>Ask the archive's owner, in another way than by this bag, whether that is the key. Then</p>
            <pre>strongroom audit verify BAG --verifier-key KEY</pre>
            <p>checks everything on this page against the files beside it. Without that program: <code>bagit.py --validate</code>
            checks the files; <code>custody/N.json</code> holds entry N, and <code>custody/N.tlog-proof</code> proves that it is in the
            ledger, in a published format (C2SP tlog-proof, RFC 6962). A reason that is not shown stands in its entry as a hash of
            the text with a random salt; the archive can show it.</p>
            <p>A name that is claimed is what somebody typed.</p>
            </body>
            </html>

            """
    }

    private static func line(of line: Custody.Document.Line, people: [String: Custody.Document.Person]) -> String {
        let texts = line.openings.compactMap { opening -> String? in
            switch opening.member {
            case "reasonCommitment": "Reason: \(opening.text)"
            case "caseIDCommitment": "Case ID: \(opening.text)"
            case "subjectCommitment": "Subject: \(opening.text)"
            case "consentCommitment": "Consent: \(opening.text)"
            case "contentCommitment": "SHA-256 of the content: \(opening.text)"
            default: nil
            }
        }
        let hidden = line.kind == "access opened" && texts.isEmpty ? ["Reason: not shown"] : []
        let details = (texts + hidden).map { "<br><small>\(escaped($0))</small>" }.joined()
        return "<tr><td class=\"number\">\(line.number)</td><td>\(time(line.time))</td>"
            + "<td>\(escaped(people[line.actor]?.name ?? line.actor))</td>"
            + "<td>\(escaped(line.sentence))\(details)</td></tr>"
    }

    private static func retriever(_ document: Custody.Document, _ people: [String: Custody.Document.Person]) -> String {
        let line = document.record.first { $0.number == document.access }
        return line.flatMap { people[$0.actor]?.name } ?? ""
    }

    private static func reason(_ document: Custody.Document) -> String {
        let line = document.record.first { $0.number == document.access }
        return line?.openings.first { $0.member == "reasonCommitment" }?.text ?? "not shown"
    }

    private static func known(_ source: String) -> String {
        switch source {
        case "claimed": "a name that was given"
        case "os-user": "the operating system's user"
        case "token": "a personal token"
        default: escaped(source)
        }
    }

    private static func time(_ text: String) -> String {
        "<time datetime=\"\(escaped(text))\">\(escaped("\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"))</time>"
    }

    private static func escaped(_ text: String) -> String {
        // Scalar by scalar: a quote with a combining mark behind it is one character.
        text.unicodeScalars.reduce(into: "") { escaped, scalar in
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
    }

    private static let style = """
        body { font: 11pt/1.4 Georgia, "Times New Roman", serif; color: #111; max-width: 60em; margin: 2em auto; padding: 0 1em; }
        h1 { font-size: 1.6em; } h2 { font-size: 1.15em; margin-top: 1.8em; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; vertical-align: top; padding: .35em .6em; border-bottom: 1px solid #ccc; overflow-wrap: anywhere; }
        thead th { border-bottom: 2px solid #111; } table.facts { width: auto; } .number { text-align: right; white-space: nowrap; }
        time { white-space: nowrap; } small { color: #444; } code, pre { font: .85em/1.4 "DejaVu Sans Mono", monospace; }
        tr { break-inside: avoid; } thead { display: table-header-group; }
        @page { size: A4; margin: 18mm 15mm; } @media print { body { margin: 0; max-width: none; font-size: 9.5pt; } }
        """
}
