internal import Base
internal import Foundation
internal import Ledger

extension Event {
    /// What an entry about rules, destruction or the clock says, for people.
    var retentionSentence: String {
        switch self {
        case .policyActivated(let event):
            let replaced = event.replaces.map { ", in the place of v\($0)" } ?? ""
            let impact =
                event.form == .terms
                ? ""
                : "; \(Self.count(event.earlier, "object", "objects")) due earlier, \(event.later) later, "
                    + "\(event.never) no longer"
            return
                "activated \(event.form == .terms ? "the terms " : "")\(event.policy) "
                + "v\(event.version)\(replaced)\(impact)"
        case .policyRetired(let event):
            return
                "retired \(event.policy) v\(event.version); \(Self.count(event.earlier, "object", "objects")) "
                + "due earlier, \(event.later) later, \(event.never) no longer"
        case .conflictResolved(let event):
            let (lower, upper) = (Self.name(event.lower), Self.name(event.upper))
            return event.winner == .keep
                ? "decided that \(lower) counts where \(upper) contradicts it: what both are about is kept"
                : "decided that \(upper) counts where \(lower) contradicts it: what both are about is destroyed"
        case .caseEventRecorded(let event):
            if let entry = event.withdraws { return "took back \(event.event) of entry \(entry): it did not happen" }
            let at = event.at?.words ?? ""
            if let entry = event.corrects { return "corrected \(event.event) of entry \(entry): it happened on \(at)" }
            return "recorded \(event.event), on \(at)"
        case .purgeStarted(let event):
            return "began to destroy \(Self.count(event.objects, "object", "objects"))"
                + (event.form == .plan ? ", by a plan" : "")
                + (event.form == .replay ? " again, which had been destroyed before a fork was accepted" : "")
                + (event.limitAccepted == true ? "; that it is more than the limit was accepted" : "")
        case .objectDestroyed(let event):
            let why =
                event.policy.map { " by \($0) v\(event.version ?? 0), rule \(event.rule ?? "")" }
                ?? ", as was asked for"
            let due = event.goneBy.map { "; it had to be gone by \($0)" } ?? ""
            return
                "destroyed the key of the \(event.media) of verification \(event.verification), "
                + "at most \(Self.count(event.length, "byte", "bytes")),\(why)\(due)"
        case .caseDestroyed(let event):
            return
                "destroyed the key of the case, of which nothing was left; its ID is recognised until "
                + "\(Self.time(event.rememberedUntil))"
        case .blobsRemoved(let event):
            let missing = event.missing.map { "; of \($0.count) nothing was there when they were to be removed" }
            return
                "removed the sealed bytes of "
                + "\(Self.count(UInt64(event.objects.count), "object", "objects"))\(missing ?? "")"
        case .purgeFinished(let event):
            let skipped = event.skipped.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            return "ended the run of entry \(event.run): \(Self.count(event.destroyed, "object", "objects")) destroyed"
                + (skipped.isEmpty ? "" : "; not destroyed: \(skipped.joined(separator: ", "))")
        case .indexCompacted(let event):
            return
                "rewrote the index, \(Self.count(event.bytesBefore, "byte", "bytes")), without what deleted rows "
                + "had left in it"
        case .tagsForgotten(let event):
            return "forgot \(Self.count(event.count, "tag", "tags")) of what was destroyed: their time was over"
        case .clockDoubted(let event):
            let found =
                switch event.cause {
                case .ahead: "found the clock far ahead of the newest time on record, \(Self.time(event.other))"
                case .witness: "found that the vendor's clock said \(Self.time(event.other))"
                case .stepped:
                    "found that the clock was set ahead: the machine had measured only until "
                        + "\(Self.time(event.other))"
                case .fork:
                    "lost with a fork what had been said of the clock, until \(Self.time(event.other))"
                case .unmeasured:
                    "found that the clock went on while no machine measured it; without that it would be "
                        + "\(Self.time(event.other))"
                }
            return found + ": nothing is destroyed until somebody accepts the clock"
        case .clockAccepted: return "accepted the clock"
        default: preconditionFailure("an entry of another kind")
        }
    }

    private static func name(_ rule: ConflictResolved.Rule) -> String {
        "\(rule.policy) v\(rule.version), rule \(rule.rule),"
    }
}
