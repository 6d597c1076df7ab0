internal import Base
package import Catalog
internal import Foundation
package import Ledger
internal import Sealing

extension Session {
    /// Objects that fit into one entry.
    private static let mostObjectsAtOnce = 1500

    /// Puts an access on the ledger, durable and published as far as that is possible, and then runs `body`; how it
    /// ended is put there too.
    ///
    /// - Parameter body: takes the number of the entry.
    package func access<Result>(
        _ objects: [ObjectRecord], form: Event.AccessOpened.Form, for reason: Reason, _ body: (UInt64) throws -> Result
    ) throws -> Result {
        let caseUID = objects[0].caseUID
        let bytes = objects.reduce(0) { $0 + $1.length }
        let entry = try record(closing: true) { transaction in
            let entry = try open(objects, of: caseUID, form: form, for: reason, transaction)
            try transaction.insert(
                OpenAccessRecord(
                    entry: entry, actorUID: try transaction.actorStamp().uid, caseUID: caseUID, joinable: nil,
                    openedAt: transaction.now, bytes: bytes, ranges: UInt64(objects.count),
                    unfinished: UInt64(objects.count)))
            return entry
        }
        let result: Result
        do {
            try publishAccess()
            result = try body(entry)
        } catch {
            try? unhurried.end(entry, isComplete: false)
            throw error
        }
        // What was handed out stays so; an end that cannot be recorded now is closed by another command.
        try? unhurried.end(entry, isComplete: true)
        return result
    }

    /// Puts an access to a part of an object on the ledger, or counts it as one more range of an access by the
    /// same actor for the same reason within ten minutes, and then runs `body`.
    ///
    /// - Parameter body: says how many bytes it handed out.
    package func access(
        _ object: ObjectRecord, range: Range<UInt64>, for reason: Reason, _ body: ((UInt64) -> Void) throws -> Void
    ) throws {
        let expected = range.upperBound - range.lowerBound
        let joinable = OpenAccessRecord.Joinable(
            object: object.uid, reasonTag: keyring.tag(reason.text.utf8, purpose: .reason))
        let entry = try record(closing: true) { transaction in
            let actor = try transaction.actorStamp().uid
            let window = transaction.now.addingTimeInterval(-Self.accessWindow)...transaction.now
            if var access = try transaction.openAccess(joining: joinable, actor: actor, opened: window),
                access.bytes < CanonicalJSON.largestNumber - expected,
                try isOf(access, object.uid, actor: actor, transaction)
            {
                access.bytes += expected
                access.ranges += 1
                access.unfinished += 1
                try transaction.update(access)
                return access.entry
            }
            let entry = try open([object], of: object.caseUID, form: .ranges, for: reason, transaction)
            try transaction.insert(
                OpenAccessRecord(
                    entry: entry, actorUID: actor, caseUID: object.caseUID, joinable: joinable,
                    openedAt: transaction.now,
                    bytes: expected, ranges: 1, unfinished: 1))
            return entry
        }
        var handedOut: UInt64 = 0
        var failure: (any Error)?
        do {
            try publishAccess()
            try body { handedOut += $0 }
        } catch { failure = error }
        _ = try? unhurried.record { transaction in
            // It may have been closed in the meantime, as one whose end nobody saw.
            guard var access = try transaction.openAccess(entry) else { return }
            access.bytes -= min(access.bytes, expected - min(expected, handedOut))
            if failure == nil { access.unfinished -= min(access.unfinished, 1) }
            try transaction.update(access)
        }
        if let failure { throw failure }
    }

    /// Whether the ledger says that an access is of this object, by this actor: what is joined to another's would be on
    /// no record.
    private func isOf(
        _ access: OpenAccessRecord, _ object: ObjectUID, actor: ActorUID, _ transaction: Transaction
    ) throws -> Bool {
        try provedEntries(of: access.caseUID, in: transaction.index, transaction.head.roots).contains { number, entry in
            guard number == access.entry, case .accessOpened(let event) = entry.event else { return false }
            return event.objects == [object] && event.form == .ranges && entry.actor.uid == actor
        }
    }

    /// Publishes before media is read. A place that fails stops nothing as long as a mark, or this program, has seen
    /// this state of the archive not long ago; a ledger that does not fit does.
    private func publishAccess() throws {
        publish()
        try checkIsCompared("no media leaves")
    }

    private func open(
        _ objects: [ObjectRecord], of caseUID: CaseUID, form: Event.AccessOpened.Form, for reason: Reason,
        _ transaction: Transaction
    ) throws -> UInt64 {
        // They were found in an earlier state of the index.
        for object in objects {
            guard try transaction.index.hasObject(object.uid) else {
                throw ArchiveError(
                    .destroyed, "the \(object.kind.name) was destroyed just now",
                    remedy: "\(verb: .auditLog) shows by whom and why")
            }
        }
        guard let record = try transaction.index.caseRecord(caseUID) else {
            throw CatalogError.damaged("an object without a case")
        }
        guard objects.count <= Self.mostObjectsAtOnce else {
            throw ArchiveError(
                .ambiguous, "the case has \(objects.count) items, more than one access can name",
                remedy: "retrieve them one by one, with \(input: .media) and \(input: .verification)")
        }
        let commitment = try transaction.commit(
            reason.text, as: "reasonCommitment", of: caseUID, key: try open(record).key)
        return try transaction.add(
            .accessOpened(.init(caseUID: caseUID, objects: objects.map(\.uid), form: form, reason: commitment)))
    }

    private func end(_ entry: UInt64, isComplete: Bool) throws {
        try record(closing: true) { transaction in
            guard var access = try transaction.openAccess(entry) else { return }
            if isComplete { access.unfinished = 0 }
            try closeAccess(access, transaction)
        }
    }
}
