import Foundation

/// One media field's content: a real file, made one of its kind by what its format allows to be added (a
/// comment in a JPEG, a `free` box in an MP4), and as long as is asked for.
struct Media: Sendable {
    /// The vendor's field, and the kind that the archive gives it.
    let field: String
    let fileName: String
    private let head: [UInt8]
    private let fillerSeed: UInt64
    private let fillerLength: Int

    var length: Int { head.count + fillerLength }

    /// The media of a token, in the order of the vendor's documentation.
    static func all(of script: TokenScript) throws -> [Media] {
        guard script.resultCode == "0" else { return [try jpeg("BestFrame", script)] }
        let size = script.number("size") ?? 0
        if script.has("swap") {
            return [
                try mp4("BestFrame", "video", script, size: size), try jpeg("Video", script),
                try mp4("ActionVideo", "action-video", script),
            ]
        }
        return [
            try jpeg("BestFrame", script), try mp4("Video", "video", script, size: size),
            try mp4("ActionVideo", "action-video", script),
        ]
    }

    private static func jpeg(_ field: String, _ script: TokenScript) throws -> Media {
        let file = try load("best-frame", "jpg")
        let comment = Array("simulated \(mark(script))".utf8)
        let segment = [0xFF, 0xFE, UInt8((comment.count + 2) >> 8), UInt8((comment.count + 2) & 0xFF)] + comment
        return Media(
            field: field, fileName: "best-frame.jpg", head: file[..<2] + segment + file[2...], fillerSeed: 0,
            fillerLength: 0)
    }

    private static func mp4(_ field: String, _ name: String, _ script: TokenScript, size: Int = 0) throws -> Media {
        let text = Array("simulated \(mark(script))".utf8)
        let file = try load(name, "mp4")
        let filler = max(0, size - file.count - 8 - text.count)
        let boxLength = UInt32(8 + text.count + filler).bigEndian
        let box = withUnsafeBytes(of: boxLength) { Array($0) } + Array("free".utf8) + text
        let seed = mark(script).utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return Media(
            field: field, fileName: "\(name).mp4", head: file + box, fillerSeed: seed | 1, fillerLength: filler)
    }

    private static func mark(_ script: TokenScript) -> String {
        script.has("same") ? "for all" : String(script.token.prefix(1000))
    }

    private static func load(_ name: String, _ type: String) throws -> [UInt8] {
        guard let url = Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Media") else {
            throw CocoaError(.fileNoSuchFile)
        }
        return [UInt8](try Data(contentsOf: url))
    }

    /// The content in pieces, whose lengths are multiples of three but for the last one.
    struct Pieces: IteratorProtocol {
        private static let length = 49_152
        private let media: Media
        private var position = 0
        private var random: UInt64

        init(_ media: Media) {
            self.media = media
            random = media.fillerSeed
        }

        mutating func next() -> [UInt8]? {
            guard position < media.length else { return nil }
            var piece: [UInt8] = []
            piece.reserveCapacity(Self.length + 8)
            if position < media.head.count { piece += media.head[position...].prefix(Self.length) }
            let end = min(Self.length, media.length - position)
            while piece.count < end {
                // xorshift64: incompressible enough, and the same for the same token.
                random ^= random << 13
                random ^= random >> 7
                random ^= random << 17
                withUnsafeBytes(of: random.littleEndian) { piece.append(contentsOf: $0) }
            }
            piece.removeSubrange(end...)
            position += end
            return piece
        }
    }

    var bytes: [UInt8] {
        var pieces = Pieces(self)
        var bytes: [UInt8] = []
        while let piece = pieces.next() { bytes += piece }
        return bytes
    }
}
