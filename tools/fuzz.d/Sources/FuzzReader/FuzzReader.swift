import Base
import FaceID
import Foundation
import Vendor

/// The reader of answers: what it says does not depend on how the text is cut into pieces, and what it
/// accepts is JSON whose media Foundation decodes to the same bytes.
func fuzzReader(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = UnsafeRawBufferPointer(start: bytes, count: count)
    let whole = read(text, pieceLength: max(count, 1))
    for pieceLength in [1, 3, 7] {
        precondition(read(text, pieceLength: pieceLength) == whole, "cut into \(pieceLength)")
    }
    // A lenient reader says the same of what is strict, and of the rest the same however it is cut.
    let lenient = read(text, pieceLength: max(count, 1), isLenient: true)
    for pieceLength in [1, 5] {
        precondition(
            read(text, pieceLength: pieceLength, isLenient: true) == lenient, "leniently cut into \(pieceLength)")
    }
    guard case .answer(_, let media) = whole else { return 0 }
    precondition(lenient == whole, "read leniently, it is another answer")
    var plain = Data(text)
    if plain.starts(with: [0xEF, 0xBB, 0xBF]) { plain = plain.dropFirst(3) }
    guard let document = try? JSONSerialization.jsonObject(with: plain) as? [String: Any],
        let response = document["Response"] as? [String: Any]
    else { preconditionFailure("accepted what is not an answer") }
    for (field, kind) in [("BestFrame", MediaKind.bestFrame), ("Video", .video), ("ActionVideo", .actionVideo)] {
        let expected = (response[field] as? String).flatMap { Data(base64Encoded: $0) } ?? Data()
        precondition(media[kind] ?? Data() == expected, "decoded \(field) differently")
    }
    return 0
}

private enum Reading: Equatable {
    case answer(Answer, [MediaKind: Data])
    case error(AnswerError)
}

private final class Sink: MediaSink {
    var media: [MediaKind: Data] = [:]
    private var kind: MediaKind?

    func begin(_ kind: MediaKind) {
        precondition(self.kind == nil && media[kind] == nil)
        self.kind = kind
        media[kind] = Data()
    }
    func write(_ bytes: UnsafeRawBufferPointer) { media[kind!]!.append(contentsOf: bytes) }
    func end() { kind = nil }
}

private func read(_ text: UnsafeRawBufferPointer, pieceLength: Int, isLenient: Bool = false) -> Reading {
    let sink = Sink()
    var reader = AnswerReader(cap: 1 << 20, isLenient: isLenient)
    do {
        for start in stride(from: 0, to: text.count, by: pieceLength) {
            try reader.read(
                UnsafeRawBufferPointer(rebasing: text[start..<min(start + pieceLength, text.count)]), into: sink)
        }
        return .answer(try reader.finish(), sink.media)
    } catch let error as AnswerError {
        return .error(error)
    } catch {
        preconditionFailure("\(error)")
    }
}
