internal import Base
internal import Catalog
internal import Ledger

/// A checkpoint that somebody kept outside of the archive and of the place where its ledger is published: what a new
/// machine compares with, which has seen nothing yet. See <doc:Publication>.
struct KeptCheckpoint {
    let path: String
    let checkpoint: Checkpoint
    /// The number of its origin.
    let origin: Int

    /// Reads a file that this archive's key signed.
    init(_ path: String, of publication: Publication) throws {
        self.path = path
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try publication.effects.files.contents(of: path, limit: SignedNote.longest)
        } catch {
            throw ArchiveError(error, subject: "the checkpoint \(path)")
        }
        guard let checkpoint = publication.signedCheckpoint(bytes) else {
            throw ArchiveError(
                .badEvidence, "\(path) is not a checkpoint that a key of this archive signed",
                remedy:
                    "give one that \(verb: .auditCheckpoint) printed, or the file checkpoint of an export or of the "
                    + "published place")
        }
        self.checkpoint = checkpoint
        origin = publication.number(ofOrigin: checkpoint.origin)
        guard origin >= publication.origin.number else {
            throw ArchiveError(
                .badEvidence,
                "\(path) is a checkpoint of \(checkpoint.origin), where the ledger goes on as "
                    + "\(publication.origin.origin) since a fork was accepted",
                remedy: "give a checkpoint of that origin")
        }
    }
}
