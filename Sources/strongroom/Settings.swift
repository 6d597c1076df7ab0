import Archive
import ArgumentParser
import Foundation

struct Settings: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings", abstract: "Guards that strongroom.yaml would loosen.",
        discussion: """
            What tightens a guard takes effect at once. What loosens one waits, where two persons are needed, and until then \
            the stricter value counts.
            """,
        subcommands: [SettingsShow.self, SettingsApply.self], defaultSubcommand: SettingsShow.self)
}

struct SettingsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what waits for a second person.")

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let loosened = try common.withArchive(toLook: true) { $0.loosenedSettings }
            if common.json { return try Terminal.document(loosened) }
            if loosened.isEmpty { return Terminal.say("strongroom.yaml loosens nothing that does not count already") }
            for setting in loosened {
                Terminal.print("\(setting.name): the file says \(setting.file); \(setting.counts) counts")
            }
            Terminal.print("ask for it with: strongroom settings apply --reason …")
        }
    }
}

struct SettingsApply: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Ask that what the file says counts.")

    @Option(parsing: .unconditional, help: ArgumentHelp("Why.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let entry = try common.withArchive { archive in
                try PermittedText.settle(try archive.applySettings(reason: reason), json: common.json)
            }
            if common.json { return try Terminal.document(["entry": entry]) }
            Terminal.print("the file counts now, ledger entry \(entry)")
        }
    }
}
