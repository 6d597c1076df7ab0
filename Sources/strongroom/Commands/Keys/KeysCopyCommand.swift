import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct KeysCopyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Keep a second copy of the sealed keyring.",
        discussion: """
            As init --keyring-copy does, for an archive that exists: makes the copy, and names its directory in the \
            configuration, so that every command keeps it the newest. The copy opens nothing without the root key: \
            keep the two apart. Where keyring.sealed is lost, put the copy in its place.
            """)

    @Argument(
        help: ArgumentHelp("An existing directory outside of the archive, best on another disk.", valueName: "dir"),
        completion: .directory)
    var directory: String

    @OptionGroup var common: CommonOptions

    private struct Report: Encodable {
        let keyringCopy: String
        let configuration: String
    }

    func run() throws {
        try reportingErrors {
            let (copy, configuration) = try OpenArchive.keepKeyringCopy(
                in: URL(fileURLWithPath: directory).standardizedFileURL.path, of: common.directory,
                rootKey: common.rootKey, effects: common.effects)
            if common.json {
                return try Terminal.document(Report(keyringCopy: copy, configuration: configuration))
            }
            Terminal.print("second copy of the sealed keyring: \(copy)")
            Terminal.print("  every command keeps it the newest: \(configuration) names its directory")
        }
    }
}
