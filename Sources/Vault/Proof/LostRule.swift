package import Base
package import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
package import Retention

/// A rule, a setting or a case event by the ledger that was published before a fork was accepted, where this ledger
/// says otherwise: nothing is destroyed until it applies. The entry `fork accepted` names them by their codes.
package enum LostRule: Hashable, Sendable {
    /// This version of a policy with this file, a SHA-256 in hexadecimal; or a later version.
    case policy(String, version: Int, file: String)
    /// No policy of this name, or a later version than this.
    case retired(String, version: Int)
    case resolved(lower: RuleName, upper: RuleName, winner: Resolution.Winner)
    /// A setting is another since the fork.
    case setting(String)
    /// Something was added to a case.
    case completed(CaseUID)
    case happened(CaseUID, String, DayOrTime)
    case neverHappened(CaseUID, String, DayOrTime)

    var isOfCase: Bool {
        switch self {
        case .completed, .happened, .neverHappened: true
        default: false
        }
    }

    /// As <doc:Entries> has it.
    package var code: String {
        func name(_ rule: RuleName) -> String { "\(rule.policy)/\(rule.version)/\(rule.rule)" }
        return switch self {
        case .policy(let name, let version, let file): "policy \(name) \(version) \(file)"
        case .retired(let name, let version): "retired \(name) \(version)"
        case .resolved(let lower, let upper, let winner): "resolved \(name(lower)) \(name(upper)) \(winner.rawValue)"
        case .setting(let key): "setting \(key)"
        case .completed(let uid): "completed \(uid)"
        case .happened(let uid, let event, let time): "happened \(uid) \(event) \(time.text)"
        case .neverHappened(let uid, let event, let time): "never-happened \(uid) \(event) \(time.text)"
        }
    }

    package init?(code: String) {
        // The name of a setting may have blanks.
        if code.hasPrefix("setting ") {
            self = .setting(String(code.dropFirst("setting ".count)))
            return
        }
        let words = code.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        func rule(_ text: String) -> RuleName? {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, let version = Int(parts[1]) else { return nil }
            return RuleName(policy: parts[0], version: version, rule: parts[2])
        }
        switch (words.first, words.count) {
        case ("policy", 4):
            guard let version = Int(words[2]) else { return nil }
            self = .policy(words[1], version: version, file: words[3])
        case ("retired", 3):
            guard let version = Int(words[2]) else { return nil }
            self = .retired(words[1], version: version)
        case ("resolved", 4):
            guard let lower = rule(words[1]), let upper = rule(words[2]),
                let winner = Resolution.Winner(rawValue: words[3])
            else { return nil }
            self = .resolved(lower: lower, upper: upper, winner: winner)
        case ("completed", 2):
            guard let uid = CaseUID(hex: words[1]) else { return nil }
            self = .completed(uid)
        case ("happened", 4), ("never-happened", 4):
            guard let uid = CaseUID(hex: words[1]), let time = DayOrTime(words[3]) else { return nil }
            self = words[0] == "happened" ? .happened(uid, words[2], time) : .neverHappened(uid, words[2], time)
        default: return nil
        }
    }

    /// What differs between rules that were published and those that are here.
    ///
    /// - Parameter changed: settings that were changed behind what both have in common. (What is committed to differs
    ///   from one entry to the next also where it is the same.)
    static func differences(
        of published: RulesBook, from own: RulesBook, changed: Set<String>
    ) -> [LostRule] {
        var lost: [LostRule] = []
        for (name, file) in published.rules.active where own.rules.active[name] != file {
            lost.append(.policy(name, version: file.version, file: file.file))
        }
        for (name, file) in own.rules.active where published.rules.active[name] == nil {
            lost.append(.retired(name, version: file.version))
        }
        for resolution in published.rules.resolutions where !own.rules.resolutions.contains(where: resolution.isSame) {
            lost.append(.resolved(lower: resolution.lower, upper: resolution.upper, winner: resolution.winner))
        }
        let (there, here) = (published.settings?.event.settings ?? [:], own.settings?.event.settings ?? [:])
        return lost + changed.filter { there[$0] != here[$0] }.map { .setting($0) }
    }

    /// What differs between the events of a case that were published and those that are here.
    static func differences(of published: [EventRecord], from own: [EventRecord], _ uid: CaseUID) -> [LostRule] {
        Set((published + own).map(\.name)).flatMap { name -> [LostRule] in
            let there = EventRecord.standing(name, in: published).map(\.time)
            let here = EventRecord.standing(name, in: own).map(\.time)
            return there.filter { !here.contains($0) }.map { .happened(uid, name, $0) }
                + here.filter { !there.contains($0) }.map { .neverHappened(uid, name, $0) }
        }
    }
}

extension Resolution {
    fileprivate func isSame(_ other: Resolution) -> Bool {
        lower == other.lower && upper == other.upper && winner == other.winner
    }
}

extension Session {
    /// The rules, settings and case events of before a fork that have not applied since. What applied once is done.
    package func lostRules(in index: IndexReader) throws -> [LostRule] {
        let named = try holdBook(in: index).lostRules
        guard !named.isEmpty else { return [] }
        let book = try recorder.rulesBook(in: index)
        func applies(_ rule: LostRule, since fork: UInt64) throws -> Bool {
            func isChanged(_ names: String..., where isIt: (RulesBook.Change) -> Bool) -> Bool {
                book.changes.contains { $0.entry > fork && names.contains($0.policy) && isIt($0) }
            }
            switch rule {
            case .policy(let name, let version, let file):
                func isIt(_ found: Int, _ digest: String) -> Bool {
                    found > version || found == version && digest == file
                }
                return book.rules.active[name].map { isIt($0.version, $0.file) } ?? false
                    || isChanged(name) { $0.version.map { isIt($0, $1) } ?? false }
            case .retired(let name, let version):
                return book.rules.active[name].map { $0.version > version } ?? true
                    || isChanged(name) { $0.version.map { found, _ in found > version } ?? true }
            case .resolved(let lower, let upper, let winner):
                return book.rules.resolutions.contains {
                    $0.lower == lower && $0.upper == upper && $0.winner == winner
                } || [lower, upper].contains { book.rules.active[$0.policy]?.version != $0.version }
                    || isChanged(lower.policy, upper.policy) { _ in true }
            case .setting(let key): return book.settingsChanged[key].map { $0 > fork } ?? false
            case .completed(let uid):
                return try strand(of: uid, in: index) { number, event in
                    switch event {
                    case .caseCompleted, .verificationCompleted, .caseCorrected: number > fork
                    default: false
                    }
                }
            case .happened(let uid, let name, let time):
                return try strand(of: uid, in: index) { number, event in
                    if case .caseEventRecorded(let event) = event {
                        event.event == name && event.at == time && number > fork
                    } else {
                        false
                    }
                }
            case .neverHappened(let uid, let name, _):
                return try strand(of: uid, in: index) { number, event in
                    if case .caseEventRecorded(let event) = event {
                        event.event == name && (event.withdraws ?? event.corrects) != nil && number > fork
                    } else {
                        false
                    }
                }
            }
        }
        return try named.filter { try !applies($0.rule, since: $0.fork) }.map(\.rule)
    }

    /// Whether a case, by its proved strand, is gone or has an entry.
    private func strand(
        of uid: CaseUID, in index: IndexReader, has isIt: (UInt64, Event) -> Bool
    ) throws -> Bool {
        let entries = try provedEntries(of: uid, in: index)
        guard !entries.isEmpty else { throw CatalogError.damaged("the entries about case \(uid) are missing") }
        return entries.contains { $0.entry.event.kind == .caseDestroyed || isIt($0.number, $0.entry.event) }
    }

    /// Refuses destruction while what was held, or was a rule, before a fork is not so again.
    package func checkNothingIsLost(in index: IndexReader) throws {
        let holds = try holdBook(in: index).lost.count
        guard holds == 0 else {
            throw ArchiveError(
                .holdsLost,
                "\(Event.count(UInt64(holds), "matter is", "matters are")) held by the ledger that was published "
                    + "before a fork was accepted, and not by this archive: nothing is destroyed",
                remedy:
                    "place each again: \(verb: .holdPlace); \(verb: .auditLog) \(input: .kind) "
                    + "'fork accepted' shows when"
            )
        }
        let rules = try lostRules(in: index)
        guard let first = rules.first else { return }
        throw ArchiveError(
            .rulesLost,
            "by the ledger that was published before a fork was accepted, \(first.sentence { $0.hex })"
                + (rules.count == 1 ? "" : ", and \(rules.count - 1) more like it")
                + "; here it is not so: nothing is destroyed",
            remedy: "have each apply again: \(verb: .status) names them")
    }
}

extension Session {
    /// For people, with the case's ID where that can be opened.
    package func sentence(_ rule: LostRule, in index: IndexReader) -> String {
        rule.sentence { uid in
            let record = try? index.caseRecord(uid)
            return record.flatMap { try? open($0).particulars.caseID } ?? uid.hex
        }
    }
}

extension LostRule {
    fileprivate func sentence(_ name: (CaseUID) -> String) -> String {
        switch self {
        case .policy(let name, let version, _): "\(name) v\(version) is active"
        case .retired(let name, let version): "\(name) v\(version) is retired"
        case .resolved(let lower, let upper, let winner):
            "rule \(lower.rule) of \(lower.policy) and rule \(upper.rule) of \(upper.policy) contradict each other, "
                + "and \(winner == .keep ? "the first" : "the second") counts"
        case .setting(let key): "the setting \(key) is another"
        case .completed(let uid): "more is known of case \(name(uid)), or of a verification of it"
        case .happened(let uid, let event, let time):
            "\(event) happened to case \(name(uid)) at \(time.text), exactly then"
        case .neverHappened(let uid, let event, let time):
            "\(event) of \(time.text) did not happen to case \(name(uid))"
        }
    }
}
