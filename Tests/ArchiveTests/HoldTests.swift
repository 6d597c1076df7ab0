import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Retention
import Synchronization
import Testing

@testable import Archive
@testable import Vault

extension TestArchive {
    @discardableResult
    func hold(
        _ matter: String, _ scope: HoldOrder.Scope, in archive: Session, confidential: Bool = false,
        preview: Bool = false
    ) throws -> HoldAnswer {
        let answer = try archive.holds.place(
            HoldOrder(
                matter: try Matter(matter), reason: try Reason("subpoena 26-cv-118"),
                reviewBy: time.now.addingTimeInterval(400 * 86_400), scope: scope, isConfidential: confidential),
            preview: preview)
        if !preview { try archive.holds.workOnHolds() }
        return answer
    }

    @discardableResult
    func hold(_ matter: String, where expression: String, judgedOnly: Bool = false, in archive: Session) throws
        -> HoldAnswer
    {
        try hold(matter, .expression(expression, judgedOnly: judgedOnly, timeZone: .gmt), in: archive)
    }

    func release(_ matter: String, in archive: Session) throws -> Permitted<HoldChange> {
        try archive.holds.release(try Matter(matter), reason: try Reason("settled"))
    }

    func cases(_ ids: String...) throws -> HoldOrder.Scope { .cases(try ids.map { try CaseID($0) }) }
}

/// Nothing held is destroyed.
struct HoldTests {
    let test: TestArchive
    let archive: Session

    init() throws {
        test = try TestArchive()
        archive = try test.open()
        try test.activate(TestArchive.policy, in: archive)
    }

    private func purge() throws -> PurgeReport { try archive.destruction.run(accepting: nil).get() }

    private func explain(_ caseID: String, _ media: String) throws -> ObjectExplanation {
        try #require(try archive.policies.explain(try CaseID(caseID)).objects.first { $0.kind == media })
    }

    // MARK: Scopes

    @Test(arguments: ["case", "subject", "expression", "everything"])
    func whatAnOrderTakesInStays(scope: String) throws {
        try test.archive("K-1", in: archive) { $0.subject = "S-1" }
        try test.archive("K-2", in: archive) { $0.subject = "S-2" }
        let answer: HoldAnswer =
            switch scope {
            case "case": try test.hold("M-1", try test.cases("K-1"), in: archive)
            case "subject": try test.hold("M-1", .subject("S-1"), in: archive)
            case "everything": try test.hold("M-1", .everything, in: archive)
            default: try test.hold("M-1", where: "media = video and jurisdiction = HK", in: archive)
            }
        let all = scope == "everything"
        #expect(answer.heldCases == (all || scope == "expression" ? 2 : 1))
        #expect(answer.heldObjects == (all ? 6 : scope == "expression" ? 2 : 3))
        try test.pass(days: 91, in: archive)
        let report = try purge()
        #expect(report.destroyed == (all || scope == "expression" ? 0 : 1))
        #expect(try explain("K-1", "video").status == "held" && explain("K-1", "video").matters == ["M-1"])
        #expect(try archive.audit.reconcile().findings == [])
        #expect(try archive.overview.status().retention["held"] == answer.heldObjects)
    }

    /// What arrives after the order is held in the moment in which it arrives.
    @Test(arguments: ["case", "subject", "subject later", "expression", "everything", "waiting token"])
    func whatArrivesLaterIsHeld(scope: String) throws {
        switch scope {
        case "case":
            #expect(try test.hold("M-1", try test.cases("K-9"), in: archive).unknownCases == ["K-9"])
        case "subject", "subject later": try test.hold("M-1", .subject("S-9"), in: archive)
        case "everything": try test.hold("M-1", .everything, in: archive)
        case "waiting token":
            _ = try archive.intake.register(try test.registration("K-9", token: "tok") { $0.jurisdictions = ["HK"] })
            let answer = try test.hold("M-1", try test.cases("K-9"), in: archive)
            #expect(answer.heldCases == 1 && answer.heldObjects == 0 && answer.unknownCases.isEmpty)
        default: #expect(try test.hold("M-1", where: "jurisdiction = HK", in: archive).heldCases == 0)
        }
        if scope == "waiting token" {
            let answer = TestAnswer(videoLength: 10)
            test.transport.answer { _, _ in (200, answer.text) }
            #expect(try test.pull(archive).map(\.state) == [.archived])
        } else {
            try test.archive("K-9", in: archive) { if scope == "subject" { $0.subject = "S-9" } }
        }
        if scope == "subject later" {
            #expect(try explain("K-9", "video").status != "held")
            _ = try archive.intake.register(try test.registration("K-9", token: "t2") { $0.subject = "S-9" })
        }
        #expect(try explain("K-9", "video").status == "held")
        #expect(try archive.audit.reconcile().findings == [])
        try test.pass(days: 91, in: archive)
        #expect(try purge().destroyed == 0)
        #expect(try test.contents("video", of: "K-9", in: archive).count > 0)
    }

    @Test func whatWasDestroyedBeforeIsSaid() throws {
        try test.archive("K-1", in: archive)
        try test.archive("K-2", in: archive)
        _ = try test.event("relationship-ended", of: "K-2", in: archive)
        try test.pass(days: 91, in: archive)
        #expect(try purge().destroyed == 2)
        try test.pass(days: 3 * 366, in: archive)
        #expect(try purge().cases == 1)
        let answer = try test.hold("M-1", try test.cases("K-1", "K-2", "K-3"), in: archive)
        #expect(answer.heldCases == 1 && answer.heldObjects == 2 && answer.unknownCases == ["K-3"])
        #expect(answer.alreadyDestroyed.filter(\.isWhole).map(\.caseID) == ["K-2"])
        #expect(answer.alreadyDestroyed.filter { !$0.isWhole }.map(\.caseID) == ["K-1"])
        // Should the same case ID come again, it is held.
        try test.archive("K-2", in: archive, answer: TestAnswer(videoLength: 11).text)
        #expect(try explain("K-2", "video").status == "held")
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// What an expression cannot judge is held, and said.
    @Test func whatCannotBeJudgedIsHeld() throws {
        try test.archive("K-1", in: archive, place: nil)
        try test.archive("K-2", in: archive, place: "SG")
        try test.archive("K-3", in: archive, place: "HK")
        let answer = try test.hold("M-1", where: "jurisdiction = HK", in: archive)
        #expect(answer.heldCases == 2 && answer.unjudged == ["jurisdiction": 1])
        let judged = try test.hold("M-2", where: "jurisdiction = HK", judgedOnly: true, in: archive)
        #expect(judged.heldCases == 1 && judged.unjudged.isEmpty)
        // Completed to something else, it stays what it was when it was taken in.
        _ = try archive.intake.register(try test.registration("K-1", token: "t") { $0.jurisdictions = ["SG"] })
        #expect(try explain("K-1", "video").matters == ["M-1"])
        #expect(try archive.audit.reconcile().findings == [])
        // What could not be judged at first is taken in when it can be.
        try test.archive("K-4", in: archive, place: nil)
        #expect(try explain("K-4", "video").matters == ["M-1"])
        _ = try archive.intake.register(try test.registration("K-4", token: "t4") { $0.jurisdictions = ["HK"] })
        #expect(try explain("K-4", "video").matters == ["M-1", "M-2"])
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func aPreviewChangesNothing() throws {
        try test.archive("K-1", in: archive)
        let before = try archive.audit.lastEntry()
        let preview = try test.hold("M-1", try test.cases("K-1", "K-2"), in: archive, preview: true)
        #expect(
            preview.isPreview && preview.entry == nil && preview.heldObjects == 3 && preview.unknownCases == ["K-2"])
        #expect(try archive.audit.lastEntry() == before && archive.holds.list(all: true).isEmpty)
        #expect(try explain("K-1", "video").status != "held")
        let placed = try test.hold("M-1", try test.cases("K-1", "K-2"), in: archive)
        #expect(placed.heldObjects == preview.heldObjects && placed.unknownCases == preview.unknownCases)
    }

    // MARK: Lifting

    /// A release binds on for its cooling, whatever the settings say, and its end is an entry.
    @Test func aReleaseCools() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        try test.pass(days: 91, in: archive)
        let change = try test.release("M-1", in: archive).get()
        #expect(abs(change.coolingUntil.timeIntervalSince(test.time.now) - 30 * 86_400) < 1)
        #expect(try purge().destroyed == 0 && explain("K-1", "video").status == "held")
        #expect(refusal { _ = try test.release("M-1", in: archive) }?.code == .matterOver)
        #expect(try archive.audit.reconcile().findings == [])
        try test.pass(days: 29, in: archive)
        #expect(try purge().destroyed == 0)
        #expect(try archive.audit.reconcile().findings == [])
        try test.pass(days: 2, in: archive)
        #expect(try purge().destroyed == 1)
        #expect(try archive.holds.show(try Matter("M-1")).state == "ended")
        #expect(try archive.audit.reconcile().findings == [])
        var query = LedgerQuery()
        query.kind = "hold ended"
        #expect(try archive.audit.entries(query).count == 1)
        // The matter can be held again.
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        #expect(try explain("K-1", "best-frame").status == "held")
    }

    @Test func settingsDoNotShortenTheCoolingOfOnePerson() throws {
        try test.set("cooling-days: 30", "cooling-days: 0")
        _ = try test.open().people.applySettings(reason: try Reason("r")).get()
        let archive = try test.open()
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        let change = try test.release("M-1", in: archive).get()
        #expect(change.coolingUntil.timeIntervalSince(test.time.now) > 29 * 86_400)
    }

    @Test func casesAreTakenOutAfterACooling() throws {
        try test.archive("K-1", in: archive)
        try test.archive("K-2", in: archive)
        try test.hold("M-1", where: "jurisdiction = HK", in: archive)
        try test.pass(days: 91, in: archive)
        _ = try archive.holds.narrow(
            try Matter("M-1"), cases: [try CaseID("K-1")], revision: nil, reason: try Reason("r")
        ).get()
        #expect(try purge().destroyed == 0)
        #expect(try archive.audit.reconcile().findings == [])
        let narrowed = try archive.holds.report(try Matter("M-1"), asOf: nil)
        #expect(narrowed.hold.narrowings.map(\.cases) == [1] && !narrowed.hold.narrowings[0].hasEnded)
        for object in narrowed.objects {
            #expect(object.until == (object.caseID == "K-1" ? narrowed.hold.narrowings[0].coolingUntil : nil))
        }
        try test.pass(days: 31, in: archive)
        #expect(try purge().destroyed == 1)
        #expect(try archive.holds.show(try Matter("M-1")).narrowings.map(\.hasEnded) == [true])
        #expect(try explain("K-1", "best-frame").status != "held" && explain("K-2", "video").status == "held")
        // What arrives in a case that was taken out is free, too.
        try test.archive("K-1", in: archive, answer: TestAnswer(videoLength: 20).text)
        #expect(try archive.policies.explain(try CaseID("K-1")).objects.allSatisfy { $0.status != "held" })
        #expect(try archive.audit.reconcile().findings == [])
        // Named again, it is held again.
        _ = try archive.holds.extend(
            HoldOrder(matter: try Matter("M-1"), reason: try Reason("r"), reviewBy: nil, scope: try test.cases("K-1")))
        try archive.holds.workOnHolds()
        #expect(try explain("K-1", "best-frame").status == "held")
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func aRevisionIsTakenBack() throws {
        try test.archive("K-1", in: archive)
        try test.archive("K-2", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        let order = HoldOrder(
            matter: try Matter("M-1"), reason: try Reason("more"), reviewBy: nil,
            scope: .expression("media = video", judgedOnly: false, timeZone: .gmt))
        try test.pass(days: 1, in: archive)
        #expect(try archive.holds.extend(order).revision == 2)
        try archive.holds.workOnHolds()
        // What an extension took in is held since the extension.
        let covered = try archive.holds.report(try Matter("M-1"), asOf: nil).objects
        let since = Dictionary(grouping: covered, by: { $0.caseID ?? "" }).mapValues { $0.map(\.since).max()! }
        #expect(since["K-2"]!.timeIntervalSince(since["K-1"]!) > 80_000, "\(since)")
        #expect(
            refusal { _ = try archive.holds.report(try Matter("M-1"), asOf: test.time.now.addingTimeInterval(60)) }?
                .code
                == .badParticular)
        try test.pass(days: 91, in: archive)
        _ = try archive.holds.narrow(try Matter("M-1"), cases: [], revision: 2, reason: try Reason("too much")).get()
        #expect(try purge().destroyed == 0)
        try test.pass(days: 31, in: archive)
        #expect(try purge().destroyed == 1)
        #expect(try explain("K-1", "video").status == "held")
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// The only revision is taken back, then the matter is released: what was taken back ends first, and nobody's work
    /// stops until the release has cooled, too.
    @Test func whatWasTakenBackEndsBeforeTheRelease() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        try test.pass(days: 91, in: archive)
        _ = try archive.holds.narrow(try Matter("M-1"), cases: [], revision: 1, reason: try Reason("r")).get()
        try test.pass(days: 10, in: archive)
        _ = try archive.holds.release(try Matter("M-1"), reason: try Reason("r")).get()
        #expect(try purge().destroyed == 0)
        try test.pass(days: 25, in: archive)
        #expect(try purge().destroyed == 1)
        #expect(try archive.holds.list(all: false).map(\.state) == ["released"])
        #expect(try archive.audit.reconcile().findings == [])
        let before = test.time.now
        try test.pass(days: 10, in: archive)
        #expect(try purge().destroyed == 0)
        #expect(try archive.audit.reconcile().findings == [])
        // Held anew, the record of the time before is still that of the order before.
        try test.hold("M-1", .everything, in: archive)
        #expect(try archive.holds.report(try Matter("M-1"), asOf: before).hold.releasedAt != nil)
        #expect(try archive.holds.report(try Matter("M-1"), asOf: nil).hold.releasedAt == nil)
        #expect(try archive.holds.list(all: true).map(\.state) == ["ended", "standing"])
    }

    /// Where the cooling was shortened in between, the release ends before what was taken out: nobody's work stops.
    @Test(arguments: [true, false]) func whatWasTakenOutCoolsLongerThanTheRelease(byCase: Bool) throws {
        try test.set("cooling-days: 30", "cooling-days: 90")
        var archive = try test.open()
        try test.archive("K-1", in: archive)
        try test.archive("K-2", in: archive)
        try test.hold("M-1", try test.cases("K-1", "K-2"), in: archive)
        let cases = byCase ? [try CaseID("K-1")] : []
        _ = try archive.holds.narrow(
            try Matter("M-1"), cases: cases, revision: byCase ? nil : 1, reason: try Reason("r")
        ).get()
        try test.set("cooling-days: 90", "cooling-days: 30")
        _ = try test.open().people.applySettings(reason: try Reason("r")).get()
        archive = try test.open()
        let released = try archive.holds.release(try Matter("M-1"), reason: try Reason("r")).get()
        #expect(released.coolingUntil.timeIntervalSince(test.time.now) < 31 * 86_400)
        for days in [31, 30, 31] {
            try test.pass(days: days, in: archive)
            #expect(throws: Never.self) { try archive.holds.workOnHolds() }
            #expect(try archive.audit.reconcile().findings == [])
        }
        #expect(try archive.holds.list(all: false).isEmpty)
    }

    /// Orders overlap: what one lets go another keeps.
    @Test func everyMatterCountsForItself() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        try test.hold("M-2", where: "media = video", in: archive)
        try test.pass(days: 91, in: archive)
        _ = try test.release("M-1", in: archive).get()
        try test.pass(days: 31, in: archive)
        #expect(try purge().destroyed == 0 && explain("K-1", "video").matters == ["M-2"])
        #expect(try explain("K-1", "best-frame").status == "waiting-for-event")
    }

    // MARK: Large lists, interruptions

    @Test func aLargeListIsPlacedInParts() throws {
        let ids = try (0..<3200).map { try CaseID("L-\($0)") }
        for number in [0, 1600, 3199] { try test.archive("L-\(number)", in: archive) }
        let answer = try test.hold("M-1", .cases(ids), in: archive)
        #expect(answer.heldCases == 3 && answer.heldObjects == 9 && answer.unknownCases.count == 3197)
        try test.archive("L-5", in: archive)
        #expect(try explain("L-5", "video").status == "held" && explain("L-1600", "video").status == "held")
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// What was named before an interruption is protected; who began it finishes it, or takes it back.
    @Test(arguments: ["finish", "withdraw"])
    func anInterruptedOrderProtects(end: String) throws {
        try test.archive("L-0", in: archive)
        let ids = try (0..<3200).map { try CaseID("L-\($0)") }
        let order = HoldOrder(
            matter: try Matter("M-1"), reason: try Reason("r"), reviewBy: test.time.now.addingTimeInterval(1e8),
            scope: .cases(ids))
        // The person stops it after its first part.
        let asked = Mutex(0)
        let stopped = try test.openArchive().session(as: .actor(try Actor(claimed: "tester"))) {
            asked.withLock {
                $0 += 1; return $0 > 1
            }
        }
        #expect(refusal { _ = try stopped.holds.place(order) }?.code == .interrupted)
        #expect(try archive.holds.list(all: false).map(\.state) == ["placing"])
        #expect(try archive.overview.status().holds.unfinished == ["M-1"])
        #expect(try archive.audit.reconcile().findings == [])
        try test.pass(days: 91, in: archive)
        #expect(try purge().destroyed == 0)
        #expect(refusal { _ = try test.open(actor: "other").holds.place(order) }?.code == .matterExists)
        #expect(refusal { _ = try test.open(actor: "other").holds.withdraw(try Matter("M-1")) }?.code == .notAllowed)
        if end == "finish" {
            #expect(try archive.holds.place(order).heldCases == 1)
            try archive.holds.workOnHolds()
            #expect(try purge().destroyed == 0)
        } else {
            _ = try archive.holds.withdraw(try Matter("M-1"))
            #expect(try purge().destroyed == 1)
        }
        #expect(try archive.audit.reconcile().findings == [])
    }

    // MARK: What is shown

    @Test func aReportIsOfItsTime() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", where: "jurisdiction = HK", in: archive)
        let first = test.time.now
        try test.pass(days: 1, in: archive)
        try test.archive("K-2", in: archive)
        #expect(
            try archive.holds.report(try Matter("M-1"), asOf: first).objects.map(\.caseID) == ["K-1", "K-1", "K-1"])
        let now = try archive.holds.report(try Matter("M-1"), asOf: nil)
        #expect(Set(now.objects.map(\.caseID)) == ["K-1", "K-2"] && now.record.count == 1)
        #expect(now.record.first?.reason == "subpoena 26-cv-118")
        #expect(
            refusal { _ = try archive.holds.report(try Matter("M-1"), asOf: first.addingTimeInterval(-9)) }?.code
                == .unknownMatter)
    }

    @Test func aNoticeNamesTheCopiesThatWereGivenOut() throws {
        try test.archive("K-1", in: archive)
        _ = try archive.retrieval.retrieve(try CaseID("K-1"), for: try Reason("audit"), to: test.directory + "/bag")
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        let notice = try archive.holds.notice(try Matter("M-1")) { "by M: \($0 ?? "…")" }
        #expect(notice.copies == 1 && notice.text.contains("case K-1: a bag of 3 items, given to tester"))
        _ = try archive.holds.acknowledge(try Matter("M-1"), reader: nil)
        _ = try archive.holds.acknowledge(try Matter("M-1"), reader: "Outside Counsel")
        #expect(
            try archive.holds.show(try Matter("M-1")).acknowledgements.map(\.reader) == ["tester", "Outside Counsel"])
    }

    /// A bag and a certificate say that something is preserved; of a confidential hold no more than that.
    @Test(arguments: [false, true])
    func bagsSayWhatIsPreserved(confidential: Bool) throws {
        try test.archive("K-1", in: archive)
        try test.pass(days: 91, in: archive)
        #expect(try purge().destroyed == 1)
        try test.hold("Matter 17", try test.cases("K-1"), in: archive, confidential: confidential)
        _ = try archive.retrieval.retrieve(try CaseID("K-1"), for: try Reason("audit"), to: test.directory + "/bag")
        _ = try archive.destruction.certify(.caseID(try CaseID("K-1")), to: test.directory + "/certificate")
        for name in [
            "bag/custody.html", "bag/custody.json", "certificate/certificate.html", "certificate/certificate.json",
        ] {
            let text = try String(contentsOfFile: test.directory + "/" + name, encoding: .utf8)
            #expect(text.contains(confidential ? Session.keptByLaw : "Matter 17"), "\(name)")
            if confidential { #expect(!text.contains("Matter 17"), "\(name)") }
        }
        let auditor = try test.token("a.udit", .auditor, by: archive).archive
        let shown = try auditor.policies.explain(try CaseID("K-1")).objects.map(\.matters)
        #expect(shown.allSatisfy { $0 == [confidential ? Session.keptByLaw : "Matter 17"] })
        #expect(try auditor.holds.list(all: true).map(\.matter) == [confidential ? Session.keptByLaw : "Matter 17"])
        let unknown = refusal { _ = try auditor.holds.show(try Matter("Matter 17")) }
        #expect((unknown?.code == .unknownMatter) == confidential)
    }

    @Test func overdueReviewsAlarmAndReleaseNothing() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        try test.pass(days: 500, in: archive)
        #expect(
            try archive.overview.status().holds.overdueReviews == ["M-1"]
                && archive.holds.show(try Matter("M-1")).isOverdue)
        #expect(try purge().destroyed == 0)
        _ = try archive.holds.extend(
            HoldOrder(
                matter: try Matter("M-1"), reason: try Reason("still needed"),
                reviewBy: test.time.now.addingTimeInterval(1e7), scope: .review))
        #expect(try archive.overview.status().holds.overdueReviews.isEmpty)
        #expect(try archive.audit.reconcile().findings == [])
    }

    // MARK: Bad input

    @Test func ordersThatAreNoneAreRefused() throws {
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
        let matter = try Matter("M-2")
        let reason = try Reason("r")
        func place(_ scope: HoldOrder.Scope, matter: Matter = matter, days: Double = 9) -> ArchiveError? {
            refusal {
                _ = try archive.holds.place(
                    HoldOrder(
                        matter: matter, reason: reason, reviewBy: test.time.now.addingTimeInterval(days * 86_400),
                        scope: scope))
            }
        }
        let before = try archive.holds.list(all: true).count
        #expect(place(.cases([]))?.code == .badScope)
        #expect(place(.everything, days: -1)?.code == .badScope)
        #expect(try place(test.cases("K-1"), matter: Matter("M-1"))?.code == .matterExists)
        let typo = place(.expression("jursdiction = HK", judgedOnly: false, timeZone: .gmt))
        #expect(
            typo?.code == .badExpression && typo?.mark?.column == 1
                && typo?.remedy?.description.contains("jurisdiction") == true)
        let unknown = HoldOrder(matter: matter, reason: reason, reviewBy: nil, scope: .everything)
        #expect(refusal { _ = try archive.holds.extend(unknown) }?.code == .unknownMatter)
        #expect(refusal { _ = try archive.holds.release(matter, reason: reason) }?.code == .unknownMatter)
        #expect(try archive.holds.list(all: true).count == before)
    }

    @Test func filesOfCasesAreRead() throws {
        func read(_ text: String) throws -> CaseListFile { try CaseListFile(Array(text.utf8), name: "list.txt") }
        #expect(try read("\u{FEFF}K-1\r\nK-2\r\n\r\nK-1\r\n").cases.map(\.text) == ["K-1", "K-2"])
        #expect(try read("K-1\nK-1\n").repeated == 1)
        #expect(try read("K-e\u{301}\nK-\u{e9}\n").cases.count == 1, "one case in two Unicode forms")
        #expect(try read("subject,case\nS,K-1\nS,\"K,2\"\n").cases.map(\.text) == ["K-1", "K,2"])
        for (text, word) in [
            ("", "names no case"), ("\n \n", "names no case"), ("case\n", "names no case"), ("K-1,K-2\n", "2 columns"),
            ("K-1\nK\u{7}\n", "line 2"), ("case,x\n,1\n", "line 2"),
        ] {
            #expect(refusal { _ = try read(text) }?.message.contains(word) == true, "\(text.debugDescription)")
        }
    }
}
