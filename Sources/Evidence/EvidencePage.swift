internal import Foundation

/// What the pages for people have in common: no script, nothing from elsewhere, every text escaped.
enum EvidencePage {
    /// A row of facts, where something is preserved by a legal hold.
    static func holds(_ matters: [String]) -> String {
        matters.isEmpty ? "" : "<tr><th>Preserved</th><td>\(escaped(matters.joined(separator: ", ")))</td></tr>"
    }

    static func known(_ source: String) -> String {
        switch source {
        case "claimed": "a name that was given"
        case "os-user": "the operating system's user"
        case "token": "a personal token"
        default: escaped(source)
        }
    }

    static func time(_ text: String) -> String {
        let shown = "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
        return "<time datetime=\"\(escaped(text))\">\(escaped(shown))</time>"
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

    static let style = """
        body { font: 11pt/1.4 Georgia, "Times New Roman", serif; color: #111; max-width: 60em; margin: 2em auto; \
        padding: 0 1em; }
        h1 { font-size: 1.6em; } h2 { font-size: 1.15em; margin-top: 1.8em; }
        table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; vertical-align: top; padding: .35em .6em; border-bottom: 1px solid #ccc; \
        overflow-wrap: anywhere; }
        thead th { border-bottom: 2px solid #111; white-space: nowrap; } table.facts { width: auto; } .number { \
        text-align: right; white-space: nowrap; }
        time { white-space: nowrap; } small { color: #444; } code, pre { font: .85em/1.4 "DejaVu Sans Mono", \
        monospace; }
        tr { break-inside: avoid; } thead { display: table-header-group; }
        @page { size: A4; margin: 18mm 15mm; } @media print { body { margin: 0; max-width: none; font-size: 9.5pt; } }
        """
}
