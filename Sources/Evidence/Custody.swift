public import Base
internal import Foundation
public import Ledger

/// The chain of custody of a case, as it goes into a bag. See <doc:Custody>.
public struct Custody: Sendable {
    public static let jsonName = "custody.json"
    public static let pageName = "custody.html"
    public static let folder = "custody"

    /// A payload file.
    public struct Item: Sendable {
        public let file: String
        public let object: ObjectUID
        /// SHA-256 of the content.
        public let digest: Digest

        public init(
            file: String, object: ObjectUID, digest: Digest
        ) {
            self.file = file
            self.object = object
            self.digest = digest
        }
    }

    /// An entry with its proof.
    public struct ProvenEntry: Sendable {
        public let number: UInt64
        public let bytes: [UInt8]
        public let proof: InclusionProof

        public init(
            number: UInt64, bytes: [UInt8], proof: InclusionProof
        ) {
            self.number = number
            self.bytes = bytes
            self.proof = proof
        }
    }

    /// What stands in `custody.json`.
    public struct Document: Codable, Equatable, Sendable {
        public struct Person: Codable, Equatable, Sendable {
            public let uid: String
            public let known: String
            public let name: String

            public init(
                uid: String, known: String, name: String
            ) {
                self.uid = uid
                self.known = known
                self.name = name
            }
        }

        public struct Item: Codable, Equatable, Sendable {
            public let file: String
            public let entry: UInt64
            public let sha256: String

            public init(
                file: String, entry: UInt64, sha256: String
            ) {
                self.file = file
                self.entry = entry
                self.sha256 = sha256
            }
        }

        public struct Opening: Codable, Equatable, Sendable {
            public let member: String
            public let salt: String
            public let text: String

            public init(
                member: String, salt: String, text: String
            ) {
                self.member = member
                self.salt = salt
                self.text = text
            }
        }

        public struct Line: Codable, Equatable, Sendable {
            public let number: UInt64
            public let time: String
            public let kind: String
            public let actor: String
            public let sentence: String
            public let openings: [Opening]

            public init(
                number: UInt64, time: String, kind: String, actor: String, sentence: String, openings: [Opening]
            ) {
                self.number = number
                self.time = time
                self.kind = kind
                self.actor = actor
                self.sentence = sentence
                self.openings = openings
            }
        }

        public static let format = "strongroom custody 1"

        public let format: String
        public let archive: String
        public let caseUID: String
        public let caseID: String
        /// The entry of the retrieval that it was made for, and its time.
        public let access: UInt64
        public let madeAt: String
        public let origin: String
        public let entries: UInt64
        public let verifierKey: String
        public let actors: [Person]
        public let items: [Item]
        /// Why the case is preserved beyond its rules: matters, or `kept by law` and no more. The archive's word.
        public let holds: [String]
        public let record: [Line]

        public init(
            format: String, archive: String, caseUID: String, caseID: String, access: UInt64, madeAt: String,
            origin: String, entries: UInt64, verifierKey: String, actors: [Person], items: [Item], holds: [String],
            record: [Line]
        ) {
            self.format = format
            self.archive = archive
            self.caseUID = caseUID
            self.caseID = caseID
            self.access = access
            self.madeAt = madeAt
            self.origin = origin
            self.entries = entries
            self.verifierKey = verifierKey
            self.actors = actors
            self.items = items
            self.holds = holds
            self.record = record
        }
    }

    public let document: Document
    public let checkpoint: SignedNote
    /// That no other entry is about the case.
    public let strand: StrandProof
    public let evidence: [ProvenEntry]

    public init(
        document: Document, checkpoint: SignedNote, strand: StrandProof, evidence: [ProvenEntry]
    ) {
        self.document = document
        self.checkpoint = checkpoint
        self.strand = strand
        self.evidence = evidence
    }

    public static let strandName = "\(folder)/case.strand-proof"

    public static func entryName(_ number: UInt64) -> String { "\(folder)/\(number).json" }
    public static func proofName(_ number: UInt64) -> String { "\(folder)/\(number).tlog-proof" }

    /// The files of a bag.
    public func tagFiles() throws -> [(name: String, content: [UInt8])] {
        var files: [(String, [UInt8])] = [
            (Self.jsonName, try document.bytes()), (Self.pageName, Array(CustodyPage.html(document).utf8)),
            (LedgerFiles.checkpoint, checkpoint.bytes),
            (LedgerFiles.verifierKey, Array("\(document.verifierKey)\n".utf8)), (Self.strandName, strand.bytes),
        ]
        for piece in evidence {
            files.append((Self.entryName(piece.number), piece.bytes))
            files.append((Self.proofName(piece.number), piece.proof.bytes))
        }
        return files
    }
}

extension Custody.Document {
    public func bytes() throws -> [UInt8] { [UInt8](try JSONDocument.encode(self, pretty: true)) + [0x0A] }
}
