import Foundation

@testable import Archive

/// What an auditor is handed, and what checking it says.
extension TestArchive {
    /// Imports so many cases and writes the ledger out.
    func export(cases: Int = 1, to name: String = "export") throws -> String {
        let archive = try open()
        for number in 0..<cases {
            _ = try archive.import(
                try item("K-\(UUID().uuidString)-\(number)", answer: TestAnswer(videoLength: 10).text))
        }
        _ = try archive.exportLedger(to: directory + "/" + name)
        return directory + "/" + name
    }
}

func problems(_ path: String, key: String? = nil, since: String? = nil) throws -> [String] {
    var verifier = EvidenceVerifier()
    verifier.verifierKey = key
    verifier.since = since
    return try verifier.verify(path).problems
}
