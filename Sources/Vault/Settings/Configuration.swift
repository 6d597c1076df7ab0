package import Base
public import Foundation
internal import Ledger
internal import StrictYAML
public import Vendor

/// Where the ledger is published.
package struct PublicationSettings: Sendable {
    /// Instead of the user's state directory.
    package var directory: String?
    /// A program and its arguments.
    package var command: [String]?
    /// Where the mark is kept, instead of the user's state directory.
    package var mark: String?
    /// Entries that may be unpublished.
    package var limit: UInt64 = 10_000
    /// How long one may be.
    package var hours: Double = 24
}

/// What `strongroom.yaml` and the operator's own file say. Every key is documented in the files that
/// ``template(for:)`` and ``operatorTemplate(for:publishedTo:vendor:)`` write; a key that is not known is refused. See
/// <doc:Settings>.
public struct Configuration: Sendable {
    /// The one format of an archive that this program reads and writes.
    package static let format = 1
    package static let fileName = "strongroom.yaml"

    package var archiveUID: ArchiveUID
    /// How the vendor is asked.
    public var vendor: ProviderSettings
    /// What becomes of a process whose memory for keys the system does not lock.
    package enum LockedMemoryRule: String, Sendable {
        case preferred, required
    }

    package var lockedMemory = LockedMemoryRule.preferred
    /// Where the ledger is published, and how long work goes on when it cannot be.
    package var publication = PublicationSettings()
    /// Entries that may be unpublished before work stops.
    public var publicationLimit: Int { Int(publication.limit) }
    /// Hours for which one may be.
    public var publicationHours: Double { publication.hours }
    /// A directory with a second copy of the sealed keyring.
    public internal(set) var keyringCopy: String?
    /// In which a day is a day, where neither a policy nor an option says so.
    public internal(set) var timeZone = TimeZone.gmt
    /// A file with the vendor's credentials.
    public internal(set) var credentialsFile: String?
    /// How destruction is timed, and what stops it.
    public var retention = RetentionSettings()
    /// Days for which everything counts as held after a hold was released.
    public var coolingDays = 30.0
    /// Seconds for which a request waits.
    public var requestLifetime: TimeInterval = 7 * 86_400
    /// Who has to allow a guarded verb, where it is not as usual.
    package var approvals: [GuardedVerb: ApprovalRule] = [:]
    /// The purposes that a case may be registered with.
    public var purposes = ["onboarding", "periodic-review", "account-recovery", "transaction"]

    static func template(for uid: ArchiveUID) -> String {
        """
        # The guards of a Strongroom archive. A key that is not known is refused. What makes a guard stricter counts
        # from the next command on; what loosens one, or changes anything else, counts once `strongroom settings apply`
        # was run, and a second person has allowed it where there are two.

        # The format of this directory, and the archive's name. Do not change either.
        format: \(format)
        archive: \(uid.hex)

        # Where the ledger is published stands in the operator's own configuration, outside of the archive. Work stops
        # when more entries than this could not be published, or one of them for so long.
        ledger:
          unpublished-limit: 10000
          unpublished-hours: 24

        # When what is due is destroyed, and what stops destruction until a named person says otherwise.
        retention:
          # Hours before the upper bound at which an object becomes due, and after it at which it is overdue.
          lead-hours: 24
          grace-hours: 24
          # A purge of more objects than this share (in percent) and this number, in any 24 hours, has to be confirmed.
          limit-percent: 5
          limit-objects: 100
          # The clock may be this much ahead of the newest time on record (days), or behind it (seconds).
          clock-ahead-days: 30
          clock-behind-seconds: 300
          # How long a plan can be applied.
          plan-hours: 24
          # How long "was it destroyed, and when?" can be answered to who knows the case ID: a calendar duration.
          remember-destroyed: P3Y
          # A purge run compacts the index where that was last done so many days ago; 0 for never.
          compact-days: 30

        # Legal holds: days for which everything counts as held after a release (30 at least while one person can do \
        all).
        holds:
          cooling-days: 30

        # What needs a second person, once two hold approving tokens.
        approvals:
          # How long a request waits.
          request-days: 7
          # Other roles (approver, legal, privacy) or more persons than usual for a verb:
          # hold release: { roles: [legal], quorum: 2 }

        # The codes that --purpose takes.
        purposes:
          - onboarding
          - periodic-review
          - account-recovery
          - transaction

        """
    }

    /// A text in double quotes, as YAML reads it.
    static func quoted(_ text: String) -> String {
        String(decoding: CanonicalJSON.text(text).bytes, as: UTF8.self)
    }

    /// - Parameter path: for messages.
    /// - Parameter vendor: what counts where the file says nothing.
    package init(yaml text: String, path: String, vendor: ProviderSettings) throws(ArchiveError) {
        do {
            try self.init(reading: try YAMLMapping(text), vendor: vendor)
        } catch let error as ArchiveError {
            throw ArchiveError(error.code, "\(path): \(error.message)", remedy: error.remedy)
        } catch {
            throw ArchiveError(
                .badConfiguration, (error as? YAMLProblem)?.description(of: path) ?? "\(path): \(error)",
                remedy: "mend the file and try again")
        }
    }

    private init(reading reader: YAMLMapping, vendor standard: ProviderSettings) throws {
        vendor = standard
        if reader.has("vendor") { throw Self.operators("vendor") }
        try reader.allow(["format", "archive", "ledger", "purposes", "retention", "holds", "approvals"])
        let format = try reader.number("format")
        guard format == Double(Self.format) else {
            throw ArchiveError(
                .otherFormat,
                "the archive has format \(format.flatMap { Int(exactly: $0) }.map(String.init) ?? "unknown"), "
                    + "this program reads format \(Self.format)",
                remedy: "use the version of the program that the archive was made with")
        }
        guard let uid = try reader.text("archive").flatMap({ ArchiveUID(hex: $0) }) else {
            throw ArchiveError(.badConfiguration, "archive is not 32 hexadecimal digits")
        }
        archiveUID = uid
        if let ledger = try reader.mapping("ledger") { try read(ledger: ledger) }
        if let section = try reader.mapping("retention") { retention = try RetentionSettings(section) }
        if let section = try reader.mapping("holds") {
            try section.allow(["cooling-days"])
            if let days = try section.number("cooling-days", within: 0...3650) { coolingDays = days }
        }
        if let section = try reader.mapping("approvals") { try read(approvals: section) }
        if let purposes = try reader.texts("purposes") {
            for purpose in purposes where purpose.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) == nil {
                throw ArchiveError(
                    .badConfiguration, "'\(PlainText.excerpt(purpose))' is not a purpose code",
                    remedy: "use small letters, digits and hyphens")
            }
            self.purposes = purposes
        }
    }

    private mutating func read(ledger: YAMLMapping) throws {
        for key in ["directory", "command"] where ledger.has(key) { throw Self.operators("ledger: \(key)") }
        try ledger.allow(["unpublished-limit", "unpublished-hours"])
        if let number = try ledger.number("unpublished-limit", within: 1...1_000_000_000) {
            publication.limit = UInt64(number)
        }
        if let number = try ledger.number("unpublished-hours", within: 0.01...8760) { publication.hours = number }
    }

    private static func operators(_ key: String) -> ArchiveError {
        ArchiveError(
            .badConfiguration, "\(key) is not believed here: who can write into the archive must not choose it",
            remedy: "put it into the operator's own configuration, outside of the archive; see \(input: .config)")
    }

    private mutating func read(approvals section: YAMLMapping) throws {
        try section.allow(Set(["request-days"] + GuardedVerb.allCases.map(\.rawValue)))
        if let days = try section.number("request-days", within: 0.01...365) { requestLifetime = days * 86_400 }
        for verb in GuardedVerb.allCases {
            guard let rule = try section.mapping(verb.rawValue) else { continue }
            try rule.allow(["roles", "quorum"])
            var read = ApprovalRule(roles: verb.standardRoles)
            if let names = try rule.texts("roles") {
                read.roles = try names.map { name in
                    guard let role = Role(rawValue: name), role.approves else {
                        throw ArchiveError(
                            .badConfiguration, "'\(PlainText.excerpt(name))' is not a role that approves",
                            remedy: "use approver, legal or privacy")
                    }
                    return role
                }
                guard !read.roles.isEmpty else {
                    throw ArchiveError(
                        .badConfiguration, "nobody may approve \(verb.rawValue)",
                        remedy: "name a role, or leave roles out")
                }
            }
            if let number = try rule.wholeNumber("quorum", within: 1...20) { read.quorum = number }
            approvals[verb] = read
        }
    }

    /// Reads an endpoint that a person gave.
    public static func endpoint(_ text: String) throws(ArchiveError) -> Endpoint {
        guard let endpoint = Endpoint(text) else {
            throw ArchiveError(
                .badConfiguration, "'\(PlainText.excerpt(text))' is not an endpoint",
                remedy: "give https://HOST, or http://127.0.0.1:PORT for a simulator on this machine")
        }
        return endpoint
    }

    /// Reads a region that a person gave.
    public static func region(_ text: String) throws(ArchiveError) -> String {
        guard text.wholeMatch(of: /[a-z]{2,}(-[a-z0-9]+){1,3}/) != nil, text.utf8.count <= 40 else {
            throw ArchiveError(
                .badConfiguration, "'\(PlainText.excerpt(text))' is not a region", remedy: "give one like ap-singapore")
        }
        return text
    }
}
