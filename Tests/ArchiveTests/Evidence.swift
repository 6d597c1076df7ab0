import Evidence
import Foundation
import Testing

@testable import Archive
@testable import Vault

/// What an auditor is handed, and what checking it says.
extension TestArchive {
    /// Imports so many cases and writes the ledger out.
    func export(cases: Int = 1, to name: String = "export") throws -> String {
        let archive = try open()
        for number in 0..<cases {
            _ = try archive.intake.import(
                try item("K-\(UUID().uuidString)-\(number)", answer: TestAnswer(videoLength: 10).text))
        }
        _ = try archive.audit.export(to: directory + "/" + name)
        return directory + "/" + name
    }

    /// Where the ledger is published under an origin.
    func published(origin: Int = 1) throws -> String {
        let home = directory + "/state/strongroom"
        let uid = try #require(try FileManager.default.contentsOfDirectory(atPath: home).first)
        return "\(home)/\(uid)/\(origin)"
    }

    func work(_ caseID: String) throws {
        let archive = try open()
        defer { archive.publish() }
        _ = try archive.intake.import(try item(caseID, answer: TestAnswer(videoLength: 10).text))
    }

    func copyIndex(to name: String, back: Bool = false) throws {
        for suffix in ["", "-wal"] {
            let (own, other) = (path + "/index.sqlite" + suffix, directory + "/" + name + suffix)
            let (from, to) = back ? (other, own) : (own, other)
            try? FileManager.default.removeItem(atPath: to)
            if FileManager.default.fileExists(atPath: from) {
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
        }
    }
}

func problems(_ path: String, key: String? = nil, since: String? = nil) throws -> [String] {
    var verifier = EvidenceVerifier()
    verifier.verifierKey = key
    verifier.since = since
    return try verifier.verify(path).problems
}
