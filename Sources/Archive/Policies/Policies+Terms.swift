public import Base
internal import Catalog
internal import Foundation
internal import Ledger
public import Retention
public import Vault

/// What the active terms ask for, and what of this archive meets it.
public struct TermsReport: Encodable, Sendable {
    public let terms: String
    public let version: Int
    public let title: String
    public let obligations: [Line]
    /// Obligations that are not met.
    public let gaps: Int

    public struct Line: Encodable, Sendable {
        public let name: String
        public let says: String
        public let cite: String
        /// Whether the text was read: a date, `unverified`, or `second-hand`.
        public let checked: String
        public let control: String
        /// What shows that the control works here.
        public let evidence: String
        /// Why the obligation is not met; null where it is.
        @OrNull public var gap: String?
    }
}

/// What a case lacks that the active terms ask for.
public struct UnmetTerms: Hashable, Sendable {
    /// `consent`, `age`, `purpose`, `jurisdiction`.
    public let lacks: [String]
    /// Their name and version.
    public let terms: String
    /// Where the first is asked for.
    public let cite: String

    /// As a sentence.
    public var error: ArchiveError {
        ArchiveError(
            .termsUnmet, "the terms \(terms) ask for \(lacks.joined(separator: ", ")) (\(cite))",
            remedy: "register the case with it; \(verb: .policyTerms) shows what the terms ask for")
    }
}

extension Policies {
    /// Compares the active terms with this archive.
    public func termsReport() throws -> TermsReport {
        try session.attempt(.look) {
            try session.catalog.read { index in
                guard let terms = try session.rules(in: index).terms else {
                    throw ArchiveError(
                        .unknownPolicy, "no terms are active",
                        remedy: "fill in the figures of a file of terms for the vendor and activate it"
                    )
                }
                return try report(on: terms, in: index)
            }
        }
    }

    /// The same for terms that are not active yet.
    public func termsReport(on terms: Terms) throws -> TermsReport {
        try session.attempt(.look) { try session.catalog.read { try report(on: terms, in: $0) } }
    }

    /// What a case lacks that the active terms ask for; nil where it lacks nothing.
    func unmetTerms(of record: CaseRecord, in index: IndexReader) throws -> UnmetTerms? {
        guard let terms = try session.rules(in: index).terms else { return nil }
        let missing = [
            (Terms.Control.consentReference, !record.hasConsent, "consent"),
            (.ageAttestation, record.age == nil, "age"), (.purpose, record.purpose == nil, "purpose"),
            (.jurisdiction, record.jurisdictions.isEmpty, "jurisdiction"),
        ].filter { terms.requirements.contains($0.0) && $0.1 }
        guard let first = missing.first else { return nil }
        let obligation = terms.obligations.first { $0.control == first.0 }
        return UnmetTerms(
            lacks: missing.map(\.2), terms: "\(terms.name) v\(terms.version)", cite: obligation?.cite.cite ?? "")
    }

    private func report(on terms: Terms, in index: IndexReader) throws -> TermsReport {
        let counts = try index.caseCounts()
        let lines = try terms.obligations.map { obligation in
            let (evidence, gap) = try state(of: obligation, terms, counts, in: index)
            return TermsReport.Line(
                name: obligation.name, says: obligation.says, cite: obligation.cite.cite,
                checked: obligation.cite.checked, control: obligation.control.rawValue, evidence: evidence, gap: gap)
        }
        return TermsReport(
            terms: terms.name, version: terms.version, title: terms.title, obligations: lines,
            gaps: lines.filter { $0.gap != nil }.count)
    }

    private func state(
        of obligation: Terms.Obligation, _ terms: Terms, _ counts: CaseCounts, in index: IndexReader
    ) throws -> (evidence: String, gap: String?) {
        func particulars(_ having: Int, _ what: String) -> (String, String?) {
            let lacking = counts.cases - having
            return (
                "\(having) of \(Self.cases(counts.cases)) with \(what); while these terms are active, no import is "
                    + "taken without, and a case that is to be pulled is kept and marked",
                lacking == 0 ? nil : "\(Self.cases(lacking)) \(lacking == 1 ? "has" : "have") none"
            )
        }
        switch obligation.control {
        case .consentReference: return particulars(counts.withConsent, "a consent reference")
        case .ageAttestation: return particulars(counts.withAge, "a statement of age")
        case .purpose: return particulars(counts.withPurpose, "a purpose")
        case .jurisdiction: return particulars(counts.withJurisdiction, "a jurisdiction")
        case .accessRecords: return (try entries(.accessOpened, "accesses", in: index), nil)
        case .destructionRecords: return (try entries(.objectDestroyed, "destructions", in: index), nil)
        case .encryption:
            return ("every object is encrypted under a key of its own; a check of the store opens each", nil)
        case .upperBound:
            let (with, all) = try upperBounds(in: index)
            return (
                "\(with) of \(all) objects have an upper bound, or will have one by an event",
                with == all ? nil : "\(all - with) objects have no upper bound"
            )
        case .erasureWithin:
            return ("none", "this version cannot carry out a person's request by itself")
        case .destructionAfterEvent:
            let parameter = terms.parameters.first { $0.name == obligation.parameter }
            guard let most = parameter?.value else {
                return (
                    "none",
                    "the figure \(obligation.parameter ?? "") is not filled in: it stands in the signed agreement"
                )
            }
            let event = obligation.event ?? ""
            let rules = try session.rules(in: index).engine.policies.flatMap { policy in
                policy.rules.filter { rule in
                    rule.anchor == .event(event) && rule.media == nil && rule.outcome == .any && !rule.isFallback
                        && rule.atMost.map { !most.isShorter(than: $0) } ?? false
                        && policy.appliesTo == Policy.Scope()
                }.map { "\(policy.name)/\($0.name)" }
            }
            guard !rules.isEmpty else {
                return ("none", "no active rule wants everything gone within \(most.words) after \(event)")
            }
            return ("rule \(rules.joined(separator: ", "))", nil)
        case .manual: return ("none", "outside of this program: people have to do it, and keep a record of it")
        }
    }

    private static func cases(_ count: Int) -> String { "\(count) \(count == 1 ? "case" : "cases")" }

    /// How many objects have a rule with an upper bound, of how many.
    private func upperBounds(in index: IndexReader) throws -> (with: Int, all: Int) {
        let engine = try session.rules(in: index).engine
        var (with, all, position) = (0, 0, CatalogPosition?.none)
        while case let rows = try index.retentionRows(.all, after: position, limit: 2000), !rows.isEmpty {
            try session.limit.check()
            position = rows.last?.position
            all += rows.count
            with +=
                rows.filter { engine.decide($0.facts, at: session.now).reasons.contains { $0.side == .atMost } }.count
        }
        return (with, all)
    }

    private func entries(_ kind: Event.Kind, _ what: String, in index: IndexReader) throws -> String {
        let count = try index.ledgerCount(kind: kind.rawValue, since: .init(timeIntervalSince1970: 0))
        return "\(count) \(what) are on the ledger"
    }
}
