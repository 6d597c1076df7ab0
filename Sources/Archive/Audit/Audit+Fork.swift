internal import Base
internal import Catalog
internal import Evidence
internal import Foundation
internal import Ledger
internal import Sealing
public import Vault

extension Audit {
    /// Holds that stand by the published ledger, and that this index does not know, or not as far: nobody else will
    /// place them again.
    private func holdsLost(published: [(number: UInt64, entry: Entry)]) throws -> [HoldBook.Hold] {
        var book = HoldBook()
        for (number, entry) in published { book.apply(entry, number: number) }
        return try session.catalog.read { index in
            try book.order.compactMap { book.holds[$0] }.filter { hold in
                try hold.endedAt == nil && (index.hold(hold.uid)?.revision ?? 0) < hold.revision
            }
        }
    }

    /// Entries about holds, tokens and requests that were published, as far as they can be read: a fork may be accepted
    /// because what was published is damaged.
    private func publishedEntries(_ published: Publication) throws -> [(number: UInt64, entry: Entry)] {
        var found: [(UInt64, Entry)] = []
        var number: UInt64 = 0
        for origin in 1...max(1, published.origin.number) {
            let entries = "\(FilePath.parent(published.folder))/\(origin)/\(LedgerFiles.entries)"
            guard session.effects.files.exists(entries) else { continue }
            for line in try session.effects.files.contents(of: entries, limit: 1 << 40).split(separator: 0x0A) {
                if let entry = try? Entry([UInt8](line)), EntryNote.kinds.contains(entry.event.kind) {
                    found.append((number, entry))
                }
                number += 1
            }
        }
        return found
    }

    /// The tokens of two persons, where two are needed by this ledger or by the one that is published: an older index
    /// must not be a way around the second, nor a token that the published ledger revoked.
    private func forkTokens(
        _ second: PersonalToken?, published: [(number: UInt64, entry: Entry)]
    ) throws -> [TokenUID]? {
        var elsewhere = Authority()
        for (number, entry) in published { elsewhere.apply(entry, number: number) }
        return try session.catalog.read { index in
            let here = try session.authority(in: index)
            guard here.needsTwo || elsewhere.needsTwo else { return nil }
            func approver(_ token: Authority.Token?) throws -> (uid: TokenUID, name: String) {
                guard let token, token.approves(at: session.now), elsewhere.tokens[token.uid]?.revokedAt == nil else {
                    throw ArchiveError(
                        .badToken,
                        "one of the two tokens approves nothing here, or was revoked in the published ledger",
                        remedy: "accepting a fork takes two good tokens of persons who approve")
                }
                return (token.uid, try session.name(of: token.holder, in: index))
            }
            guard let first = session.recorder.actor.token, let second else {
                throw ArchiveError(
                    .notAllowed, "accepting a fork takes the tokens of two persons",
                    remedy: "yours as \(input: .token), another's with \(input: .secondToken)")
            }
            let own = try approver(here.tokens[first.uid])
            let other = try approver(here.token(tagged: second.tag(by: session.keyring)))
            guard !Actor.isSamePerson(own.name, other.name) else {
                throw ArchiveError(
                    .notAllowed, "both tokens are of \(own.name)", remedy: "the second is another person's")
            }
            return [own.uid, other.uid]
        }
    }

    /// Puts on record that somebody has looked at a ledger that does not fit what was published. It goes on under
    /// a new origin; what was published stays.
    ///
    /// - Parameter second: the personal token of another person, where two are needed: before a fork is accepted
    ///   nothing can be written, so that nobody can be asked.
    public func acceptFork(_ reason: Reason, second: PersonalToken? = nil) throws -> LedgerExport {
        try session.attempt(.own) {
            guard session.fork != nil else {
                throw ArchiveError(
                    .notForked, "the ledger is the one that is published: there is no fork to accept",
                    remedy: "\(verb: .status) shows the ledger's state")
            }
            let old = session.publication(of: session.origin)
            let published = try publishedEntries(old)
            let tokens = try forkTokens(second, published: published)
            let lost = try holdsLost(published: published)
            // One that was never placed to its end has no matter yet: it is named, and its author has to begin again.
            let tags = Set(lost.map(\.matterTag).filter { !$0.isEmpty }).sorted()
            guard tags.count <= Event.ForkAccepted.mostLost else {
                throw ArchiveError(
                    .holdsLost, "this index does not know \(tags.count) matters that are held by the published ledger",
                    remedy: "restore a newer index: so many are not placed again by hand")
            }
            let origin = try session.goOn(from: old, reason: reason, tokens: tokens, lost: tags)
            session.publish()
            try session.afterwards { try session.holds.workOnHolds() }
            let (head, _) = try session.catalog.read { try session.currentHead(in: $0) }
            var export = describe(head, output: session.publication(of: origin).folder)
            export.holdsLost = lost.map { "\($0.uid.hex), placed \(Timestamp.minute($0.placedAt))" }
            return export
        }
    }
}
