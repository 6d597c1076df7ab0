internal import Foundation

/// What the pages for people have in common: no script, nothing from elsewhere, every text escaped; on paper, on a
/// telephone, in the dark and read aloud.
enum EvidencePage {
    /// A whole page.
    ///
    /// - Parameters:
    ///   - title: plain text; the running head of each printed page, too.
    ///   - media: it shows files that lie beside it.
    static func page(title: String, media: Bool = false, _ content: String) -> String {
        // A page that is opened from a disk has no origin of its own, so `'self'` alone would not do.
        let shows = media ? "; img-src 'self' file:; media-src 'self' file:" : ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'\(shows)">
            <title>\(escaped(title))</title>
            <style>
            \(style)
            @page { @top-left { content: "\(cssText(title))"; } \
            @bottom-right { content: counter(page) " / " counter(pages); } }
            </style>
            </head>
            <body>
            <main>
            \(content)
            </main>
            </body>
            </html>

            """
    }

    /// A row of facts, where something is preserved by a legal hold.
    static func holds(_ matters: [String]) -> String {
        matters.isEmpty ? "" : fact("Preserved", escaped(matters.joined(separator: ", ")))
    }

    static func fact(_ name: String, _ html: String) -> String {
        "<tr><th scope=\"row\">\(escaped(name))</th><td>\(html)</td></tr>"
    }

    /// A table that a narrow screen shows a part of; who has no mouse can move it, too.
    static func table(_ name: String, head: [(text: String, isNumber: Bool)], _ rows: [String]) -> String {
        let head = head.map { "<th scope=\"col\"\($0.isNumber ? " class=\"number\"" : "")>\(escaped($0.text))</th>" }
        return """
            <div class="wide" role="region" aria-label="\(escaped(name))" tabindex="0">
            <table>
            <thead><tr>\(head.joined())</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table>
            </div>
            """
    }

    static func time(_ text: String) -> String {
        // The day and the time of day may stand below each other; neither is ever broken.
        let (day, clock) = (text.prefix(10), text.dropFirst(11).prefix(8))
        return "<time datetime=\"\(escaped(text))\"><span>\(escaped(String(day)))</span> "
            + "<span>\(escaped(String(clock))) UTC</span></time>"
    }

    static func escaped(_ text: String) -> String {
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

    /// Hexadecimal digits: a name of 32 is never broken, a digest between its quarters.
    static func digits(_ hex: some StringProtocol) -> String {
        let characters = Array(hex)
        let parts = stride(from: 0, to: characters.count, by: 16).map {
            escaped(String(characters[$0..<min($0 + 16, characters.count)]))
        }
        return "<code>\(characters.count > 32 ? parts.joined(separator: "<wbr>") : parts.joined())</code>"
    }

    /// A sentence in which names of 32 digits and digests may stand.
    static func sentence(_ text: String) -> String {
        var (html, rest) = ("", text[...])
        while let run = rest.firstMatch(of: /[0-9a-f]{32,}/) {
            html += escaped(String(rest[..<run.range.lowerBound])) + digits(run.output)
            rest = rest[run.range.upperBound...]
        }
        return html + escaped(String(rest))
    }

    /// A text within quotes of a style sheet: everything but letters, digits and blanks as its number.
    private static func cssText(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            let isPlain =
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar == " " || ("0"..."9").contains(scalar))
            return isPlain ? String(scalar) : "\\" + String(scalar.value, radix: 16) + " "
        }.joined()
    }

    private static let style = """
        :root { color-scheme: light dark; --ink: #111; --paper: #fff; --faint: #555; --line: #bbb; --mark: #14508c; \
        --gone: #9a1c1c; }
        @media (prefers-color-scheme: dark) { :root { --ink: #eee; --paper: #161616; --faint: #b5b5b5; --line: #555; \
        --mark: #8ec1ff; --gone: #ff9d9d; } }
        body { font: 11pt/1.45 Georgia, Times New Roman, DejaVu Serif, serif; color: var(--ink); \
        background: var(--paper); margin: 0; }
        main { max-width: 62em; margin: 2em auto; padding: 0 1em; }
        h1 { font-size: 1.6em; } h2 { font-size: 1.15em; margin-top: 1.8em; }
        table { border-collapse: collapse; width: 100%; } table.facts { width: auto; }
        th, td { text-align: left; vertical-align: top; padding: .35em .6em; border-bottom: 1px solid var(--line); }
        thead th { border-bottom: 2px solid var(--ink); } .number { text-align: right; white-space: nowrap; }
        .wide { overflow-x: auto; } time span, .who { white-space: nowrap; } small, figcaption { color: var(--faint); \
        font-size: .88em; }
        code, pre { font: .82em/1.45 DejaVu Sans Mono, Consolas, monospace; } code { white-space: nowrap; } \
        pre, .key { white-space: pre-wrap; overflow-wrap: anywhere; }
        .media { display: flex; flex-wrap: wrap; gap: 1em; margin-top: 1em; } figure { margin: 0; } figure img, \
        figure video { \
        display: block; max-width: 100%; height: 15em; background: #000; object-fit: contain; }
        a { color: var(--mark); } svg { display: block; width: 100%; height: auto; } svg text { font: 11px DejaVu \
        Sans, Arial, sans-serif; \
        fill: var(--ink); } svg .faint { fill: var(--faint); } svg line { stroke: var(--line); } svg circle { \
        fill: var(--mark); stroke: var(--paper); } svg rect { fill: var(--mark); opacity: .45; } svg .gone { \
        fill: var(--gone); }
        tr, figure, svg { break-inside: avoid; } thead { display: table-header-group; } h2 { break-after: avoid; }
        @page { size: A4; margin: 20mm 15mm 18mm; font: 8.5pt Georgia, DejaVu Serif, serif; color: #444; }
        @media print { :root { --ink: #111; --paper: #fff; --faint: #444; --line: #bbb; --mark: #14508c; --gone: \
        #9a1c1c; }
        main { margin: 0; max-width: none; padding: 0; } body { font-size: 9.5pt; } .wide { overflow: visible; } \
        figure img { height: 9em; } figure video { display: none; } a { color: inherit; } }
        """
}
