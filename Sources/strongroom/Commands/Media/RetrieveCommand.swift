import Archive
import ArgumentParser
import Base
import Foundation
import Presentation
internal import Vault

struct RetrieveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieve",
        abstract: "Take media of a case out of the archive.",
        discussion: """
            With --out, writes everything of the case as a BagIt bag (RFC 8493): data/1/best-frame.jpg, \
            data/1/result.json and so on, one folder for each verification. With --media and --output, writes one \
            item, or with --range a part of it. The access is on the ledger before the first byte leaves; the bag \
            holds its chain of custody (custody.html), which strongroom audit verify checks. What is written is \
            readable by you alone, appears whole or not at \
            all, and never replaces anything.
            """)

    @Argument(help: ArgumentHelp("The case ID; of several, each becomes a bag in the directory.", valueName: "id"))
    var caseIDs: [String]

    @Option(parsing: .unconditional, help: ArgumentHelp("Why it is retrieved.", valueName: "text"))
    var reason: String

    @Option(help: ArgumentHelp("The directory to make the bag in.", valueName: "dir"), completion: .directory)
    var out: String?

    @Option(
        help: ArgumentHelp("One kind: best-frame, video, action-video, result or unreadable-answer.", valueName: "kind")
    )
    var media: String?

    @Option(help: ArgumentHelp("The number of the verification, where several have this kind.", valueName: "n"))
    var verification: Int?

    @Option(help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"), completion: .file())
    var output: String?

    @Option(
        help: ArgumentHelp(
            "Bytes FIRST to LAST, both counted from 0 and included; FIRST- goes to the end.", valueName: "first-last"))
    var range: String?

    @Flag(help: "Show in the chain of custody also the reasons that others gave.")
    var withReasons = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if reason.allSatisfy(\.isWhitespace) {
            throw ValidationError("--reason says why the media is retrieved; it cannot be empty.")
        }
        guard !caseIDs.isEmpty else { throw ValidationError("Give a case ID.") }
        if caseIDs.count > 1, out == nil { throw ValidationError("Several cases are retrieved with --out DIR.") }
        if output == "-", isatty(STDOUT_FILENO) == 1 {
            throw ValidationError(
                "Media is not printed to a terminal: send it on with | or >, or name a file with --output.")
        }
        guard (out == nil) != (output == nil) else {
            throw ValidationError("Give either --out DIR, or --media KIND --output FILE.")
        }
        guard (media == nil) == (output == nil) else { throw ValidationError("--media and --output belong together.") }
        if out != nil, range != nil || verification != nil {
            throw ValidationError("--range and --verification go with --media.")
        }
        if let range, ByteRange(range) == nil { throw ValidationError("--range is FIRST-LAST, such as 0-1023.") }
    }

    func run() throws {
        try reportingErrors {
            let reason = try Reason(reason.trimmingCharacters(in: .whitespaces))
            let caseIDs = try caseIDs.map { try CaseID($0) }
            try common.withArchive { archive in
                let named = try caseIDs.map { try archive.retrieval.named($0) }
                guard named.count > 1, let out else { return try retrieve(named[0], for: reason, from: archive) }
                try retrieve(named, for: reason, into: out, from: archive)
            }
        }
    }

    /// A bag for each, named by the case's UID, in a new directory.
    private func retrieve(_ caseIDs: [CaseID], for reason: Reason, into out: String, from archive: Session) throws {
        guard mkdir(out, 0o700) == 0 else {
            throw ArchiveError(
                errno == EEXIST ? .outputExists : .storage,
                "cannot make \(out): \(String(cString: strerror(errno)).lowercased())",
                remedy: "name a directory that is not there yet, in one that is")
        }
        var (failed, done) = ([ArchiveError](), 0)
        for caseID in caseIDs {
            do {
                let uid = try archive.retrieval.caseDetails(caseID).caseUID
                let report = try archive.retrieval.retrieve(
                    caseID, for: reason, to: "\(out)/\(uid)", withReasons: withReasons)
                done += 1
                if common.json {
                    try Terminal.document(report, pretty: false)
                } else {
                    Terminal.print(
                        "\(Terminal.visible(caseID.text)): bag written to \(report.output) · "
                            + "\(Figure.count(report.files, "file")) · \(Figure.size(report.bytes))")
                }
            } catch let error as ArchiveError where !error.concernsAll {
                failed.append(error)
                if common.json { Terminal.failure(error, exit: Exit.code(of: error).rawValue) }
                Terminal.complain(error)
            }
        }
        guard let first = failed.first else { return }
        if done == 0 { rmdir(out) }
        throw done == 0 ? Exit.code(of: first) : Exit.partly
    }

    private func retrieve(_ caseID: CaseID, for reason: Reason, from archive: Session) throws {
        if let out {
            let done = try archive.retrieval.retrieve(caseID, for: reason, to: out, withReasons: withReasons)
            if common.json { return try Terminal.document(done) }
            Terminal.print("bag written to \(out) · \(Figure.count(done.files, "file")) · \(Figure.size(done.bytes))")
            return
        }
        guard let media, let output else { return }
        let item = ItemName(kind: media, verification: verification)
        let part = range.flatMap { ByteRange($0) }
        if output == "-" {
            return try archive.retrieval.retrieve(item, of: caseID, range: part, for: reason, emit: Self.writeOut)
        }
        let done = try archive.retrieval.retrieve(item, of: caseID, range: part, for: reason, toFile: output)
        if common.json { return try Terminal.document(done) }
        Terminal.print("\(media) written to \(output) · \(done.mediaType ?? "") · \(Figure.size(done.bytes))")
    }

    private static func writeOut(_ piece: UnsafeRawBufferPointer) throws {
        var rest = piece[...]
        while !rest.isEmpty {
            let count = Foundation.write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress!, rest.count)
            if count < 0, errno == EINTR, !Interruption.isWished { continue }
            guard count >= 0 else {
                if errno == EINTR { throw WaitEnded.cancelled }
                throw ArchiveError(.storage, "standard output: \(String(cString: strerror(errno)).lowercased())")
            }
            rest = rest.dropFirst(count)
        }
    }
}
