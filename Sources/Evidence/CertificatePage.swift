internal import Base
internal import Foundation

/// A certificate of destruction as a page to read and to print. Made from the document alone.
enum CertificatePage {
    static func html(_ document: Certificate.Document) -> String {
        let people = EvidencePage.people(document.actors)
        let title =
            document.form == "case"
            ? "Certificate of destruction, case UID \(document.caseUID ?? "")"
            : "Certificate of the purge of entry \(document.run ?? 0)"
        return EvidencePage.page(
            title: title,
            """
            <h1>Certificate of destruction</h1>
            <table class="facts">
            \(facts(document))
            </table>
            <h2>What was destroyed</h2>
            <p>Every object was kept encrypted under a key of its own, which stood, encrypted itself, in the archive’s \
            index and in copies of it. The entry that is named was written in the same transaction that deleted the \
            key \
            from the index. What the archive holds since then cannot open the object.</p>
            \(EvidencePage.table(
                "What was destroyed",
                head: [
                    ("Object", false), ("Key destroyed", false), ("Because of", false), ("Had to be gone by", false),
                    ("Entry", true), ("Encrypted bytes", false),
                ], document.objects.map(line)))
            \(caseSentence(document))
            <h2>What this does not say</h2>
            <p>\(epochs(document)) Flash storage may keep old blocks of deleted files; without the keys they are \
            noise. \
            The vendor has its own copy, about which this archive knows nothing.</p>
            \(notProved(document))
            <h2>The entries</h2>
            \(document.form == "case" ? CaseTimeline(document.record, title: "What happened to the case").svg : "")
            <p>Each line is an entry of the archive’s ledger, which is only ever added to. Times are the archive’s own \
            clock, in UTC.</p>
            \(EvidencePage.record(document.record, people))
            <h2>Who</h2>
            \(EvidencePage.peopleTable(document.actors))
            <h2>How to check this</h2>
            <p>The ledger had \(document.entries) entries when this was made. Its head, <code>checkpoint</code>, is \
            signed by the archive’s key:</p>
            <p><code class="key">\(EvidencePage.escaped(document.verifierKey))</code></p>
            <p>Ask the archive’s owner, in another way than by these files, whether that is the key. Then</p>
            <pre>strongroom audit verify CERTIFICATE --verifier-key KEY</pre>
            <p>checks everything on this page against the files beside it. Without that program: \
            <code>custody/N.json</code> holds entry N, and <code>custody/N.tlog-proof</code> proves that it is in the \
            ledger, in a published format (C2SP tlog-proof, RFC 6962).</p>
            """)
    }

    private static func facts(_ document: Certificate.Document) -> String {
        var rows: [(String, String)] = []
        if let askedFor = document.askedFor {
            rows.append(
                (
                    "Case ID, as it was asked for",
                    "\(EvidencePage.escaped(askedFor))<br><small>found by the archive's keyed tag; these files "
                        + "do not prove it</small>"
                ))
        }
        if let uid = document.caseUID { rows.append(("Case UID", EvidencePage.digits(uid))) }
        if let run = document.run {
            let end =
                document.ended.map { ", ended by entry \($0)" }
                ?? "; <strong>no entry ends it: more may have been destroyed in it</strong>"
            rows.append(("Purge", "of entry \(run)\(end)"))
        }
        rows.append(("Archive", EvidencePage.digits(document.archive)))
        rows.append(("Made", EvidencePage.time(document.madeAt)))
        rows.append(
            (
                "Objects",
                "\(document.objects.count) destroyed" + (document.form == "case" ? ", \(document.kept.count) kept" : "")
            ))
        return rows.map { EvidencePage.fact($0.0, $0.1) }.joined(separator: "\n")
    }

    private static func line(_ object: Certificate.Document.Destroyed) -> String {
        let removed =
            object.removal.map {
                object.wasMissing ? "not there when they were to be removed (entry \($0))" : "removed (entry \($0))"
            }
            ?? "not removed yet"
        return
            "<tr><td>\(EvidencePage.escaped(object.media))<br><small>\(EvidencePage.digits(object.object))</small></td>"
            + "<td>\(EvidencePage.time(object.time))</td><td>\(EvidencePage.escaped(object.cause))</td>"
            + "<td>\(object.goneBy.map(EvidencePage.escaped) ?? "")</td><td "
            + "class=\"number\">\(object.entry)</td><td>\(removed)</td></tr>"
    }

    private static func caseSentence(_ document: Certificate.Document) -> String {
        guard document.form == "case" else {
            return
                "<p>What is listed was destroyed in this purge. That it destroyed nothing else, this certificate does "
                + "not prove; an export of the whole ledger does.</p>"
        }
        if let entry = document.caseDestroyed {
            return
                "<p>With its last object the case's own key was destroyed (entry \(entry)), and with it "
                + "everything that identified the person.</p>"
        }
        return document.kept.isEmpty
            ? ""
            : "<p>\(document.kept.count) objects of the case are still kept, and so is what identifies the "
                + "person."
                + (document.holds.isEmpty
                    ? "" : " Preserved: \(EvidencePage.escaped(document.holds.joined(separator: ", "))).") + "</p>"
    }

    private static func notProved(_ document: Certificate.Document) -> String {
        guard !document.notProved.isEmpty else { return "" }
        return
            "<p>Not proved by this certificate: \(document.notProved.joined(separator: ", ")). The ledger has them "
            + "under commitments that only the key of the case could open"
            + (document.caseDestroyed == nil
                ? ", and which are not opened here." : ": that is destroyed, so nobody can any more.")
            + " Lengths are rounded up to the next power of two, and times are days, as the entries say them.</p>"
    }

    private static func epochs(_ document: Certificate.Document) -> String {
        let live = document.epochs.filter { $0.state != "destroyed" }.map { "\($0.number)" }
        guard !live.isEmpty else {
            return "No generation of the keys that existed at the time of the destruction exists any more."
        }
        return
            "Who has a copy of the index from before the destruction, and the keyring and root key of epoch "
            + "\(live.joined(separator: ", ")), can open what the copy holds: these epochs are still in use."
    }
}
