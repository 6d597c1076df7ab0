import Base
@_spi(Writing) import Catalog
import Foundation
import Ledger
import Retention
import Sealing
import Testing

@testable import Archive
@testable import Vault

extension TestArchive {
    /// A small policy: pictures for two years after the end, videos for 90 days.
    static let policy = """
        policy: house
        version: 1
        title: House rules
        applies-to: { jurisdiction: [HK] }
        events: { relationship-ended: once }
        rules:
          - name: evidence
            media: [best-frame, result]
            retain: { from: relationship-ended, at-least: P2Y, at-most: P3Y }
            backstop: { from: captured, after: P8Y }
          - name: video
            media: [video]
            retain: { from: captured, at-most: P90D }
        """

    func file(_ text: String) throws -> PolicyFile { try PolicyFile(Array(text.utf8), path: "test.yaml") }

    @discardableResult
    func activate(_ text: String, in archive: Session) throws -> PolicyImpact {
        try archive.policies.activate(try file(text), accepting: nil, confirm: { _ in true }).get()
    }

    /// Archives a case with a picture, a video and a result.
    @discardableResult
    func archive(
        _ caseID: String, in archive: Session, place: String? = "HK", token: String? = nil,
        answer: String = TestAnswer(videoLength: 10).text, isConfirmed: Bool = false,
        _ change: (inout Registration.Input) -> Void = { _ in }
    ) throws -> CaseUID {
        let item = try item(caseID, answer: answer, token: token, isConfirmed: isConfirmed) { input in
            input.jurisdictions = place.map { [$0] } ?? []
            change(&input)
        }
        _ = try archive.intake.import(item)
        return CaseUID(hex: try archive.retrieval.caseDetails(try CaseID(caseID)).caseUID)!
    }

    func event(
        _ name: String, of caseID: String, at time: Date? = nil, _ change: CaseEventInput.Change = .happened,
        in archive: Session
    ) throws -> RecordedEvent {
        try archive.policies.recordEvent(
            try CaseEventInput(
                event: name, at: time.map(Timestamp.format), change: change, now: self.time.now),
            of: try CaseID(caseID))
    }

    func kinds(of caseID: String, in archive: Session) throws -> [String] {
        try archive.retrieval.caseDetails(try CaseID(caseID)).verifications.flatMap(\.objects).map(\.kind)
    }

    /// The clock goes on in steps that nobody doubts.
    func pass(days: Int, in archive: Session) throws {
        var left = days
        while left > 0 {
            let step = min(left, 25)
            time.advance(Double(step) * 86_400)
            // Something that counts happens: the archive is verified.
            _ = try archive.record { try $0.add(.archiveVerified(.init(objects: 0, opened: 0, findings: 0))) }
            left -= step
        }
    }
}

func refusal(_ body: () throws -> Void) -> ArchiveError? {
    do {
        try body()
        return nil
    } catch {
        return error as? ArchiveError
    }
}
