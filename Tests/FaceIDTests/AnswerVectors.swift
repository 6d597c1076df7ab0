import Base
import Foundation
import TestSupport
import Testing
import Vendor

@testable import FaceID

/// `Vectors/answers.json`: answers that are read, and one for each reason to refuse one.
struct AnswerVectors {
    struct File: Decodable {
        struct Good: Decodable {
            let name: String
            let answer: String
            let result: String?
            let description: String?
            let requestID: String?
            let error: String?
            let media: [String: String]
            let document: String?
        }
        struct Bad: Decodable {
            let name: String
            let answer: String
            let reason: String
            let offset: UInt64
            let field: String?
            let valueOffset: UInt64?
        }
        /// What only a lenient reader takes.
        struct Lenient: Decodable {
            let name: String
            let answer: String
            let media: [String: String]
            let document: String
        }
        let good: [Good]
        let lenient: [Lenient]
        let bad: [Bad]
    }

    let file: File

    init() throws {
        let url = try #require(
            Bundle.module.url(forResource: "answers", withExtension: "json", subdirectory: "Vectors"))
        file = try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
    }

    @Test(arguments: [1, 2, 3, 5, 13, 64, 1_000_000])
    func readsTheSameHoweverItArrives(pieceLength: Int) throws {
        for vector in file.good {
            let sink = CollectingSink()
            let answer = try read(Array(vector.answer.utf8), pieceLength: pieceLength, into: sink)
            switch answer.content {
            case .ended(let outcome, let description):
                #expect(outcome.code == vector.result, "\(vector.name)")
                #expect((outcome.verdict == .passed) == (outcome.code == "0"), "\(vector.name)")
                if let expected = vector.description { #expect(description == expected, "\(vector.name)") }
            case .notFinished(let code, _): #expect(code == "-999" && vector.result == code, "\(vector.name)")
            case .error(let code, _, _): #expect(code == vector.error, "\(vector.name)")
            }
            if let requestID = vector.requestID { #expect(answer.requestID == requestID, "\(vector.name)") }
            #expect(sink.media.mapValues(hex) == vector.media, "\(vector.name)")
            if let document = vector.document {
                #expect(String(decoding: answer.document, as: UTF8.self) == document, "\(vector.name)")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 7, 1_000_000])
    func refusesWithReasonAndOffset(pieceLength: Int) throws {
        #expect(file.bad.count >= 40)
        for vector in file.bad {
            do {
                _ = try read(Array(vector.answer.utf8), pieceLength: pieceLength, into: CollectingSink())
                Issue.record("\(vector.name) was read")
            } catch let error as AnswerError {
                #expect("\(error.reason)".replacingOccurrences(of: "\\'", with: "'") == vector.reason, "\(vector.name)")
                #expect(error.offset == vector.offset, "\(vector.name)")
                #expect(error.field == vector.field, "\(vector.name)")
                #expect(error.valueOffset == vector.valueOffset, "\(vector.name)")
                #expect(!error.description.isEmpty && !error.remedy.description.isEmpty)
            }
        }
    }

    @Test func refusesTextThatIsNotUTF8() throws {
        let text = Array(#"{"Response":{"Result":"0","Extra":""#.utf8) + [0xC3, 0x28] + Array(#""}}"#.utf8)
        #expect(throws: AnswerError(.notUTF8, offset: UInt64(text.count))) {
            _ = try read(text, pieceLength: 10, into: CollectingSink())
        }
    }

    /// Found by fuzzing: single bytes of a byte order mark were passed over wherever their offset fitted.
    @Test(arguments: [[0x20, 0xBB], [0xEF, 0x7B], [0xEF, 0xBB, 0x7B], [0x20, 0x20, 0xBF], [0xBB]] as [[UInt8]])
    func aByteOrderMarkIsWholeOrNone(front: [UInt8]) {
        #expect(throws: AnswerError.self) {
            _ = try read(front + Array(#"{"Response":{"Result":"0"}}"#.utf8), pieceLength: 1, into: CollectingSink())
        }
    }

    @Test(arguments: [1, 2, 3, 5, 13, 64, 1_000_000])
    func aLenientReaderTakesWhatOthersWrite(pieceLength: Int) throws {
        for vector in file.lenient {
            let text = Array(vector.answer.utf8)
            #expect(throws: AnswerError.self, "\(vector.name)") {
                _ = try read(text, pieceLength: pieceLength, into: CollectingSink())
            }
            let sink = CollectingSink()
            let answer = try read(text, pieceLength: pieceLength, isLenient: true, into: sink)
            #expect(sink.media.mapValues(hex) == vector.media, "\(vector.name)")
            #expect(String(decoding: answer.document, as: UTF8.self) == vector.document, "\(vector.name)")
        }
        // What is strict is read the same.
        for vector in file.good {
            let (strict, lenient) = (CollectingSink(), CollectingSink())
            let text = Array(vector.answer.utf8)
            #expect(
                try read(text, pieceLength: pieceLength, into: strict)
                    == read(text, pieceLength: pieceLength, isLenient: true, into: lenient), "\(vector.name)")
            #expect(strict.media == lenient.media, "\(vector.name)")
        }
    }

    @Test func refusesWhatIsLargerThanTheCap() throws {
        let text = Array(#"{"Response":{"Result":"0","Video":"\#(String(repeating: "AAAA", count: 1000))"}}"#.utf8)
        var reader = AnswerReader(cap: 2000)
        var thrown: AnswerError?
        do {
            for byte in text { try withUnsafeBytes(of: byte) { try reader.read($0, into: CollectingSink()) } }
        } catch let error as AnswerError { thrown = error }
        #expect(thrown == AnswerError(.tooLarge(cap: 2000), offset: 2000))
    }

    @Test func boundsTheTextBesideTheMedia() throws {
        let text = Array(#"{"Response":{"Extra":"\#(String(repeating: "x", count: AnswerReader.textLimit))"}}"#.utf8)
        #expect(throws: AnswerError.self) { _ = try read(text, pieceLength: 65_536, into: CollectingSink()) }
    }

    @Test func decodesEveryLengthAndEveryByteAsFoundationDoes() throws {
        var generator = SeededGenerator.ofTest()
        for length in Array(0...200) + [49_151, 49_152, 49_153, 98_304, 150_001] {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let base64 = Data(bytes).base64EncodedString()
            for text in [base64, base64.replacingOccurrences(of: "/", with: "\\/")] {
                let sink = CollectingSink()
                _ = try read(
                    Array(#"{"Response":{"Result":"0","Video":"\#(text)"}}"#.utf8),
                    pieceLength: Int.random(in: 1...70_000, using: &generator),
                    into: sink)
                #expect(sink.media["video"] ?? [] == bytes, "length \(length)")
            }
        }
    }

    @Test func whatTheSinkThrowsComesThrough() {
        struct Full: Error {}
        final class FullSink: MediaSink {
            func begin(_ kind: MediaKind) throws { throw Full() }
            func write(_ bytes: UnsafeRawBufferPointer) {}
            func end() {}
        }
        #expect(throws: Full.self) {
            var reader = AnswerReader(cap: 1000)
            try Array(#"{"Response":{"Video":"AAAA"}}"#.utf8).withUnsafeBytes { try reader.read($0, into: FullSink()) }
        }
    }
}

final class CollectingSink: MediaSink {
    var media: [String: [UInt8]] = [:]
    private var kind: MediaKind?

    func begin(_ kind: MediaKind) { self.kind = kind }
    func write(_ bytes: UnsafeRawBufferPointer) { media[kind!.name, default: []] += bytes }
    func end() { kind = nil }
}

func read(
    _ text: [UInt8], pieceLength: Int, isLenient: Bool = false, into sink: CollectingSink
) throws -> Answer {
    var reader = AnswerReader(cap: 64 << 20, isLenient: isLenient)
    for start in stride(from: 0, to: text.count, by: pieceLength) {
        try text[start..<min(start + pieceLength, text.count)].withUnsafeBytes { try reader.read($0, into: sink) }
    }
    return try reader.finish()
}

func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
