import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct HoldNoticeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notice", abstract: "Write the letter to those who hold copies of what is held.",
        discussion: "It names the bags and items that were given out, to whom and when.")

    @OptionGroup var matter: MatterOption

    @Option(
        help: ArgumentHelp("A new file to write it to; standard output by default.", valueName: "file"),
        completion: .file())
    var out: String?

    @OptionGroup var common: CommonOptions

    private struct Letter: Encodable {
        let matter: String
        let copies: Int
        let text: String
    }

    func run() throws {
        try reportingErrors {
            let matter = try Matter(matter.matter)
            let notice = try common.withArchive {
                try $0.holds.notice(matter) { "strongroom hold acknowledge --matter \($0 ?? "…")" }
            }
            if let out {
                guard !FileManager.default.fileExists(atPath: out) else {
                    throw ArchiveError(.outputExists, "\(out) exists already", remedy: "name another file")
                }
                do {
                    try Data(notice.text.utf8).write(to: URL(fileURLWithPath: out), options: .withoutOverwriting)
                } catch {
                    throw ArchiveError(.storage, "\(out) cannot be written", remedy: "check the path")
                }
                return Terminal.print(
                    "notice written to \(out) · \(Figure.count(notice.copies, "copy", "copies")) named")
            }
            if common.json {
                return try Terminal.document(Letter(matter: notice.matter, copies: notice.copies, text: notice.text))
            }
            for line in notice.text.split(separator: "\n", omittingEmptySubsequences: false) {
                Terminal.print(Terminal.visible(String(line)))
            }
        }
    }
}
