import Archive
import ArgumentParser
import Foundation
import Presentation
internal import Vault

struct CaseConfirmCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract: "Say that what was due when it was imported may be destroyed.",
        discussion: """
            A date that was typed wrong can make media due the moment it comes in. Such media waits, whatever the \
            rules say, until somebody who has looked at its dates says that they are right: with this, or with import \
            --confirm. Where they are wrong, strongroom case correct puts them right.
            """)

    @Argument(help: ArgumentHelp("Case IDs.", valueName: "id"))
    var caseIDs: [String] = []

    @Option(
        name: .customLong("cases"),
        help: ArgumentHelp("A file with a case ID a line, or a table with a column case.", valueName: "file"),
        completion: .file())
    var caseFile: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("How it is known; it stands on the ledger.", valueName: "text"))
    var reason: String

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard caseIDs.isEmpty != (caseFile == nil) else { throw ValidationError("Give case IDs, or --cases FILE.") }
    }

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason)
            let ids = try caseFile.map { try CaseListFile(path: $0).cases } ?? caseIDs.map { try CaseID($0) }
            try common.withArchive { archive in
                var (first, done): (ArchiveError?, Int) = (nil, 0)
                for id in ids {
                    do {
                        say(try archive.intake.confirmDue(of: id, for: reason), id, isBatch: ids.count > 1)
                        done += 1
                    } catch let error as ArchiveError where ids.count > 1 && !error.concernsAll {
                        first = first ?? error
                        if common.json { Terminal.failure(error, exit: Exit.code(of: error).rawValue) }
                        Terminal.complain(error)
                    }
                }
                if let first { throw done > 0 ? Exit.partly : Exit.code(of: first) }
            }
        }
    }

    private func say(_ done: ConfirmedDue, _ id: CaseID, isBatch: Bool) {
        if common.json {
            try? Terminal.document(done, pretty: !isBatch)
            return
        }
        Terminal.print(
            "confirmed: \(Figure.count(done.objects, "object")) of case \(Terminal.visible(id.text)) · ledger entry "
                + "\(done.entry)"
                + (done.due > 0
                    ? " · \(Figure.count(done.due)) \(done.due == 1 ? "is" : "are") due: the next purge destroys "
                        + (done.due == 1 ? "it" : "them") : ""))
    }
}
