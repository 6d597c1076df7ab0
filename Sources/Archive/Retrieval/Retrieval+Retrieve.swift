public import Base
internal import BlobStore
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Sealing
public import Vault
internal import Vendor

/// What a retrieval wrote.
public struct RetrievalReport: Encodable, Sendable {
    public let caseID: String
    public let caseUID: String
    public let output: String
    public let files: Int
    /// Bytes of media and results.
    public let bytes: UInt64
    @OrNull public var mediaType: String?
}

/// Bytes of an item, both ends included; to its end where `last` is nil.
public struct ByteRange: Sendable, Equatable {
    public let first: UInt64
    public let last: UInt64?

    /// Reads `FIRST-LAST` or `FIRST-`, counted from 0.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let first = UInt64(parts[0])
        else { return nil }
        self.first = first
        if parts[1].isEmpty {
            last = nil
        } else {
            guard let last = UInt64(parts[1]), last >= first, last < UInt64.max else { return nil }
            self.last = last
        }
    }

    func range(in length: UInt64) -> Range<UInt64> {
        let end = last.map { $0 + 1 } ?? max(first, length)
        return first..<end
    }
}

/// One item of a case: a media kind, in the verification that is named.
public struct ItemName: Sendable {
    public let kind: String
    /// Needed only where several verifications of the case have this kind.
    public let verification: Int?

    public init(kind: String, verification: Int?) {
        self.kind = kind
        self.verification = verification
    }
}

extension Retrieval {
    /// Writes everything of a case as a BagIt bag, with its chain of custody. The directory appears whole, with
    /// mode 0700, or not at all.
    ///
    /// - Parameter withReasons: also the reasons that others gave stand in the chain of custody.
    public func retrieve(
        _ caseID: CaseID, for reason: Reason, to directory: String, withReasons: Bool = false
    ) throws -> RetrievalReport {
        try session.attempt(.retrieve, "case \(caseID.text)", verb: "retrieve", caseID: caseID) {
            let items = try items(of: caseID)
            guard let caseUID = items.first?.object.caseUID else {
                try checkNotDestroyed(nil, of: caseID)
                throw ArchiveError(
                    .noSuchMedia, "nothing is archived yet",
                    remedy: "see \(verb: .caseShow); \(verb: .pull) asks the vendor")
            }
            try checkAbsent(FilePath.trimmed(directory), files: session.effects.files)
            let bag = try BagWriter(directory, files: session.effects.files, suffix: session.effects.suffix())
            do {
                try session.access(items.map(\.object), form: .bag, for: reason) { entry in
                    var files: [Custody.Item] = []
                    for item in items {
                        let file = "data/" + item.fileName
                        let digest = try bag.add(item.fileName) { write in
                            try open(item.object, range: nil, named: item.description, emit: write)
                        }
                        files.append(Custody.Item(file: file, object: item.object.uid, digest: digest))
                    }
                    let custody = try custody(
                        of: caseUID, items: files, access: entry, withReasons: withReasons)
                    for (name, content) in try custody.tagFiles() { try bag.addTag(name, content) }
                    try bag.finish(info: [
                        ("External-Identifier", caseID.text), ("Case-UID", caseUID.hex), ("Archive-UID", session.uid),
                        ("Retrieved-By", session.recorder.actor.name), ("Retrieval-Reason", reason.text),
                        ("Retrieval-Ledger-Entry", "\(entry)"), ("Retrieved-At", custody.document.madeAt),
                        ("Bagging-Date", String(custody.document.madeAt.prefix(10))),
                        ("Bag-Software-Agent", "strongroom"),
                    ])
                }
            } catch {
                bag.abandon()
                throw error
            }
            return RetrievalReport(
                caseID: caseID.text, caseUID: caseUID.hex, output: directory, files: items.count,
                bytes: items.reduce(0) { $0 + $1.object.length }, mediaType: nil)
        }
    }

    /// Writes one item, or a part of it, to a new file with mode 0600 that appears whole or not at all.
    public func retrieve(
        _ item: ItemName, of caseID: CaseID, range: ByteRange?, for reason: Reason, toFile path: String
    ) throws -> RetrievalReport {
        try session.attempt(.retrieve, "case \(caseID.text)", verb: "retrieve", caseID: caseID) {
            let object = try find(item, of: caseID)
            try checkAbsent(path, files: session.effects.files)
            let file = try NewFile(path, files: session.effects.files, suffix: session.effects.suffix())
            var written: UInt64 = 0
            try emit(object, range: range, for: reason) {
                try file.append($0)
                written += UInt64($0.count)
            }
            try file.finish()
            return RetrievalReport(
                caseID: caseID.text, caseUID: object.caseUID.hex, output: path, files: 1, bytes: written,
                mediaType: object.mediaType)
        }
    }

    /// Hands one item, or a part of it, to `emit`, verified piece by verified piece.
    public func retrieve(
        _ item: ItemName, of caseID: CaseID, range: ByteRange?, for reason: Reason,
        emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try session.attempt(.retrieve, "case \(caseID.text)", verb: "retrieve", caseID: caseID) {
            try self.emit(try find(item, of: caseID), range: range, for: reason, emit)
        }
    }

    private func emit(
        _ object: ObjectRecord, range: ByteRange?, for reason: Reason, _ emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        guard let range else {
            return try session.access([object], form: .item, for: reason) { _ in
                try open(object, range: nil, named: object.kind.name, emit: emit)
            }
        }
        let wanted = range.range(in: object.length)
        guard wanted.upperBound <= object.length else {
            throw ArchiveError(
                SealingError.rangeOutside(
                    first: wanted.lowerBound, last: max(wanted.upperBound, 1) - 1, length: object.length),
                subject: object.kind.name)
        }
        try session.access(object, range: wanted, for: reason) { count in
            try open(object, range: range, named: object.kind.name) {
                try emit($0)
                count(UInt64($0.count))
            }
        }
    }

    /// Opens an object's blob, whole or in part. Comes after the access is on the ledger.
    private func open(
        _ object: ObjectRecord, range: ByteRange?, named name: String, emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try session.describing(name) {
            try session.open(object, range: range?.range(in: object.length), emit: emit)
        }
    }

    /// An object with the number of its verification.
    private struct Item {
        let number: Int
        let object: ObjectRecord

        var fileName: String {
            let ending = MediaType(rawValue: object.mediaType)?.fileExtension ?? MediaType.unknown.fileExtension
            return "\(number)/\(object.kind.name).\(ending)"
        }

        var description: String { "\(object.kind.name) of verification \(number)" }
    }

    /// Says when it was destroyed, where it was.
    private func checkNotDestroyed(_ item: ItemName?, of caseID: CaseID) throws {
        let destroyed = try session.catalog.read { index in
            try session.destructions(of: try session.find(caseID, in: index).record.uid, in: index)
        }
        let matching = destroyed.filter { item?.verification ?? $0.key == $0.key }.flatMap(\.value)
            .filter { item?.kind ?? $0.kind == $0.kind }
        guard let last = matching.max(by: { $0.entry < $1.entry }) else { return }
        throw ArchiveError(
            .destroyed,
            "\(item.map { "the \($0.kind)" } ?? "everything") was destroyed on "
                + "\(Timestamp.minute(last.destroyedAt)), ledger entry \(last.entry)",
            remedy: "\(verb: .certificate) shows what is known")
    }

    private func items(of caseID: CaseID) throws -> [Item] {
        try session.catalog.read { index in
            let opened = try session.find(caseID, in: index)
            return try index.verifications(of: opened.record.uid).flatMap { verification in
                try index.objects(of: verification.uid).map { Item(number: verification.number, object: $0) }
            }
        }
    }

    private func find(_ item: ItemName, of caseID: CaseID) throws -> ObjectRecord {
        let items = try items(of: caseID)
        let candidates = items.filter {
            $0.object.kind.name == item.kind && item.verification ?? $0.number == $0.number
        }
        guard let found = candidates.last else {
            try checkNotDestroyed(item, of: caseID)
            let known = Set(items.map(\.object.kind.name)).sorted().joined(separator: ", ")
            throw ArchiveError(
                .noSuchMedia,
                "no \(PlainText.excerpt(item.kind))"
                    + "\(item.verification.map { " in verification \($0)" } ?? "") is archived",
                remedy: known.isEmpty ? "nothing is archived yet; see \(verb: .caseShow)" : "there is \(known)")
        }
        guard candidates.count == 1 else {
            throw ArchiveError(
                .ambiguous, "\(candidates.count) verifications have a \(item.kind)",
                remedy:
                    "name one with \(input: .verification): "
                    + "\(candidates.map { String($0.number) }.joined(separator: ", "))"
            )
        }
        return found.object
    }
}
