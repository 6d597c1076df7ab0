import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

/// What is said of a case and its verification; on a batch, of all of its rows that do not say it themselves.
struct RegistrationOptions: ParsableArguments {
    @Option(
        name: .customLong("case"), parsing: .unconditional,
        help: ArgumentHelp("The case ID: 1 to 200 bytes of UTF-8.", valueName: "id"))
    var caseID: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The SDK token of the verification. Give -, which reads it from standard input: what stands on a command "
                + "line is seen by every user of the host, and kept by shells.", valueName: "token"))
    var sdkToken: String?

    /// What is given to it is taken out of the command line before that is read, and this stands there.
    static let tokenOption = "--sdk-token"
    private static let isTaken = "-"

    /// The token is to come from standard input.
    var readsToken: Bool { sdkToken == Self.isTaken && !ProcessStart.hasSecret(Self.tokenOption) }

    @Option(
        help: ArgumentHelp(
            "When the token was issued, such as 2026-11-22T08:02Z. The vendor's 72 hours count from it.",
            valueName: "time"))
    var tokenIssuedAt: String?

    @Option(
        help: ArgumentHelp(
            "When the person stood before the camera, where it is known better than by the token; a day is all of it.",
            valueName: "time"))
    var capturedAt: String?

    @Option(
        help: ArgumentHelp("An ISO 3166 code such as HK or US-IL. May be given several times.", valueName: "code"))
    var jurisdiction: [String] = []

    @Option(parsing: .unconditional, help: ArgumentHelp("Your reference for the person.", valueName: "ref"))
    var subject: String?

    @Option(help: ArgumentHelp("Why the person was verified: a code of strongroom.yaml.", valueName: "code"))
    var purpose: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("Your reference for the person's consent.", valueName: "ref"))
    var consent: String?

    @Option(help: ArgumentHelp("What is known of the person's age: adult or parental-consent.", valueName: "code"))
    var age: String?

    @Option(
        help: ArgumentHelp(
            "A table of verifications (CSV, with commas, semicolons or tabs) whose first line names columns as these "
                + "options are named; - is standard input.",
            valueName: "file"),
        completion: .file())
    var from: String?

    @OptionGroup var zone: ZoneOptions

    func validate() throws {
        if from != nil, caseID != nil || sdkToken != nil {
            throw ValidationError("With --from, the case and the token stand in the table.")
        }
    }

    private func input(region: String?, for archive: Session) throws -> Registration.Input {
        var input = Registration.Input(timeZone: zone.zone(of: archive))
        input.caseID = caseID ?? ""
        input.jurisdictions = jurisdiction
        input.subject = subject
        input.purpose = purpose
        input.consent = consent
        input.age = age
        input.token = try sdkToken.map { text in
            guard text == Self.isTaken else { return SecretText(text.utf8) }
            return try ProcessStart.takeSecret(Self.tokenOption) ?? Self.firstLineOfStandardInput()
        }
        input.tokenIssuedAt = tokenIssuedAt
        input.capturedAt = capturedAt
        input.region = region
        return input
    }

    var saysSomething: Bool {
        !jurisdiction.isEmpty || [tokenIssuedAt, capturedAt, subject, purpose, consent].contains { $0 != nil }
    }

    /// Reads the table that `--from` names.
    func table(_ use: RegistrationTable.Use, for archive: Session, region: String? = nil) throws -> RegistrationTable {
        let path = from ?? "-"
        let name = path == "-" ? "standard input" : path
        let content: SecretText
        do throws(FileError) {
            content =
                path == "-"
                ? try SecretText(reading: STDIN_FILENO, path: name, limit: Self.longestTable)
                : try SecretText(contentsOf: path, limit: Self.longestTable)
        } catch {
            if error.code == EINTR { throw ArchiveError(WaitEnded.cancelled) }
            throw ArchiveError(
                .badTable, "\(name) cannot be read: \(String(cString: strerror(error.code)).lowercased())",
                remedy: "check the path; a table has 1 GiB at most")
        }
        let shared = try input(region: region, for: archive)
        return try content.withBytes {
            try RegistrationTable(
                $0, name: name, use: use, shared: shared, purposes: archive.configuration.purposes, now: Date())
        }
    }

    /// Bytes.
    private static let longestTable = 1 << 30

    func registration(for archive: Session, region: String? = nil) throws -> Registration {
        try Registration(try input(region: region, for: archive), purposes: archive.configuration.purposes, now: Date())
    }

    private static func firstLineOfStandardInput() throws -> SecretText {
        do throws(FileError) {
            return try Terminal.withoutEcho("SDK token") { () throws(FileError) in
                try SecretText(reading: STDIN_FILENO, path: "standard input", firstLine: true, limit: 64 << 10).trimmed
            }
        } catch {
            if error.code == EINTR { throw ArchiveError(WaitEnded.cancelled) }
            throw ArchiveError(error, subject: "the SDK token")
        }
    }
}
