public import StrictYAML

/// What an agreement asks of who keeps the media: a list of obligations, and what of this program meets each. See
/// <doc:TermsFiles>.
public struct Terms: Equatable, Sendable {
    public let name: String
    public let version: Int
    public let title: String
    public let basis: [Policy.Basis]
    public let parameters: [Parameter]
    public let obligations: [Obligation]

    /// A figure that only the signed agreement has.
    public struct Parameter: Equatable, Sendable {
        public let name: String
        public let says: String
        /// Nil until the customer fills it in.
        public let value: RetentionPeriod?
        public let position: YAMLPosition?
    }

    /// Something in this program that meets an obligation, or helps to.
    public enum Control: String, Sendable, CaseIterable {
        /// A case is registered only with a reference to the person's consent.
        case consentReference = "consent-reference"
        /// A case is registered only with a statement that the person is of age, or that a parent consented.
        case ageAttestation = "age-attestation"
        /// A case is registered only with a purpose.
        case purpose
        /// A case is registered only with a jurisdiction.
        case jurisdiction
        /// A person's request leads to destruction within the time of the parameter.
        case erasureWithin = "erasure-within"
        /// An active rule destroys within the time of the parameter after the event.
        case destructionAfterEvent = "destruction-after-event"
        /// Every object has an upper bound.
        case upperBound = "upper-bound"
        /// Every access to media is on the ledger.
        case accessRecords = "access-records"
        /// Every destruction is on the ledger, with certificates.
        case destructionRecords = "destruction-records"
        /// Media is kept encrypted.
        case encryption
        /// Nothing in this program: people have to do it.
        case manual
    }

    public struct Obligation: Equatable, Sendable {
        public let name: String
        public let says: String
        public let cite: Policy.Basis
        public let control: Control
        public let parameter: String?
        /// For ``Control/destructionAfterEvent``.
        public let event: String?
        public let position: YAMLPosition?
    }

    /// Whether a file is one of terms; otherwise it is a policy.
    public static func isTerms(_ text: String) -> Bool {
        guard let file = try? YAMLMapping(text) else { return false }
        return file.has("terms")
    }

    /// Reads a file of terms.
    public init(yaml text: String) throws(YAMLProblem) {
        let file = try YAMLMapping(text)
        try file.allow(["terms", "version", "title", "basis", "parameters", "obligations"])
        name = try Policy.code(try file.needText("terms"), "terms", in: file)
        guard let version = try file.wholeNumber("version", within: 1...1_000_000) else {
            throw file.missing("version")
        }
        self.version = version
        title = try file.needText("title")
        basis = try Policy.basis(file)
        var parameters: [Parameter] = []
        for item in try file.mappings("parameters") ?? [] {
            try item.allow(["name", "says", "value"])
            let name = try Policy.code(try item.needText("name"), "name", in: item)
            guard !parameters.contains(where: { $0.name == name }) else {
                throw item.problem("name", "the parameter \(name) stands there twice")
            }
            let isUnset = try item.text("value") == "unset"
            parameters.append(
                Parameter(
                    name: name, says: try item.needText("says"),
                    value: isUnset ? nil : try Policy.period("value", in: item), position: item.position))
        }
        self.parameters = parameters
        guard let items = try file.mappings("obligations"), !items.isEmpty else { throw file.missing("obligations") }
        var obligations: [Obligation] = []
        for item in items {
            let obligation = try Self.obligation(item, basis: basis, parameters: parameters)
            guard !obligations.contains(where: { $0.name == obligation.name }) else {
                throw item.problem("name", "the obligation \(obligation.name) stands there twice")
            }
            obligations.append(obligation)
        }
        self.obligations = obligations
    }

    private static func obligation(
        _ item: YAMLMapping, basis: [Policy.Basis], parameters: [Parameter]
    ) throws(YAMLProblem) -> Obligation {
        try item.allow(["name", "says", "cite", "control", "parameter", "event"])
        guard let number = try item.wholeNumber("cite", within: 1...1000) else { throw item.missing("cite") }
        guard basis.indices.contains(number - 1) else {
            throw item.problem("cite", "cite is not the number of one of \(basis.count) sources in basis")
        }
        guard let control = Control(rawValue: try item.needText("control")) else {
            throw item.problem(
                "control", "control is one of \(Control.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let parameter = try item.text("parameter")
        if let parameter, !parameters.contains(where: { $0.name == parameter }) {
            throw item.problem("parameter", "'\(YAMLMapping.excerpt(parameter))' is not one of the parameters")
        }
        let event = try item.text("event")
        switch control {
        case .erasureWithin, .destructionAfterEvent:
            guard parameter != nil else { throw item.missing("parameter") }
            guard control == .erasureWithin || event != nil else { throw item.missing("event") }
        default: break
        }
        return Obligation(
            name: try Policy.code(try item.needText("name"), "name", in: item), says: try item.needText("says"),
            cite: basis[number - 1], control: control, parameter: parameter, event: event, position: item.position)
    }

    /// The same in the words of a registration.
    public var asksFor: [String] {
        let words: [(Control, String)] = [
            (.consentReference, "consent"), (.ageAttestation, "age"), (.purpose, "purpose"),
            (.jurisdiction, "jurisdiction"),
        ]
        return words.filter { requirements.contains($0.0) }.map(\.1)
    }

    /// What a registration must bring.
    public var requirements: Set<Control> {
        Set(obligations.map(\.control)).intersection([.consentReference, .ageAttestation, .purpose, .jurisdiction])
    }
}
