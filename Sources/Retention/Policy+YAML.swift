internal import Base
internal import Foundation
public import StrictYAML

extension Policy {
    /// Bytes of a policy file at most.
    public static let longestFile = 1 << 20

    /// Stands for every case that has a jurisdiction.
    static let anyJurisdiction = "any"

    /// Jurisdictions that have a name together, in every policy file.
    public static let groups: [String: [String]] = {
        let union = [
            "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU",
            "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
        ]
        return ["EU": union, "EEA": union + ["IS", "LI", "NO"]]
    }()

    /// Reads a policy file. See <doc:Policies>.
    public init(yaml text: String) throws(YAMLProblem) {
        let file = try YAMLMapping(text)
        try file.allow([
            "policy", "version", "title", "basis", "applies-to", "groups", "time-zone", "events", "rules",
        ])
        let name = try Self.code(try file.needText("policy"), "policy", in: file)
        guard let version = try file.wholeNumber("version", within: 1...1_000_000) else {
            throw file.missing("version")
        }
        let title = try file.needText("title")
        let basis = try Self.basis(file)
        let scope = try Self.scope(file)
        var zone = TimeZone.gmt
        if let text = try file.text("time-zone"), text != "UTC" {
            guard text.contains("/"), let known = TimeZone(identifier: text) else {
                throw file.problem(
                    "time-zone", "'\(YAMLMapping.excerpt(text))' is not an IANA time zone, such as Asia/Hong_Kong")
            }
            zone = known
        }
        let events = try Self.events(file)
        guard let items = try file.mappings("rules") else { throw file.missing("rules") }
        guard !items.isEmpty else {
            throw file.problem("rules", "rules is an empty list: a policy without rules says nothing")
        }
        var rules: [Rule] = []
        for item in items {
            let rule = try Self.rule(item, basis: basis, events: events)
            guard !rules.contains(where: { $0.name == rule.name }) else {
                throw item.problem("name", "the rule \(rule.name) stands there twice")
            }
            rules.append(rule)
        }
        self.init(
            name: name, version: version, title: title, basis: basis, appliesTo: scope, timeZone: zone, events: events,
            rules: rules)
    }

    // MARK: Parts

    /// A name of small letters, digits and hyphens.
    static func code(_ text: String, _ key: String, in file: YAMLMapping) throws(YAMLProblem) -> String {
        guard isName(text) else {
            throw file.problem(
                key, "'\(YAMLMapping.excerpt(text))' is not a name of small letters, digits and single hyphens")
        }
        return text
    }

    /// Whether a text can name a policy, a rule or an event.
    public static func isName(_ text: String) -> Bool {
        text.utf8.count <= 60 && text.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil
    }

    static func basis(_ file: YAMLMapping) throws(YAMLProblem) -> [Basis] {
        var basis: [Basis] = []
        for item in try file.mappings("basis") ?? [] {
            try item.allow(["cite", "says", "checked"])
            let checked = try item.text("checked") ?? "unverified"
            guard
                ["unverified", "second-hand", "read"].contains(checked)
                    || CalendarDay(checked) != nil
            else {
                throw item.problem("checked", "checked is a date such as 2026-11-22, read, second-hand, or unverified")
            }
            basis.append(Basis(cite: try item.needText("cite"), says: try item.text("says"), checked: checked))
        }
        return basis
    }

    private static func scope(_ file: YAMLMapping) throws(YAMLProblem) -> Scope {
        var groups = Self.groups
        if let named = try file.mapping("groups") {
            for name in named.keys {
                guard Self.groups[name] == nil, name != anyJurisdiction else {
                    throw named.problem(name, "\(name) is the name of a group that every policy knows")
                }
                groups[name] = try jurisdictions(try named.texts(name) ?? [], name, in: named)
            }
        }
        guard let applies = try file.mapping("applies-to") else { return Scope() }
        try applies.allow(["jurisdiction", "purpose"])
        var codes: [String]?
        if let places = try applies.texts("jurisdiction") {
            var all: Set<String> = []
            for place in places where place != Self.anyJurisdiction {
                if let members = groups[place] { all.formUnion(members) }
                all.formUnion(
                    try jurisdictions(groups[place] == nil || place == "EU" ? [place] : [], "jurisdiction", in: applies)
                )
            }
            if places.contains(Self.anyJurisdiction) { all.insert(Self.anyJurisdiction) }
            codes = all.sorted()
            if all.isEmpty {
                throw applies.problem("jurisdiction", "jurisdiction is an empty list: it selects nothing")
            }
        }
        let purposes = try applies.texts("purpose")
        if purposes?.isEmpty == true {
            throw applies.problem("purpose", "purpose is an empty list: it selects nothing")
        }
        for purpose in purposes ?? [] { _ = try code(purpose, "purpose", in: applies) }
        guard codes != nil || purposes != nil else {
            throw file.problem(
                "applies-to", "applies-to selects nothing; leave it out where the policy is for everything")
        }
        return Scope(jurisdictions: codes, purposes: purposes)
    }

    private static func jurisdictions(
        _ texts: [String], _ key: String, in file: YAMLMapping
    ) throws(YAMLProblem) -> [String] {
        for text in texts where !ISO3166.contains(text) {
            throw file.problem(
                key,
                "'\(YAMLMapping.excerpt(text))' is neither a jurisdiction by ISO 3166, nor a group of them: "
                    + ISO3166.advice(about: text))
        }
        return texts
    }

    private static func events(_ file: YAMLMapping) throws(YAMLProblem) -> [String: EventMode] {
        guard let declared = try file.mapping("events") else { return [:] }
        var events: [String: EventMode] = [:]
        for name in declared.keys {
            _ = try code(name, name, in: declared)
            guard !["captured", "archived"].contains(name) else {
                throw declared.problem(name, "\(name) is no event: every object has it")
            }
            guard let text = try declared.text(name), let mode = EventMode(rawValue: text) else {
                throw declared.problem(name, "the event \(name) is neither once nor latest")
            }
            events[name] = mode
        }
        return events
    }

    private static func rule(
        _ item: YAMLMapping, basis: [Basis], events: [String: EventMode]
    ) throws(YAMLProblem) -> Rule {
        try item.allow(["name", "media", "outcome", "retain", "backstop", "cites", "fallback"])
        let name = try code(try item.needText("name"), "name", in: item)
        let media = try item.texts("media")
        if media?.isEmpty == true { throw item.problem("media", "media is an empty list: it selects nothing") }
        for kind in media ?? [] { _ = try code(kind, "media", in: item) }
        guard let retain = try item.mapping("retain") else { throw item.missing("retain") }
        try retain.allow(["from", "at-least", "at-most"])
        let anchor = try anchor(retain, events: events)
        let (least, most) = (try period("at-least", in: retain), try period("at-most", in: retain))
        guard least != nil || most != nil else {
            throw item.problem("retain", "the rule \(name) has neither at-least nor at-most")
        }
        if let least, let most, most.comparison(with: least) == .shorter {
            throw retain.problem(
                "at-most", "at-most (\(most.text)) lies before at-least (\(least.text)): nothing could satisfy both")
        }
        var backstop: Backstop?
        if let given = try item.mapping("backstop") {
            try given.allow(["from", "after"])
            guard case .event = anchor else {
                throw item.problem(
                    "backstop", "a backstop is for rules that wait for an event; \(name) counts from \(anchor.name)")
            }
            guard least != nil else {
                throw item.problem("backstop", "a backstop ends a lower bound, and \(name) has none")
            }
            let from: Anchor
            switch try given.text("from") {
            case "captured"?, nil: from = .captured
            case "archived"?: from = .archived
            default: throw given.problem("from", "a backstop counts from captured or archived")
            }
            guard let after = try period("after", in: given) else { throw given.missing("after") }
            backstop = Backstop(anchor: from, after: after)
        }
        return Rule(
            name: name, media: media, outcome: try outcome(item), anchor: anchor, atLeast: least, atMost: most,
            backstop: backstop, cites: try cites(item, of: basis), isFallback: try item.flag("fallback") ?? false,
            position: item.position)
    }

    private static func anchor(
        _ retain: YAMLMapping, events: [String: EventMode]
    ) throws(YAMLProblem) -> Anchor {
        switch try retain.needText("from") {
        case "captured": return .captured
        case "archived": return .archived
        case let name:
            guard events[name] != nil else {
                throw retain.problem(
                    "from",
                    "'\(YAMLMapping.excerpt(name))' is neither captured nor archived, and no event that events declares"
                )
            }
            return .event(name)
        }
    }

    private static func outcome(_ item: YAMLMapping) throws(YAMLProblem) -> OutcomeMatch {
        guard item.has("outcome") else { return .any }
        guard item.isText("outcome") else {
            let codes = try item.texts("outcome") ?? []
            guard !codes.isEmpty else { throw item.problem("outcome", "outcome is an empty list: it selects nothing") }
            for code in codes where code.wholeMatch(of: /-?\d{1,6}/) == nil {
                throw item.problem(
                    "outcome", "'\(YAMLMapping.excerpt(code))' is not a code of the vendor, such as 1004")
            }
            return .codes(codes)
        }
        switch try item.needText("outcome") {
        case "any": return .any
        case "passed": return .passed
        case "failed": return .failed
        default:
            throw item.problem("outcome", "outcome is passed, failed, any, or a list of the vendor's codes")
        }
    }

    static func period(_ key: String, in file: YAMLMapping) throws(YAMLProblem) -> RetentionPeriod? {
        guard let text = try file.text(key) else { return nil }
        do throws(RetentionPeriod.Problem) {
            return try RetentionPeriod(reading: text)
        } catch {
            throw file.problem(key, "\(key) '\(YAMLMapping.excerpt(text))': \(error)")
        }
    }

    private static func cites(_ item: YAMLMapping, of basis: [Basis]) throws(YAMLProblem) -> [Basis] {
        guard let numbers = try item.texts("cites") else { return basis }
        var cited: [Basis] = []
        for text in numbers {
            guard let number = Int(text), basis.indices.contains(number - 1) else {
                throw item.problem(
                    "cites",
                    "'\(YAMLMapping.excerpt(text))' is not the number of one of \(basis.count) sources in basis")
            }
            cited.append(basis[number - 1])
        }
        return cited
    }
}

extension RetentionPeriod {
    enum Comparison { case shorter, sometimesShorter, notShorter }

    /// Whether it can end before another that begins at the same time.
    public func isShorter(than other: RetentionPeriod) -> Bool { comparison(with: other) != .notShorter }

    /// Whether it ends before another that begins at the same time: months differ in length, so every day of
    /// four years is tried.
    func comparison(with other: RetentionPeriod) -> Comparison {
        if months == other.months { return days < other.days ? .shorter : .notShorter }
        var (shorter, notShorter) = (false, false)
        for day in 0..<1461 {
            let start = Date(timeIntervalSince1970: 1_704_067_200 + TimeInterval(day) * 86_400)
            if after(start, in: .gmt) < other.after(start, in: .gmt) { shorter = true } else { notShorter = true }
        }
        return shorter ? (notShorter ? .sometimesShorter : .shorter) : .notShorter
    }
}
