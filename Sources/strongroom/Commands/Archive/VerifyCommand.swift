import Archive
import ArgumentParser
import Base
import Presentation
internal import Vault

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every blob, every key and the index against each other.",
        discussion: """
            Reads every blob and compares it with its address, opens every object, and looks for rows without \
            blobs and blobs without rows. Repairs nothing. Exit code 4 if anything does not fit.
            """)

    @Option(
        help: ArgumentHelp("Read and open this share of the objects, chosen at random, such as 5%.", valueName: "n%"))
    var sample: String?

    @Flag(help: "Check addresses, and index against store, without any key.")
    var addressesOnly = false

    @OptionGroup var common: CommonOptions

    private var share: Double? {
        guard let sample else { return 1 }
        let text = sample.hasSuffix("%") ? String(sample.dropLast()) : sample
        guard let percent = Double(text), percent > 0, percent <= 100 else { return nil }
        return percent / 100
    }

    func validate() throws {
        guard share != nil else { throw ValidationError("--sample is a percentage above 0 and up to 100, such as 5%.") }
    }

    func run() throws {
        try reportingErrors {
            var options = VerifyOptions()
            options.sample = share ?? 1
            let bar = ProgressBar("verifying", total: 2, isShown: !common.json)
            let result =
                addressesOnly
                ? try OpenArchive.verifyAddresses(common.directory, options: options, effects: .program) {
                    bar.advance(to: $0, of: $1)
                }
                : try common.withArchive { try $0.audit.verify(options) { bar.advance(to: $0, of: $1) } }
            bar.clear()
            if common.json {
                try Terminal.document(result)
            } else {
                for finding in result.findings {
                    let name = finding.caseID.map { "case \($0): " } ?? ""
                    Terminal.print(Terminal.visible("\(finding.kind.rawValue): \(name)\(finding.message)"))
                }
                say(result)
            }
            if !result.findings.isEmpty { throw Exit.integrity }
        }
    }

    private func say(_ result: StoreReport) {
        let read = addressesOnly ? "compared with their addresses" : "opened"
        let summary =
            "\(Figure.count(result.objects, "object")) in the index, \(Figure.count(result.blobs, "blob")) in "
            + "the store · "
            + "\(addressesOnly ? "" : Figure.count(result.opened) + " ")\(read) (\(Figure.size(result.bytes))) · "
        Terminal.print(
            summary + (result.findings.isEmpty ? "everything fits" : Figure.count(result.findings.count, "finding")))
        if !addressesOnly, !result.isRecorded {
            Terminal.say("note: nothing can be written there, so the ledger does not say that it was verified")
        }
        if result.unsettled > 0 {
            Terminal.say(
                "note: \(Figure.count(result.unsettled, "blob")) of a command that is at work or was killed; "
                    + "pull and import clear them away after 24 h"
            )
        }
        if !result.findings.isEmpty {
            Terminal.say("  nothing was repaired: keep the archive as it is, and restore what is named from a backup")
        }
    }
}
