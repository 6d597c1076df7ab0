import Base
@_spi(Writing) import Catalog
import Evidence
import Foundation
import Ledger
import Retention
import Testing

@testable import Archive
@testable import Vault

extension TestArchive {
    /// Makes a token by somebody's word, and opens the archive with it.
    func token(
        _ name: String, _ roles: Role..., by maker: Session, expires: Date? = nil
    ) throws -> (archive: Session, secret: String, uid: String) {
        let made = try maker.people.createToken(for: name, roles: roles, expires: expires, reason: try Reason("r"))
            .get()
        return (try open(as: .token(try PersonalToken(SecretText(made.secret.utf8)))), made.secret, made.summary.token)
    }
}

/// Nobody lifts a guard alone where there are two.
struct AuthorityTests {
    let test: TestArchive
    /// Opened by somebody without a token.
    let archive: Session
    private let reason: Reason
    private let operatorSecret: String

    init() throws {
        test = try TestArchive()
        archive = try test.open(actor: "maker")
        reason = try Reason("r")
        operatorSecret = try test.token("s.op", .operator, by: archive).secret
        try test.activate(TestArchive.policy, in: archive)
        try test.archive("K-1", in: archive)
        try test.hold("M-1", try test.cases("K-1"), in: archive)
    }

    /// The archive as its operator opens it now.
    private func op() throws -> Session {
        try test.open(as: .token(try PersonalToken(SecretText(operatorSecret.utf8))))
    }

    /// Two people with approving tokens, made by a third.
    private func two(until expires: Date? = nil) throws -> (chan: Session, lau: Session) {
        (
            try test.token("j.chan", .legal, by: archive).archive,
            try test.token("m.lau", .legal, by: archive, expires: expires).archive
        )
    }

    /// Whoever gives up their own token publishes that they did.
    @Test func aRevocationIsPublishedByWhomItTakesTheTokenFrom() throws {
        let (_, lau) = try two()
        let uid = try #require(try lau.people.tokens().first { $0.actor == "m.lau" }?.token)
        _ = try lau.people.revokeToken(uid, reason: reason).get()
        lau.finishPublication()
        #expect(lau.publicationProblem == nil && lau.unpublishedEntries == 0)
    }

    @Test func oneLawyerAsksAndAnotherAllows() throws {
        let (chan, lau) = try two()
        let request = try #require(try test.release("M-1", in: chan).request)
        #expect(
            request.state == "open" && request.author == "j.chan"
                && request.effect.says.first?.contains("1 case") == true)
        #expect(try archive.holds.show(try Matter("M-1")).state == "standing")
        // Asked for again, it is the same request.
        #expect(try test.release("M-1", in: chan).request?.request == request.request)
        let report = try lau.people.approve(request.request, reason: try Reason("file closed, see memo 7"))
        #expect(report.state == "done" && report.entry != nil)
        #expect(try archive.holds.show(try Matter("M-1")).state == "released")
        #expect(
            try archive.people.requests(all: false).isEmpty && archive.people.request(1).votes.map(\.actor) == ["m.lau"]
        )
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Also who has the root key and no token only asks; and since a name that is claimed can be anybody's, it takes
    /// two others then.
    @Test func withoutATokenOneCanOnlyAsk() throws {
        let (chan, lau) = try two()
        let request = try #require(try test.release("M-1", in: test.open(actor: "root")).request)
        #expect(request.quorum == 2)
        #expect(refusal { _ = try archive.people.approve(request.request, reason: reason) }?.code == .notAllowed)
        #expect(try lau.people.approve(request.request, reason: reason).state == "open")
        #expect(
            refusal { _ = try lau.people.approve(request.request, reason: reason) }?.code == .requestOver,
            "one person votes once")
        #expect(try chan.people.approve(request.request, reason: reason).state == "done")
    }

    /// A vote counts as long as its token does.
    @Test func aRevokedVoteCountsNoMore() throws {
        let (chan, lau) = try two()
        let request = try #require(try test.release("M-1", in: test.open(actor: "root")).request).request
        #expect(try lau.people.approve(request, reason: reason).state == "open")
        let uid = try #require(try lau.people.tokens().first { $0.actor == "m.lau" }?.token)
        _ = try lau.people.revokeToken(uid, reason: reason).get()
        #expect(try chan.people.approve(request, reason: reason).state == "open")
        #expect(
            try archive.holds.show(try Matter("M-1")).state == "standing"
                && archive.people.request(request).votes.count == 1)
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// A clock that is behind takes no cooling away, and lets nobody vote.
    @Test func aClockThatIsBehindLiftsNothing() throws {
        test.time.advance(-40 * 86_400)
        #expect(refusal { _ = try test.release("M-1", in: archive) }?.code == .clockDoubted)
        #expect(
            refusal { _ = try archive.people.createToken(for: "x", roles: [.legal], expires: nil, reason: reason) }?
                .code
                == .clockDoubted)
        // Preserving goes on.
        try test.hold("M-2", .everything, in: archive)
    }

    /// What a hold keeps back counts as what a policy would make due.
    @Test func aHoldHidesNoImpact() throws {
        let (chan, _) = try two()
        _ = chan
        try test.hold("M-2", .everything, in: archive)
        let stricter = TestArchive.policy.replacingOccurrences(of: "version: 1", with: "version: 2")
            .replacingOccurrences(of: "P90D", with: "P1D")
        #expect(
            try archive.policies.activate(try test.file(stricter), accepting: nil, confirm: { _ in true }).request
                != nil)
    }

    @Test(arguments: [
        "author", "author by another kind of name", "author in other letters", "wrong role", "no token",
        "expired token",
        "revoked token", "made by the author", "after expiry", "effect that grew", "twice", "denied",
    ])
    func votesThatDoNotCount(fault: String) throws {
        let (chan, lau) = try two(until: fault == "expired token" ? test.time.now.addingTimeInterval(3600) : nil)
        let clerk = try test.token("clerk", .intake, .auditor, by: archive).archive
        var voter: Session? = lau
        var author: Session = chan
        switch fault {
        case "author": voter = chan
        case "author by another kind of name": (author, voter) = (try test.open(actor: "m.lau"), lau)
        case "author in other letters": (author, voter) = (try test.open(actor: "M.LAU"), lau)
        case "wrong role": voter = clerk
        case "no token": voter = try test.open(actor: "m.lau2")
        case "made by the author": author = archive
        default: break
        }
        let request = try #require(try test.release("M-1", in: author).request).request
        var code = ArchiveError.Code.notAllowed
        switch fault {
        case "expired token":
            test.time.advance(3601)
            code = .badToken
        case "revoked token":
            // One's own, at any time.
            let uid = try #require(try lau.people.tokens().first { $0.actor == "m.lau" }?.token)
            _ = try lau.people.revokeToken(uid, reason: reason).get()
            code = .badToken
        case "after expiry":
            test.time.advance(8 * 86_400)
            code = .requestOver
        case "effect that grew":
            try test.archive("K-2", in: archive)
            _ = try archive.holds.extend(
                HoldOrder(matter: try Matter("M-1"), reason: reason, reviewBy: nil, scope: try test.cases("K-2")))
        case "twice":
            try test.set("# hold release: { roles: [legal], quorum: 2 }", "hold release: { roles: [legal], quorum: 2 }")
        case "denied": _ = try lau.people.deny(request, reason: reason)
        default: break
        }
        if fault == "effect that grew" {
            #expect(try lau.people.approve(request, reason: reason).state == "void")
        } else if fault == "twice" {
            // It was asked for under the rule of one.
            #expect(try lau.people.approve(request, reason: reason).state == "done")
            #expect(refusal { _ = try lau.people.approve(request, reason: reason) }?.code == .requestOver)
            return
        } else {
            let wrong = refusal { _ = try voter!.people.approve(request, reason: reason) }
            #expect(wrong?.code == (fault == "denied" ? .requestOver : code), "\(wrong?.message ?? "allowed")")
        }
        #expect(try archive.holds.show(try Matter("M-1")).state == "standing")
        let findings = try archive.audit.reconcile().findings
        #expect(findings == [])
    }

    @Test func aQuorumOfTwoTakesTwo() throws {
        try test.set("# hold release: { roles: [legal], quorum: 2 }", "hold release: { roles: [legal], quorum: 2 }")
        _ = try test.open(actor: "maker").people.applySettings(reason: reason).get()
        let archive = try test.open(actor: "maker")
        let one = try test.token("a.one", .legal, by: archive).archive
        let two = try test.token("b.two", .legal, by: archive).archive
        let request = try #require(try test.release("M-1", in: op()).request)
        #expect(request.quorum == 2)
        #expect(try one.people.approve(request.request, reason: reason).state == "open")
        #expect(
            refusal { _ = try one.people.approve(request.request, reason: reason) }?.code == .requestOver,
            "one person votes once")
        #expect(try archive.holds.show(try Matter("M-1")).state == "standing")
        #expect(try two.people.approve(request.request, reason: reason).state == "done")
        // A smaller quorum is a looser guard.
        try test.set("quorum: 2", "quorum: 1")
        let later = try test.open(actor: "maker")
        #expect(later.people.loosenedSettings.map(\.name) == ["approve hold release"])
        try test.hold("M-3", .everything, in: later)
        #expect(try test.release("M-3", in: later).request?.quorum == 3, "by who has no token")
    }

    // MARK: What a token allows

    @Test func rolesAllowWhatTheyAreFor() throws {
        let intake = try test.token("i.take", .intake, by: archive).archive
        let auditor = try test.token("a.udit", .auditor, by: archive).archive
        let legal = try test.token("l.egal", .legal, by: archive).archive
        _ = try test.archive("K-5", in: archive)
        for (who, what, isAllowed) in [
            (intake, "import", true), (intake, "show", false), (intake, "retrieve", false), (intake, "purge", false),
            (auditor, "import", false), (auditor, "show", true), (auditor, "retrieve", true), (auditor, "hold", false),
            (legal, "hold", true), (legal, "purge", false), (legal, "import", false), (legal, "policy", false),
        ] {
            let refused = refusal {
                switch what {
                case "import":
                    _ = try who.intake.import(
                        try test.item("K-\(UUID().uuidString)", answer: TestAnswer(videoLength: 9).text))
                case "show": _ = try who.retrieval.caseDetails(try CaseID("K-5"))
                case "retrieve": _ = try test.contents("video", of: "K-5", in: who)
                case "purge": _ = try who.destruction.run(accepting: nil)
                case "policy": _ = try who.policies.retire("house", reason: reason, accepting: nil) { _ in true }
                default: try test.hold("M-\(UUID().uuidString)", try test.cases("K-5"), in: who)
                }
            }
            #expect(
                (refused == nil) == isAllowed, "\(who.recorder.actor.name) \(what): \(refused?.message ?? "allowed")")
            if !isAllowed { #expect(refused?.code == .notAllowed) }
        }
        var query = LedgerQuery()
        query.kind = "attempt failed"
        #expect(
            try archive.audit.entries(query).contains { $0.actor == "a.udit" && $0.sentence.contains("notAllowed") })
    }

    /// What is not asked about is refused: every public verb goes through the one door.
    @Test func everyVerbAsksForAPermission() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        // What is no verb: opening, what was known when it was opened, and what ends a command.
        let free: Set<String> = ["open", "create", "publish", "finishPublication", "verifierKey"]
        var checked = 0
        for case let file as URL in FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)!
        where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let path = file.path.dropFirst(sources.path.count)
            guard path.hasPrefix("/Archive/") || path.hasPrefix("/Vault/"),
                text.firstMatch(
                    of: /\nextension (Session|Holds|Policies|Intake|Destruction|Retrieval|Audit|People|Overview) \{/)
                    != nil
            else { continue }
            let parts = text.components(separatedBy: "\n    public func ")
            for part in parts.dropFirst() {
                let name = String(part.prefix { $0 != "(" && $0 != "<" }).trimmingCharacters(in: ["`"])
                let body = part.components(separatedBy: "\n    }").first ?? ""
                guard !free.contains(name) else { continue }
                checked += 1
                let asks = ["session.attempt(.", "try session.allow(.", "archive(item)"].contains { body.contains($0) }
                #expect(asks, "\(file.lastPathComponent): \(name)")
            }
        }
        #expect(checked > 60)
    }

    @Test func badTokensOpenNothing() throws {
        let made = try test.token("j.chan", .legal, by: archive)
        #expect(refusal { _ = try PersonalToken(SecretText("srt_short".utf8)) }?.code == .badToken)
        let other = "srt_" + String(repeating: "A", count: 43)
        #expect(refusal { _ = try test.open(as: .token(try PersonalToken(SecretText(other.utf8)))) }?.code == .badToken)
        _ = try archive.people.revokeToken(made.uid, reason: reason).get()
        #expect(
            refusal { _ = try test.open(as: .token(try PersonalToken(SecretText(made.secret.utf8)))) }?.message
                .contains("revoked")
                == true)
        // Also in an archive that was opened before.
        #expect(refusal { try test.hold("M-2", .everything, in: made.archive) }?.code == .badToken)
        var query = LedgerQuery()
        query.actor = "j.chan"
        #expect(try archive.audit.entries(query).contains { $0.kind == "attempt failed" })
        // The secret stands nowhere.
        for name in try FileManager.default.subpathsOfDirectory(atPath: test.directory) {
            let content = FileManager.default.contents(atPath: test.directory + "/" + name) ?? Data()
            #expect(content.range(of: Data(made.secret.utf8)) == nil, "\(name)")
        }
    }

    // MARK: Two persons

    @Test func oneCanDoAllUntilThereAreTwo() throws {
        #expect(try !archive.overview.status().authority.needsTwoPersons)
        #expect(try test.release("M-1", in: archive).request == nil)
        let first = try test.token("j.chan", .legal, by: archive)
        #expect(try !archive.overview.status().authority.needsTwoPersons)
        _ = try test.token("j.chan", .approver, by: archive)
        #expect(try !archive.overview.status().authority.needsTwoPersons, "two tokens of one person are one person")
        // Of a command that got no answer, the token that nobody has is named by the next.
        let again = try archive.people.createToken(for: "j.chan", roles: [.legal], expires: nil, reason: reason).get()
        #expect(again.others.count == 2 && again.others.contains(first.uid))
        _ = try archive.people.revokeToken(again.summary.token, reason: reason).get()
        #expect(refusal { _ = try test.token("J.Chan", .legal, by: archive) }?.code == .badParticular)
        _ = try test.token("a.udit", .auditor, by: archive)
        #expect(try !archive.overview.status().authority.needsTwoPersons, "it does not approve")
        let second = try test.token("m.lau", .privacy, by: archive)
        #expect(try archive.overview.status().authority.needsTwoPersons)
        // Neither revocation nor expiry takes that back.
        _ = try second.archive.people.revokeToken(second.uid, reason: reason).get()
        #expect(try archive.overview.status().authority.needsTwoPersons)
        // With fewer than two left, somebody new waits for seven days.
        let third = try archive.people.createToken(for: "n.ew", roles: [.approver], expires: nil, reason: reason).get()
        #expect(third.summary.approvesFrom.map { abs($0.timeIntervalSince(test.time.now) - 7 * 86_400) < 1 } == true)
        #expect(try archive.overview.status().authority.waitingApprovers.count == 1)
        try test.hold("M-2", .everything, in: archive)
        let request = try #require(try test.release("M-2", in: first.archive).request).request
        let new = try test.open(as: .token(try PersonalToken(SecretText(third.secret.utf8))))
        #expect(refusal { _ = try new.people.approve(request, reason: reason) }?.message.contains("before") == true)
        try test.pass(days: 8, in: archive)
        let later = try #require(try test.release("M-2", in: first.archive).request).request
        #expect(try new.people.approve(later, reason: reason).state == "done")
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func approvingTokensNeedTwo() throws {
        let (chan, lau) = try two()
        let root = try op()
        let asked = try root.people.createToken(for: "n.ew", roles: [.approver], expires: nil, reason: reason)
        let request = try #require(asked.request).request
        #expect(
            refusal { _ = try root.people.createToken(byRequest: request) }?.code == .requestOver, "nobody allowed it")
        // Legal does not decide about tokens.
        #expect(refusal { _ = try chan.people.approve(request, reason: reason) }?.code == .notAllowed)
        _ = lau
        // One that does not approve needs nobody.
        _ = try root.people.createToken(for: "c.lerk", roles: [.intake], expires: nil, reason: reason).get()
        // Another's is not revoked alone.
        let uid = try #require(try archive.people.tokens().first { $0.actor == "m.lau" }?.token)
        #expect(try root.people.revokeToken(uid, reason: reason).request != nil)
        #expect(try archive.people.tokens().first { $0.token == uid }?.state == "valid")
    }

    @Test func twoPersonRulesEndByAnApproval() throws {
        _ = try test.token("a.one", .approver, by: archive)
        let two = try test.token("b.two", .approver, by: archive).archive
        let request = try op().people.endTwoPersonRules(reason: reason).request
        #expect(try archive.overview.status().authority.needsTwoPersons)
        #expect(try two.people.approve(request, reason: reason).state == "done")
        #expect(try !archive.overview.status().authority.needsTwoPersons)
        #expect(try test.release("M-1", in: archive).request == nil)
        #expect(try archive.audit.reconcile().findings == [])
    }

    // MARK: Guarded verbs

    @Test func aPurgeBeyondTheLimitDestroysWhatWasAllowed() throws {
        let (_, lau) = try two()
        try test.set("limit-objects: 100", "limit-objects: 2")
        let archive = try test.open(actor: "maker")
        for number in 0..<4 { try test.archive("P-\(number)", in: archive) }
        try test.pass(days: 91, in: archive)
        let refused = try #require(refusal { _ = try archive.destruction.run(accepting: nil) })
        #expect(refused.code == .limitExceeded)
        let request = try #require(try op().destruction.run(accepting: refused.digest).request)
        #expect(request.effect.objects?.count == 4)
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .limitExceeded)
        #expect(try lau.people.approve(request.request, reason: reason).state == "approved")
        // What becomes due meanwhile waits for the next.
        try test.archive("P-9", in: archive, answer: TestAnswer(videoLength: 33).text, isConfirmed: true) { input in
            input.capturedAt = Timestamp.format(test.time.now.addingTimeInterval(-100 * 86_400))
        }
        let report = try archive.destruction.run(accepting: nil).get()
        #expect(report.destroyed == 4)
        #expect(try archive.people.request(request.request).state == "done")
        #expect(refusal { _ = try archive.destruction.run(accepting: nil) }?.code == .limitExceeded)
        #expect(try test.kinds(of: "P-9", in: archive).contains("video"))
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func theClockIsAcceptedByTwo() throws {
        let one = try test.token("a.one", .approver, by: archive).archive
        _ = try test.token("b.two", .approver, by: archive)
        test.time.advance(100 * 86_400)
        let operatorArchive = try op()
        _ = refusal { _ = try operatorArchive.destruction.run(accepting: nil) }
        let request = try #require(try operatorArchive.destruction.acceptClock(test.time.now, reason: reason).request)
        #expect(try archive.destruction.clockStatus().doubt != nil)
        #expect(try one.people.approve(request.request, reason: reason).state == "done")
        #expect(try archive.destruction.clockStatus().doubt == nil)
    }

    @Test func policiesThatMakeSomethingDueTakeTwo() throws {
        let (_, lau) = try two()
        let stricter = TestArchive.policy.replacingOccurrences(of: "version: 1", with: "version: 2")
            .replacingOccurrences(of: "P90D", with: "P1D")
        let root = try op()
        let file = try test.file(stricter)
        try test.archive("K-7", in: archive)
        let request = try #require(try root.policies.activate(file, accepting: nil, confirm: { _ in true }).request)
        #expect(try archive.policies.list().filter(\.isActive).map(\.version) == [1])
        #expect(try lau.people.approve(request.request, reason: reason).state == "done")
        #expect(try archive.policies.list().filter(\.isActive).map(\.version) == [2])
        // So does one of which the index says that it lets nothing go earlier: no key vouches for that.
        let looser = stricter.replacingOccurrences(of: "version: 2", with: "version: 3").replacingOccurrences(
            of: "P1D", with: "P200D")
        func activate(_ text: String) throws {
            let asked = try root.policies.activate(try test.file(text), accepting: nil, confirm: { _ in true })
            let request = try #require(asked.request)
            #expect(try lau.people.approve(request.request, reason: reason).state == "done")
        }
        try activate(looser)
        // A retirement is void once other policies are active.
        let retirement = try #require(
            try root.policies.retire("house", reason: reason, accepting: nil) { _ in true }.request)
        let next = looser.replacingOccurrences(of: "version: 3", with: "version: 4")
        try activate(next)
        #expect(try lau.people.approve(retirement.request, reason: reason).state == "void")
        #expect(try archive.policies.list().contains(where: \.isActive))
        #expect(try archive.audit.reconcile().findings == [])
    }

    @Test func afterABackstopAPersonDecides() throws {
        try test.archive("B-1", in: archive)
        try test.pass(days: 8 * 366, in: archive)
        #expect(
            try archive.policies.explain(try CaseID("B-1")).objects.filter { $0.status == "backstop-review" }.count == 2
        )
        let (_, lau) = try two()
        let request = try #require(
            try op().destruction.approveBackstop(of: try CaseID("B-1"), media: "best-frame", reason: reason)
                .request)
        _ = try archive.destruction.run(accepting: nil).get()
        #expect(try test.kinds(of: "B-1", in: archive).contains("best-frame"))
        #expect(try lau.people.approve(request.request, reason: reason).state == "done")
        #expect(try archive.destruction.run(accepting: nil).get().destroyed == 1)
        #expect(try test.kinds(of: "B-1", in: archive) == ["result"])
        #expect(
            refusal { _ = try archive.destruction.approveBackstop(of: try CaseID("K-1"), media: nil, reason: reason) }?
                .code
                == .noConflict, "it is held")
        #expect(try archive.audit.reconcile().findings == [])
    }

    /// Until it is approved the stricter value counts, and status says so; entries show both.
    @Test func aLoosenedGuardWaits() throws {
        let one = try test.token("a.one", .approver, by: archive).archive
        _ = try test.token("b.two", .approver, by: archive)
        try test.set("limit-percent: 5", "limit-percent: 90")
        try test.set("cooling-days: 30", "cooling-days: 1")
        try test.set("clock-behind-seconds: 300", "clock-behind-seconds: 60")
        let opened = try op()
        #expect(opened.configuration.retention.limitShare == 0.05 && opened.configuration.coolingDays == 30)
        #expect(opened.configuration.retention.clockBehind == 60, "what tightens counts at once")
        #expect(
            try opened.overview.status().authority.loosened.map(\.name).sorted() == ["cooling-days", "limit-percent"])
        let request = try #require(try opened.people.applySettings(reason: reason).request)
        #expect(try one.people.approve(request.request, reason: reason).state == "done")
        let after = try test.open(actor: "op")
        #expect(after.people.loosenedSettings.isEmpty && after.configuration.coolingDays == 1)
        try test.hold("M-2", .everything, in: after)
        #expect(try archive.audit.reconcile().findings == [])
        var query = LedgerQuery()
        query.kind = "configuration changed"
        let entry = try #require(try archive.audit.entries(query).last { "\($0.entry)".contains("before") })
        #expect("\(entry.entry)".contains("limit-percent"))
    }

    @Test func aForkIsAcceptedByTwo() throws {
        let one = try test.token("a.one", .approver, by: archive)
        let two = try test.token("b.two", .approver, by: archive)
        archive.publish()
        let copy = test.directory + "/copy"
        try FileManager.default.copyItem(atPath: test.path, toPath: copy)
        try test.archive("K-8", in: archive)
        archive.publish()
        try FileManager.default.removeItem(atPath: test.path)
        try FileManager.default.moveItem(atPath: copy, toPath: test.path)
        let alone = try test.open(actor: "root", toLook: true)
        #expect(refusal { _ = try alone.audit.acceptFork(reason) }?.code == .notAllowed)
        let first = try test.open(as: .token(try PersonalToken(SecretText(one.secret.utf8))), toLook: true)
        #expect(refusal { _ = try first.audit.acceptFork(reason) }?.code == .notAllowed)
        #expect(
            refusal { _ = try first.audit.acceptFork(reason, second: try PersonalToken(SecretText(one.secret.utf8))) }?
                .code
                == .notAllowed)
        _ = try first.audit.acceptFork(reason, second: try PersonalToken(SecretText(two.secret.utf8)))
        let opened = try test.open()
        #expect(try opened.audit.reconcile().findings == [])
        #expect(try opened.holds.show(try Matter("M-1")).heldObjects == 3)
    }

    /// A token that only the published ledger knows to be revoked does not count.
    @Test func aRevokedTokenAcceptsNoFork() throws {
        let one = try test.token("a.one", .approver, by: archive)
        let two = try test.token("b.two", .approver, by: archive)
        archive.publish()
        let copy = test.directory + "/copy"
        try FileManager.default.copyItem(atPath: test.path, toPath: copy)
        _ = try two.archive.people.revokeToken(two.uid, reason: reason).get()
        archive.publish()
        try FileManager.default.removeItem(atPath: test.path)
        try FileManager.default.moveItem(atPath: copy, toPath: test.path)
        let first = try test.open(as: .token(try PersonalToken(SecretText(one.secret.utf8))), toLook: true)
        #expect(
            refusal { _ = try first.audit.acceptFork(reason, second: try PersonalToken(SecretText(two.secret.utf8))) }?
                .code == .badToken
        )
    }
}
