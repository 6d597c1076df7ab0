internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger

/// How entries come into a directory.
extension Publication {
    /// Appends the lines that the place does not hold yet. What stands there is never cut off, but for zeros that a
    /// crash can leave: it must be what the ledger says.
    func append(
        after published: UInt64, last: LedgerRow?,
        lines: (UInt64, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> UInt64 {
        let path = folder + "/" + LedgerFiles.entries
        let end = last.map { $0.offset + UInt64($0.bytes.count) + 1 } ?? 0
        var length: UInt64
        do throws(FileError) {
            length = try files.status(path).length
        } catch {
            guard error.code == ENOENT else { throw error }
            try writeAnew(path, lines: lines)
            return 0
        }
        if length < end {
            var kept: UInt64 = 0
            _ = try files.forEachLine(of: path) { _ in kept += 1 }
            guard kept < published else {
                throw CatalogError.damaged("where the lines of its entries begin is not what the published file says")
            }
            // The rest of what was published is gone; the file that is left stays beside the new one.
            try? files.rename(path, to: path + ".cut")
            try writeAnew(path, lines: lines)
            return kept
        }
        let file = try files.open(path)
        defer { files.close(file) }
        if let last { try compare(last.bytes + [0x0A], with: file, at: end - UInt64(last.bytes.count) - 1) }
        // What a crash, or a sync that failed, left behind what is published: all of it is looked at before anything
        // of it is touched.
        let left = try leftover(behind: end, of: length, in: file, after: published, lines: lines)
        let output = try files.openForAppending(path)
        defer { files.close(output) }
        if end + left < length { try files.truncate(output, to: end + left) }
        // After a sync that failed, what is read is perhaps in memory only, and no later sync writes it: it is written
        // anew, where the place lets something be taken away that no checkpoint counts.
        var skipped = left > 0 && (try? files.truncate(output, to: end)) == nil ? left : 0
        try lines(published) { piece in
            let rest = Int(min(skipped, UInt64(piece.count)))
            skipped -= UInt64(rest)
            try files.append(UnsafeRawBufferPointer(rebasing: piece[rest...]), to: output)
        }
        try files.syncData(output)
        return published
    }

    /// How many bytes behind what is published are the beginning of the next lines. Behind them may be zeros, and
    /// nothing else.
    private func leftover(
        behind end: UInt64, of length: UInt64, in file: OpenFile, after published: UInt64,
        lines: (UInt64, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> UInt64 {
        guard end < length else { return 0 }
        var position = end
        var isSame = true
        try lines(published) { piece in
            guard isSame, position < length else { return }
            let there = Int(min(UInt64(piece.count), length - position))
            let same = try sameBytes(piece, file, at: position, count: there)
            position += UInt64(same)
            isSame = same == there
        }
        guard try position == length || isZero(file, from: position, to: length) else { throw notOurs(file.path) }
        return position - end
    }

    private func writeAnew(
        _ path: String, lines: (UInt64, (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let temporary = path + ".new"
        try? files.remove(temporary)
        let file = try files.create(temporary)
        defer { files.close(file) }
        try lines(0) { try files.append($0, to: file) }
        try files.syncData(file)
        try files.changingNames(in: [folder]) { () throws(FileError) in try files.rename(temporary, to: path) }
    }

    private func compare(_ bytes: [UInt8], with file: OpenFile, at offset: UInt64) throws {
        let same = try bytes.withUnsafeBytes { try sameBytes($0, file, at: offset, count: bytes.count) }
        guard same == bytes.count else { throw notOurs(file.path) }
    }

    private func notOurs(_ path: String) -> ArchiveError {
        ArchiveError(
            .ledgerForked, "\(path) holds other entries than the ledger", remedy: Session.forkRemedy)
    }

    /// How many of the first bytes stand in the file, too.
    private func sameBytes(
        _ bytes: UnsafeRawBufferPointer, _ file: OpenFile, at offset: UInt64, count: Int
    ) throws -> Int {
        var found = [UInt8](repeating: 0, count: count)
        let read = try found.withUnsafeMutableBytes { try files.read(file, at: offset, into: $0) }
        return zip(bytes, found.prefix(read)).prefix { $0 == $1 }.count
    }

    private func isZero(_ file: OpenFile, from start: UInt64, to end: UInt64) throws -> Bool {
        guard end - start <= 1 << 24 else { return false }
        var found = [UInt8](repeating: 1, count: Int(end - start))
        let read = try found.withUnsafeMutableBytes { try files.read(file, at: start, into: $0) }
        return read == found.count && found.allSatisfy { $0 == 0 }
    }
}
