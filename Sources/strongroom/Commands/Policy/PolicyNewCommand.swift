import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
import Retention
internal import Vault

struct PolicyNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write the file of a policy of your own, to be filled in.",
        discussion: """
            The file is complete and can be checked and simulated as it is; what it says stands beside it. Give its \
            sources to somebody who knows the law before you activate it.
            """)

    @Argument(help: ArgumentHelp("The policy's name, such as hk-bank.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("The file to write; NAME.yaml by default.", valueName: "file"), completion: .file())
    var out: String?

    @Option(
        help: ArgumentHelp("An ISO 3166 code such as HK or US-IL, EU, EEA or any. May be repeated.", valueName: "code"))
    var jurisdiction: [String] = []

    @Option(help: ArgumentHelp("In which its days are days.", valueName: "zone"))
    var timeZone: String?

    @Flag(help: "Print JSON.")
    var json = false

    private struct Document: Encodable {
        let policy: String
        let output: String
    }

    func validate() throws {
        guard Policy.isName(name) else {
            throw ValidationError("'\(name)' is not a name: use small letters, digits and hyphens, such as hk-bank.")
        }
        for code in jurisdiction where !["EU", "EEA", "any"].contains(code) && !ISO3166.contains(code) {
            throw ValidationError("'\(code)' is not a jurisdiction by ISO 3166: \(ISO3166.advice(about: code)).")
        }
        if let timeZone, TimeZone(identifier: timeZone) == nil {
            throw ValidationError("'\(timeZone)' is not a time zone; give one like Asia/Hong_Kong.")
        }
    }

    private var text: String {
        let places = jurisdiction.isEmpty ? ["any"] : jurisdiction
        return """
            # A retention policy: how long media is kept, and when it is destroyed. Check it with `strongroom policy \
            check`,
            # see what it would change with `strongroom policy simulate`, and only then activate it. A version that was
            # active never changes: raise `version` with every change.
            policy: \(name)
            version: 1
            title: "What this policy is about, in a sentence"

            # Where the figures come from. `checked` is the day on which somebody who knows the law read the text.
            basis:
              - cite: "the law or the contract, with its section"
                says: "what it asks for, in your words"
                checked: unverified

            # Cases of these places; a country takes in its parts. `any` is every case that has a jurisdiction.
            applies-to:
              jurisdiction: [\(places.joined(separator: ", "))]

            # In which time zone a day is a day.
            time-zone: \(timeZone ?? "UTC")

            # What your systems will tell with `strongroom case event`. `once`: the first record counts; `latest`: \
            the last.
            events:
              relationship-ended: once

            rules:
              # What is to be kept: at least so long after the event, and no longer than so long. Where the event \
              never comes,
              # persons are asked after the backstop.
              - name: evidence-of-identity
                media: [best-frame, result]
                outcome: passed
                retain: { from: relationship-ended, at-least: P5Y, at-most: P6Y }
                backstop: { from: captured, after: P20Y }
                cites: [1]
              # What need not be kept.
              - name: videos
                media: [video, action-video]
                retain: { from: captured, at-most: P90D }
                cites: [1]
              # Verifications that were not passed.
              - name: failed
                outcome: failed
                retain: { from: captured, at-most: P30D }
                cites: [1]

            """
    }

    func run() throws {
        try reportingErrors {
            let path = out ?? "\(name).yaml"
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
            } catch CocoaError.fileWriteFileExists {
                throw ArchiveError(.outputExists, "\(path) is there already", remedy: "name another file with --out")
            } catch {
                throw ArchiveError(
                    .storage, "cannot write \(path)",
                    remedy: "see that its directory is there and can be written, or name another file with --out")
            }
            if json { return try Terminal.document(Document(policy: name, output: path)) }
            Terminal.print("\(path) written: fill it in, then strongroom policy check \(path)")
        }
    }
}
