internal import Foundation
internal import Ledger

extension Event {
    /// What an entry about holds, tokens or requests says, for people.
    var authoritySentence: String {
        switch self {
        case .holdPlaced(let event):
            let what =
                switch event.form {
                case .cases:
                    "\(Self.count(event.cases, "case", "cases"))"
                        + (event.expected > 0
                            ? " and \(Self.count(event.expected, "expected one", "expected ones"))" : "")
                case .where: "what fits \(Self.count(UInt64(event.clauses?.count ?? 0), "clause", "clauses"))"
                case .everything: "everything"
                case .review: "nothing new; only the day of its review is another"
                }
            let how = event.revision == 1 ? "placed a hold" : "extended a hold, revision \(event.revision)"
            return "\(how): \(what), to be reviewed by \(Self.time(event.reviewBy).prefix(10))"
        case .holdCovers(let event):
            return
                "named \(Self.count(UInt64(event.cases.count), "case", "cases")) for revision "
                + "\(event.revision) of a hold"
        case .holdExpects(let event):
            let tags = UInt64(event.tags.count)
            let count =
                event.purpose == .subject
                ? Self.count(tags, "person", "persons") : Self.count(tags, "case", "cases")
            return
                "named \(count) to be held when they come, for revision \(event.revision) of a hold"
        case .holdNarrowed(let event):
            let what =
                event.cases.map { Self.count(UInt64($0.count), "case", "cases") } ?? "revision \(event.scope ?? 0)"
            return "took \(what) out of a hold, from \(Self.time(event.coolingUntil)) on" + Self.by(event.request)
        case .holdReleased(let event):
            return "released a hold; it binds until \(Self.time(event.coolingUntil))" + Self.by(event.request)
        case .holdEnded(let event):
            switch event.cause {
            case .released: return "found a hold cooled: it binds nothing any more"
            case .narrowed: return "found what revision \(event.revision ?? 0) took out of a hold cooled"
            case .withdrawn: return "took back a hold that was never placed to its end"
            }
        case .holdAcknowledged(let event): return "acknowledged the notice of a hold, revision \(event.revision)"
        case .tokenCreated(let event):
            let until = event.expires.map { ", until \(Self.time($0))" } ?? ""
            let from = event.approvesFrom.map { "; it approves nothing before \(Self.time($0))" } ?? ""
            return "made a personal token (\(event.roles.joined(separator: ", ")))\(until)\(from)"
                + Self.by(event.request)
        case .tokenRevoked(let event): return "revoked a personal token" + Self.by(event.request)
        case .requestMade(let event):
            return
                "asked for “\(event.verb)” as request \(event.request): "
                + "\(Self.count(event.quorum, "other person", "other persons")) "
                + "(\(event.roles.joined(separator: ", "))) \(event.quorum == 1 ? "has" : "have") to "
                + "allow it by \(Self.time(event.expires))"
        case .voteCast(let event): return "\(event.vote == .approve ? "allowed" : "denied") request \(event.request)"
        case .requestClosed(let event): return "ended request \(event.request): \(event.outcome.rawValue)"
        case .twoPersonsEnded: return "ended the rule that two persons are needed"
        case .backstopApproved(let event):
            return
                "let \(Self.count(UInt64(event.objects.count), "object", "objects")) go, whose event never came "
                + "and whose backstop has passed"
                + Self.by(event.request)
        case .dueConfirmed(let event):
            return
                "said that \(Self.count(UInt64(event.objects.count), "object", "objects")) may be destroyed that "
                + "had been "
                + "due when imported"
        default: preconditionFailure("an entry of another kind")
        }
    }

    private static func by(_ request: UInt64?) -> String { request.map { ", by request \($0)" } ?? "" }
}
