internal import Base
internal import Foundation
public import Ledger

extension Event {
    /// What an entry says, for people: what was done, without who and when.
    public var sentence: String {
        switch self {
        case .archiveCreated(let event): return "made the archive; the ledger's origin is \(event.origin)"
        case .forkAccepted(let event):
            return
                "looked at a ledger of \(Self.count(event.entries, "entry", "entries")) that did not fit what "
                + "was published, and went on under the origin \(event.origin)"
                + (event.lostHolds.map { "; \(Self.count(UInt64($0.count), "hold was", "holds were")) lost with it" }
                    ?? "")
                + (event.lostRules.map {
                    let lost = Self.count(
                        UInt64($0.count), "rule, setting or case event", "rules, settings and case events")
                    return "; \(lost) of the published ledger did not apply"
                } ?? "")
        case .publicationRepaired(let event):
            return "completed the published copy, which held \(event.found) of \(event.expected) entries"
        case .configurationChanged(let event): return Self.settings(event)
        case .actorIntroduced: return "acts for the first time"
        case .caseRegistered(let event):
            let places =
                event.jurisdictions.isEmpty ? "without a jurisdiction" : event.jurisdictions.joined(separator: " ")
            return "registered the case, \(places)" + (event.purpose.map { ", for \($0)" } ?? "")
                + (event.consent == nil ? "" : ", with a reference to a consent")
        case .caseCompleted(let event):
            let added = [
                event.jurisdictions.map { "jurisdiction \($0.joined(separator: " "))" },
                event.purpose.map { "purpose \($0)" }, event.subject.map { _ in "subject" },
                event.consent.map { _ in "consent" },
            ]
            return "added to the case: \(added.compactMap { $0 }.joined(separator: ", "))"
        case .verificationRegistered(let event):
            let issued = event.tokenIssued.map {
                event.tokenIssueAssumed
                    ? ", whose token's time of issue was not given" : ", token issued on \($0)"
            }
            let captured = event.captured.map { ", captured on \($0)" }
            return
                "registered verification \(event.verification), to "
                + "\(event.origin == .pull ? "be pulled from the vendor" : "be imported from a file")"
                + (issued ?? "") + (captured ?? "")
                + (event.lacks.map { "; the case lacks what the terms ask for: \($0.joined(separator: ", "))" } ?? "")
        case .verificationCompleted(let event):
            let times = [
                event.tokenIssued.map { "token issued on \($0)" },
                event.captured.map { "captured on \($0)" }, event.tokenAdded.map { _ in "its SDK token" },
            ]
            return "added to verification \(event.verification): \(times.compactMap { $0 }.joined(separator: ", "))"
        case .vendorAsked(let event):
            let outcome =
                switch event.outcome {
                case .answered: "which answered"
                case .notFinished: "which said that it is not finished"
                case .failed: "without an answer that can be used" + (event.problem.map { " (\($0))" } ?? "")
                }
            return
                "asked \(event.endpoint) (\(event.region)) about verification \(event.verification) for the "
                + "first time, \(outcome)"
        case .vendorRefused(let event):
            return
                "was told by \(event.endpoint) (\(event.region)) that there is no result of verification "
                + "\(event.verification) (\(event.problem)); it is asked again"
        case .verificationEnded(let event):
            let code = event.problem.map { ", \($0)" } ?? ""
            return "ended verification \(event.verification): \(event.state.rawValue)\(code)"
                + (event.issueDisproved == true
                    ? "; by the time of issue that was given its hours were over: that time was wrong" : "")
                + (event.lenient == true ? "; its answer was read leniently" : "")
        case .verificationReopened(let event):
            return "reopened verification \(event.verification): it goes on as verification \(event.as)"
        case .caseCorrected(let event):
            let corrected = [
                event.jurisdictions.map {
                    $0.isEmpty ? "no jurisdiction" : "jurisdiction \($0.joined(separator: " "))"
                },
                event.tokenIssued.map { "token issued on \($0)" },
                event.capturedFrom.map { from in
                    event.capturedUntil.map {
                        $0 == from ? "captured on \(from)" : "captured between \(from) and \($0)"
                    }
                        ?? ""
                },
            ]
            return "corrected \(event.verification.map { "verification \($0)" } ?? "the case"): "
                + corrected.compactMap { $0 }.joined(separator: ", ")
        case .objectArchived(let event):
            return
                "archived the \(event.media) of verification \(event.verification): \(event.mediaType), "
                + "at most \(Self.count(event.length, "byte", "bytes")), sealed as \(event.address.hex.prefix(16))…"
                + (event.times == .confirmed ? "; its times were said to be right" : "")
        case .accessOpened(let event):
            let objects = Self.count(UInt64(event.objects.count), "item", "items")
            switch event.form {
            case .bag: return "retrieved \(objects) as a bag"
            case .item: return "retrieved \(objects)"
            case .ranges: return "retrieved parts of \(objects)"
            }
        case .accessClosed(let event):
            return
                "ended the access of entry \(event.access): at most \(Self.count(event.bytes, "byte", "bytes")) "
                + "in \(Self.count(event.ranges, "piece", "pieces"))"
                + (event.complete ? "" : "; it was broken off, or its end was not seen")
        case .attemptFailed(let event):
            let verb = event.verb.contains(" ") ? "tried “\(event.verb)”" : "tried to \(event.verb)"
            return verb + (event.count > 1 ? " \(event.count) times" : "")
                + ": \(event.outcome.rawValue) (\(event.code))"
        case .openingsRefused(let event):
            return
                "found that the archive had been tried with a wrong root key, "
                + "\(Self.count(event.count, "time", "times")) between \(Self.time(event.first)) and "
                + "\(Self.time(event.last))"
        case .archiveVerified(let event):
            return
                "verified the archive: \(Self.count(event.objects, "object", "objects")), \(event.opened) "
                + "opened, \(Self.count(event.findings, "finding", "findings"))"
        case .strands(let event):
            return "counted \(Self.count(event.root.count, "strand", "strands")) of entries, and their root"
        case .integrityFound(let event):
            return "found \(event.finding)" + (event.address.map { " at \($0.hex.prefix(16))…" } ?? "")
        case .policyActivated, .policyRetired, .conflictResolved, .caseEventRecorded, .purgeStarted, .objectDestroyed,
            .caseDestroyed,
            .blobsRemoved, .purgeFinished, .indexCompacted, .tagsForgotten, .clockDoubted, .clockAccepted:
            return retentionSentence
        case .holdPlaced, .holdCovers, .holdExpects, .holdNarrowed, .holdReleased, .holdEnded, .holdAcknowledged,
            .tokenCreated, .tokenRevoked, .requestMade, .voteCast, .requestClosed, .twoPersonsEnded, .backstopApproved,
            .dueConfirmed:
            return authoritySentence
        }
    }

    /// What became of each setting that is another now, as far as it stands in the clear.
    private static func settings(_ event: Event.ConfigurationChanged) -> String {
        func name(_ member: String) -> String {
            member.hasSuffix(" commitment") ? String(member.dropLast(" commitment".count)) : member
        }
        func shown(_ value: CanonicalJSON?) -> String? {
            switch value {
            case .text(let text): text.hasSuffix(".0") ? String(text.dropLast(2)) : text
            case .number(let number): String(number)
            case .list(let values): values.compactMap(shown).joined(separator: " ")
            default: nil
            }
        }
        guard let before = event.before else {
            return "works with these settings: \(event.settings.keys.map(name).sorted().joined(separator: ", "))"
        }
        let changes = before.sorted { $0.key < $1.key }.map { member, old in
            guard name(member) == member, let new = shown(event.settings[member]), let old = shown(old), !old.isEmpty
            else { return "another \(name(member))" }
            return "\(member) \(new) instead of \(old)"
        }
        return "works with other settings: \(Array(Set(changes)).sorted().joined(separator: ", "))"
    }

    /// A number with its noun, in groups of three digits.
    public static func count(_ number: UInt64, _ one: String, _ many: String) -> String {
        // Grouped by hand: the sentence must not depend on where the program runs.
        let digits = Array(String(number))
        let grouped = digits.indices.reduce(into: "") { text, index in
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digits[index])
        }
        return "\(grouped) \(number == 1 ? one : many)"
    }

    static func time(_ time: Date) -> String { Timestamp.minute(time) }
}
