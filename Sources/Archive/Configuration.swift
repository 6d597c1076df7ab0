internal import Catalog
public import FaceID
internal import Foundation
internal import Ledger
internal import Yams

/// Where the ledger is published.
struct PublicationSettings: Sendable {
    /// Instead of the user's state directory.
    var directory: String?
    /// A program and its arguments.
    var command: [String]?
    /// Entries that may be unpublished.
    var limit: UInt64 = 10_000
    /// How long one may be.
    var hours: Double = 24
}

/// What `strongroom.yaml` says. Every key is documented in the file that ``template(for:)`` writes; a key
/// that is not known is refused.
public struct Configuration: Sendable {
    /// The one format of an archive that this program reads and writes.
    static let format = 1
    static let fileName = "strongroom.yaml"

    var archiveUID: ArchiveUID
    public var endpoint = Endpoint.vendor
    public var region = "ap-singapore"
    public var requestsPerSecond = RequestPace.vendorLimit
    /// Bytes.
    public var answerCap: UInt64 = 64 << 20
    public var connection = CurlTransport.Options()
    /// Where the ledger is published, and how long work goes on when it cannot be.
    var publication = PublicationSettings()
    /// Entries that may be unpublished before work stops.
    public var publicationLimit: Int { Int(publication.limit) }
    /// Hours for which one may be.
    public var publicationHours: Double { publication.hours }
    /// The purposes that a case may be registered with.
    public var purposes = ["onboarding", "periodic-review", "account-recovery", "transaction"]

    static func template(for uid: ArchiveUID, publishedTo place: String) -> String {
        """
        # A Strongroom archive. Times are seconds, sizes are bytes. A key that is not known is refused.

        # The format of this directory, and the archive's name. Do not change either.
        format: \(format)
        archive: \(uid.hex)

        # Where results are pulled from.
        vendor:
          endpoint: \(Endpoint.vendor.url)
          region: ap-singapore
          # The vendor allows 20 requests a second; all commands of this archive share them.
          requests-per-second: 20
          # The largest answer that is read.
          answer-cap: 67108864
          connect-timeout: 10
          # A transfer that is slower than 1,000 bytes a second for this long has stalled.
          stall-timeout: 30
          total-timeout: 600
          # A PEM file, where the system's certificates are not the ones to trust.
          # ca-bundle: /etc/ssl/certs/ca-certificates.crt

        # Where the ledger's checkpoints and entries are published, outside of the archive.
        ledger:
          # A directory, best on another machine.
          directory: \(quoted(place))
          # Or a program and its arguments, which is handed what is new.
          # command: [/usr/local/bin/publish, --to, elsewhere]
          # Work stops when more entries than this could not be published, or one of them for so long.
          unpublished-limit: 10000
          unpublished-hours: 24

        # The codes that --purpose takes.
        purposes:
          - onboarding
          - periodic-review
          - account-recovery
          - transaction

        """
    }

    /// A text in double quotes, as YAML reads it.
    private static func quoted(_ text: String) -> String {
        String(decoding: CanonicalJSON.text(text).bytes, as: UTF8.self)
    }

    /// - Parameter path: for messages.
    init(yaml text: String, path: String) throws(ArchiveError) {
        let reader: YAMLReader
        do {
            reader = try YAMLReader(text: text, path: path)
        } catch let error as ArchiveError {
            throw error
        } catch {
            throw ArchiveError(
                .badConfiguration, "\(path) is not YAML: \(error)", hint: "mend the file; init shows a good one")
        }
        try reader.allow(["format", "archive", "vendor", "ledger", "purposes"])
        let format = try reader.number("format")
        guard format == Double(Self.format) else {
            throw ArchiveError(
                .otherFormat,
                "\(path): the archive has format \(format.flatMap { Int(exactly: $0) }.map(String.init) ?? "unknown"), this program reads format \(Self.format)",
                hint: "use the version of strongroom that the archive was made with")
        }
        guard let uid = try reader.text("archive").flatMap({ ArchiveUID(hex: $0) }) else {
            throw ArchiveError(.badConfiguration, "\(path): archive is not 32 hexadecimal digits")
        }
        archiveUID = uid
        if let vendor = try reader.section("vendor") { try read(vendor) }
        if let ledger = try reader.section("ledger") { try read(ledger: ledger) }
        if let purposes = try reader.texts("purposes") {
            for purpose in purposes where purpose.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) == nil {
                throw ArchiveError(
                    .badConfiguration, "\(path): '\(PlainText.excerpt(purpose))' is not a purpose code",
                    hint: "use small letters, digits and hyphens")
            }
            self.purposes = purposes
        }
    }

    private mutating func read(_ vendor: YAMLReader) throws(ArchiveError) {
        try vendor.allow([
            "endpoint", "region", "requests-per-second", "answer-cap", "connect-timeout", "stall-timeout",
            "total-timeout", "ca-bundle",
        ])
        if let text = try vendor.text("endpoint") { endpoint = try Self.endpoint(text) }
        if let text = try vendor.text("region") { region = try Self.region(text) }
        if let number = try vendor.number("requests-per-second", within: 0.01...1000) { requestsPerSecond = number }
        if let number = try vendor.number("answer-cap", within: 1024...4_294_967_296) { answerCap = UInt64(number) }
        if let number = try vendor.number("connect-timeout", within: 0.1...600) { connection.connectTimeout = number }
        if let number = try vendor.number("stall-timeout", within: 1...600) { connection.stallTimeout = number }
        if let number = try vendor.number("total-timeout", within: 1...86_400) { connection.totalTimeout = number }
        connection.caBundle = try vendor.text("ca-bundle")
    }

    private mutating func read(ledger: YAMLReader) throws(ArchiveError) {
        try ledger.allow(["directory", "command", "unpublished-limit", "unpublished-hours"])
        publication.directory = try ledger.text("directory")
        publication.command = try ledger.texts("command")
        if let number = try ledger.number("unpublished-limit", within: 1...1_000_000_000) {
            publication.limit = UInt64(number)
        }
        if let number = try ledger.number("unpublished-hours", within: 0.01...8760) { publication.hours = number }
        for path in [publication.directory, publication.command.map { $0.first ?? "" }].compactMap({ $0 }) {
            guard path.hasPrefix("/") else {
                throw ArchiveError(
                    .badConfiguration, "'\(PlainText.excerpt(path))' is not an absolute path",
                    hint: "give the whole path of the directory or program that the ledger is published to")
            }
        }
        guard publication.directory == nil || publication.command == nil else {
            throw ArchiveError(
                .badConfiguration, "the ledger is published to a directory or by a command, not both",
                hint: "take one of them out of strongroom.yaml")
        }
    }

    /// Reads an endpoint that a person gave.
    public static func endpoint(_ text: String) throws(ArchiveError) -> Endpoint {
        guard let endpoint = Endpoint(text) else {
            throw ArchiveError(
                .badConfiguration, "'\(PlainText.excerpt(text))' is not an endpoint",
                hint: "give https://HOST, or http://127.0.0.1:PORT for a simulator on this machine")
        }
        return endpoint
    }

    /// Reads a region that a person gave.
    public static func region(_ text: String) throws(ArchiveError) -> String {
        guard text.wholeMatch(of: /[a-z]{2,}(-[a-z0-9]+){1,3}/) != nil, text.utf8.count <= 40 else {
            throw ArchiveError(
                .badConfiguration, "'\(PlainText.excerpt(text))' is not a region", hint: "give one like ap-singapore")
        }
        return text
    }
}

/// A mapping of a YAML file, read strictly: unknown and repeated keys and wrong types are errors with
/// their line.
private struct YAMLReader {
    private let mapping: Node.Mapping
    private let path: String

    init(text: String, path: String) throws {
        guard let root = try Yams.compose(yaml: text), let mapping = root.mapping else {
            throw ArchiveError(
                .badConfiguration, "\(path) holds no settings", hint: "put back the file that init wrote")
        }
        self.init(mapping: mapping, path: path)
    }

    private init(mapping: Node.Mapping, path: String) {
        self.mapping = mapping
        self.path = path
    }

    func allow(_ keys: Set<String>) throws(ArchiveError) {
        for (key, _) in mapping where !keys.contains(key.string ?? "") {
            throw problem(
                key,
                "'\(PlainText.excerpt(key.string ?? "?"))' is not a setting; known here are \(keys.sorted().joined(separator: ", "))"
            )
        }
    }

    func section(_ key: String) throws(ArchiveError) -> YAMLReader? {
        guard let node = mapping[key] else { return nil }
        guard let mapping = node.mapping else { throw problem(node, "\(key) is not a group of settings") }
        return YAMLReader(mapping: mapping, path: path)
    }

    func text(_ key: String) throws(ArchiveError) -> String? {
        guard let node = mapping[key] else { return nil }
        guard let text = node.string, !text.isEmpty else { throw problem(node, "\(key) is not a text") }
        return text
    }

    func texts(_ key: String) throws(ArchiveError) -> [String]? {
        guard let node = mapping[key] else { return nil }
        guard let sequence = node.sequence else { throw problem(node, "\(key) is not a list") }
        var texts: [String] = []
        for item in sequence {
            guard let text = item.string else { throw problem(item, "\(key) has an item that is not a text") }
            texts.append(text)
        }
        return texts
    }

    func number(_ key: String, within range: ClosedRange<Double>? = nil) throws(ArchiveError) -> Double? {
        guard let node = mapping[key] else { return nil }
        guard let text = node.string, let number = Double(text), number.isFinite else {
            throw problem(node, "\(key) is not a number")
        }
        if let range, !range.contains(number) {
            throw problem(
                node, "\(key) is not between \(range.lowerBound.formatted()) and \(range.upperBound.formatted())")
        }
        return number
    }

    private func problem(_ node: Node, _ what: String) -> ArchiveError {
        ArchiveError(
            .badConfiguration, "\(path)\(node.mark.map { ", line \($0.line)" } ?? ""): \(what)",
            hint: "mend the file and try again")
    }
}
