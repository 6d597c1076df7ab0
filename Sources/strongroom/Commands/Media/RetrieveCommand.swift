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

    @Argument(help: ArgumentHelp("The case ID.", valueName: "id"))
    var caseID: String

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
            let caseID = try CaseID(caseID)
            try common.withArchive { try retrieve(caseID, for: reason, from: $0) }
        }
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
