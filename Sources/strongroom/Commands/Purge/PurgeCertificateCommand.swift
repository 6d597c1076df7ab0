import Archive
import ArgumentParser
import Presentation
internal import Vault

struct PurgeCertificateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate", abstract: "Write a certificate of destruction, for a case or a purge.",
        discussion: """
            A directory with certificate.html to read, certificate.json, and the ledger entries with their proofs. \
            strongroom audit verify checks it, and so do other people's tools.
            """)

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String?

    @Option(name: .customLong("run"), help: ArgumentHelp("The ledger entry that began the purge.", valueName: "entry"))
    var entry: UInt64?

    @Option(help: ArgumentHelp("The directory to make.", valueName: "dir"), completion: .directory)
    var out: String

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (caseID == nil) != (entry == nil) else { throw ValidationError("Give either a case ID or --run ENTRY.") }
    }

    func run() throws {
        try reportingErrors {
            let subject: CertificateSubject =
                try caseID.map { .caseID(try CaseID($0)) } ?? .run(entry ?? 0)
            let done = try common.withArchive { try $0.destruction.certify(subject, to: out) }
            if common.json { return try Terminal.document(done) }
            Terminal.print(
                "certificate written to \(out) · \(Figure.count(done.objects, "object")) destroyed"
                    + (done.kept > 0 ? " · \(Figure.count(done.kept)) of the case still kept" : ""))
        }
    }
}
