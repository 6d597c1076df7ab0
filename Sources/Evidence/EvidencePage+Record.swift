internal import Foundation
internal import Ledger

/// Who did what, as the pages show it.
extension EvidencePage {
    typealias People = [String: Custody.Document.Person]

    /// Entries that say how the archive began, who acts for the first time, and how many there are: not what happened.
    private static let own: Set<String> = [
        Event.Kind.archiveCreated, .actorIntroduced, .strands,
    ].reduce(into: []) { $0.insert($1.rawValue) }

    static func people(_ actors: [Custody.Document.Person]) -> People {
        Dictionary(actors.map { ($0.uid, $0) }) { first, _ in first }
    }

    /// A name, and how it is known: who is only claimed looks different from who is known.
    static func who(_ actor: String, _ people: People) -> String {
        guard let person = people[actor] else { return digits(actor) }
        let name = breakable(person.name)
        switch person.known {
        case "token": return "<strong>\(name)</strong> <small>(personal token)</small>"
        case "os-user": return "\(name) <small>(user of the system)</small>"
        default: return "“<em>\(name)</em>” <small>(claimed)</small>"
        }
    }

    static func known(_ source: String) -> String {
        switch source {
        case "claimed": "nothing: a name that somebody gave"
        case "os-user": "the operating system: the user that the program ran as"
        case "token": "a personal token"
        default: escaped(source)
        }
    }

    /// A name that may be broken behind its signs where it is long, and never inside of a word.
    private static func breakable(_ name: String) -> String {
        guard name.count > 20 else { return "<span class=\"who\">\(escaped(name))</span>" }
        let parts = name.reduce(into: [""]) { parts, character in
            parts[parts.count - 1].append(character)
            if "@.-_/ ".contains(character) { parts.append("") }
        }
        return parts.filter { !$0.isEmpty }.map { "<span class=\"who\">\(escaped($0))</span>" }.joined(
            separator: "<wbr>")
    }

    /// Entry by entry. What is only about the archive itself is one line.
    static func record(_ lines: [Custody.Document.Line], _ people: People) -> String {
        let (own, about) = (lines.filter { Self.own.contains($0.kind) }, lines.filter { !Self.own.contains($0.kind) })
        var rows: [String] = []
        if let first = own.first {
            let numbers = own.map { "\($0.number)" }.joined(separator: ", ")
            let made =
                own.first { $0.kind == Event.Kind.archiveCreated.rawValue }.map { sentence($0.sentence) + "; " } ?? ""
            rows.append(
                "<tr><td class=\"number\">–</td><td>\(time(first.time))</td><td></td>"
                    + "<td>\(made)the archive’s own: who acts for the first time, and how many entries there "
                    + "are<br><small>entries \(numbers)</small></td></tr>")
        }
        rows += about.map { row($0, people) }
        return table(
            "What happened", head: [("Entry", true), ("When", false), ("Who", false), ("What", false)], rows)
    }

    private static func row(_ line: Custody.Document.Line, _ people: People) -> String {
        let texts = CustodyPage.texts(of: line)
        let hidden = line.kind == Event.Kind.accessOpened.rawValue && texts.isEmpty ? ["Reason: not shown"] : []
        let details = (texts + hidden).map { "<br><small>\(sentence($0))</small>" }.joined()
        return "<tr><td class=\"number\">\(line.number)</td><td>\(time(line.time))</td>"
            + "<td>\(who(line.actor, people))</td><td>\(sentence(line.sentence))\(details)</td></tr>"
    }

    static func peopleTable(_ actors: [Custody.Document.Person]) -> String {
        let all = people(actors)
        return table(
            "Who", head: [("Name", false), ("Known by", false), ("Actor UID", false)],
            actors.map {
                "<tr><td>\(who($0.uid, all))</td><td>\(known($0.known))</td><td>\(digits($0.uid))</td></tr>"
            })
    }
}
