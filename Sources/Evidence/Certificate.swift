internal import Base
internal import Foundation
public import Ledger

/// A certificate of destruction: entries of the ledger with their proofs, and what follows from them. See
/// <doc:Certificates>.
public struct Certificate: Sendable {
    public static let jsonName = "certificate.json"
    public static let pageName = "certificate.html"
    /// The archive's signature of the document, as a note.
    public static let noteName = "certificate.note"
    /// Objects of one certificate.
    public static let mostObjects = 20_000

    public struct Document: Codable, Equatable, Sendable {
        public static let format = "strongroom certificate 1"

        /// An object whose key is gone.
        public struct Destroyed: Codable, Equatable, Sendable {
            public let object: String
            public let caseUID: String
            public let media: String
            /// The entry of its destruction, and its time.
            public let entry: UInt64
            public let time: String
            /// `POLICY vVERSION, rule RULE`, or `erasure`.
            public let cause: String
            /// SHA-256 of the policy's file.
            public let policyFile: String?
            public let goneBy: String?
            /// The entry that says that its sealed bytes are gone from the store; null where none does yet.
            public let removal: UInt64?
            /// Nothing was there any more when they were to be removed.
            public let wasMissing: Bool

            public init(
                object: String, caseUID: String, media: String, entry: UInt64, time: String, cause: String,
                policyFile: String?, goneBy: String?, removal: UInt64?, wasMissing: Bool
            ) {
                self.object = object
                self.caseUID = caseUID
                self.media = media
                self.entry = entry
                self.time = time
                self.cause = cause
                self.policyFile = policyFile
                self.goneBy = goneBy
                self.removal = removal
                self.wasMissing = wasMissing
            }
        }

        /// A key generation that could open an older copy of the index, together with the keyring of that time.
        public struct Epoch: Codable, Equatable, Sendable {
            public let number: UInt32
            public let state: String

            public init(
                number: UInt32, state: String
            ) {
                self.number = number
                self.state = state
            }
        }

        public let format: String
        public let archive: String
        /// `case` or `run`.
        public let form: String
        public let caseUID: String?
        /// The case ID that was asked for. The archive's keyed tag found the case by it; nothing here proves it.
        public let askedFor: String?
        public let run: UInt64?
        /// The entry that ended the run; null where none does: more may have been destroyed in it.
        public let ended: UInt64?
        public let madeAt: String
        public let origin: String
        public let entries: UInt64
        public let verifierKey: String
        /// The entry that says that the case's own key is gone.
        public let caseDestroyed: UInt64?
        public let objects: [Destroyed]
        /// UIDs of objects of the case that are still there.
        public let kept: [String]
        /// Why they are preserved beyond their rules: matters, or `kept by law` and no more.
        public let holds: [String]
        public let epochs: [Epoch]
        public let actors: [Custody.Document.Person]
        public let record: [Custody.Document.Line]
        /// What the entries have under commitments, and what nothing here proves because these are not opened: of a
        /// case that is gone, nobody can open them any more.
        public let notProved: [String]

        /// What the entries say exactly only under commitments: of media their lengths in bytes, of captures and
        /// answers their times, and what the answer said.
        static func notProved(by record: [Custody.Document.Line]) -> [String] {
            let isOpened = record.contains { $0.openings.contains { $0.member == "exactCommitment" } }
            return isOpened ? [] : ["exact lengths", "exact times", "age", "outcome"]
        }

        public init(
            format: String, archive: String, form: String, caseUID: String?, askedFor: String?, run: UInt64?,
            ended: UInt64?, madeAt: String, origin: String, entries: UInt64, verifierKey: String,
            caseDestroyed: UInt64?, objects: [Destroyed], kept: [String], holds: [String], epochs: [Epoch],
            actors: [Custody.Document.Person], record: [Custody.Document.Line]
        ) {
            self.format = format
            self.archive = archive
            self.form = form
            self.caseUID = caseUID
            self.askedFor = askedFor
            self.run = run
            self.ended = ended
            self.madeAt = madeAt
            self.origin = origin
            self.entries = entries
            self.verifierKey = verifierKey
            self.caseDestroyed = caseDestroyed
            self.objects = objects
            self.kept = kept
            self.holds = holds
            self.epochs = epochs
            self.actors = actors
            self.record = record
            notProved = Self.notProved(by: record)
        }

        public func bytes() throws -> [UInt8] { [UInt8](try JSONDocument.encode(self, pretty: true)) + [0x0A] }
    }

    public let document: Document
    public let checkpoint: SignedNote
    public let note: SignedNote
    /// Of a case: that no other entry is about it.
    public let strand: StrandProof?
    public let evidence: [Custody.ProvenEntry]

    public init(
        document: Document, checkpoint: SignedNote, note: SignedNote, strand: StrandProof?,
        evidence: [Custody.ProvenEntry]
    ) {
        self.strand = strand
        self.document = document
        self.checkpoint = checkpoint
        self.note = note
        self.evidence = evidence
    }

    /// What is signed: that this archive made the document with this SHA-256.
    public static func statement(_ document: [UInt8]) -> String {
        "\(Document.format)\n\(SHA256.digest(of: document).hex)\n"
    }

    public func files() throws -> [(name: String, content: [UInt8])] {
        [
            (Self.jsonName, try document.bytes()), (Self.pageName, Array(CertificatePage.html(document).utf8)),
            (Self.noteName, note.bytes),
            (LedgerFiles.checkpoint, checkpoint.bytes),
            (LedgerFiles.verifierKey, Array("\(document.verifierKey)\n".utf8)),
        ]
            + (strand.map { [(Custody.strandName, $0.bytes)] } ?? [])
            + evidence.flatMap { piece in
                [
                    (Custody.entryName(piece.number), piece.bytes),
                    (Custody.proofName(piece.number), piece.proof.bytes),
                ]
            }
    }

    /// What follows from entries about destroyed objects.
    public static func destroyed(_ rows: [(number: UInt64, entry: Entry)]) -> [Document.Destroyed] {
        var removals: [ObjectUID: (entry: UInt64, wasMissing: Bool)] = [:]
        for (number, entry) in rows {
            guard case .blobsRemoved(let event) = entry.event else { continue }
            for object in event.objects { removals[object] = (number, event.missing?.contains(object) ?? false) }
        }
        return rows.compactMap { number, entry in
            guard case .objectDestroyed(let event) = entry.event else { return nil }
            let removal = removals[event.object]
            return Document.Destroyed(
                object: event.object.hex, caseUID: event.caseUID.hex, media: event.media, entry: number,
                time: LedgerTime.text(entry.time),
                cause: event.policy.map { "\($0) v\(event.version ?? 0), rule \(event.rule ?? "")" }
                    ?? event.cause.rawValue,
                policyFile: event.file, goneBy: event.goneBy?.text, removal: removal?.entry,
                wasMissing: removal?.wasMissing ?? false)
        }
    }
}
