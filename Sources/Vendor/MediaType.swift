public import Base

/// What media is, told by its first bytes: brands and structure, and not by a few bytes that much else begins with,
/// too.
///
/// Sources: ISO/IEC 14496-12 and the register of brands (mp4ra.org), RFC 9559 (Matroska), the WebP, AVI and FLV
/// specifications, ISO/IEC 13818-1.
public enum MediaType: String, Sendable, CaseIterable {
    case jpeg = "image/jpeg"
    case png = "image/png"
    case webP = "image/webp"
    case heic = "image/heic"
    case heif = "image/heif"
    case avif = "image/avif"
    /// ISO base media, also fragmented.
    case mp4 = "video/mp4"
    case quickTime = "video/quicktime"
    case mobile = "video/3gpp"
    case webM = "video/webm"
    case matroska = "video/x-matroska"
    case avi = "video/x-msvideo"
    case flv = "video/x-flv"
    case transportStream = "video/mp2t"
    case json = "application/json"
    case unknown = "application/octet-stream"

    /// Bytes that ``init(sniffing:)`` wants to see, where there are as many: three packets of a transport stream.
    public static let sniffLength = 1024

    public init(sniffing bytes: some Collection<UInt8>) {
        var bytes = Array(bytes.prefix(Self.sniffLength))
        self = Self.image(bytes) ?? Self.isoMedia(bytes) ?? Self.film(bytes) ?? .unknown
        bytes.zero()
    }

    public var isImage: Bool { rawValue.hasPrefix("image/") }
    public var isVideo: Bool { rawValue.hasPrefix("video/") }

    /// Whether it is what a medium of this kind should be: a picture, or a film. What is of no known type contradicts
    /// every kind.
    public func fits(_ kind: MediaKind) -> Bool {
        switch kind {
        case .bestFrame: isImage
        case .video, .actionVideo: isVideo
        default: true
        }
    }

    /// What a file of this type is called at its end, without the dot.
    public var fileExtension: String {
        switch self {
        case .jpeg: "jpg"
        case .png: "png"
        case .webP: "webp"
        case .heic: "heic"
        case .heif: "heif"
        case .avif: "avif"
        case .mp4: "mp4"
        case .quickTime: "mov"
        case .mobile: "3gp"
        case .webM: "webm"
        case .matroska: "mkv"
        case .avi: "avi"
        case .flv: "flv"
        case .transportStream: "ts"
        case .json: "json"
        case .unknown: "bin"
        }
    }
}

extension MediaType {
    private static func holds(_ text: StaticString, in bytes: [UInt8], at offset: Int) -> Bool {
        text.withUTF8Buffer {
            bytes.count >= offset + $0.count && bytes[offset..<offset + $0.count].elementsEqual($0)
        }
    }

    private static func number(in bytes: [UInt8], at offset: Int) -> Int? {
        guard bytes.count >= offset + 4 else { return nil }
        return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func image(_ bytes: [UInt8]) -> MediaType? {
        // Behind the start of the image comes a segment: tables, a frame, a comment or one of an application.
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]), bytes.count > 3,
            [0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xFE].contains(bytes[3]) || (0xE0...0xEF).contains(bytes[3])
        {
            return .jpeg
        }
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]), holds("IHDR", in: bytes, at: 12) {
            return .png
        }
        if holds("RIFF", in: bytes, at: 0), holds("WEBP", in: bytes, at: 8), holds("VP8", in: bytes, at: 12) {
            return .webP
        }
        return nil
    }

    /// ISO base media is a family: the brands of its first box say which of it this is.
    private static func isoMedia(_ bytes: [UInt8]) -> MediaType? {
        guard let length = number(in: bytes, at: 0), bytes.count >= 8 else { return nil }
        // Of a film that is sent in pieces, each begins with the type of a segment, an index or a fragment.
        if holds("styp", in: bytes, at: 4) || holds("sidx", in: bytes, at: 4) || holds("moof", in: bytes, at: 4) {
            return .mp4
        }
        // Films of before there were brands.
        if ["moov", "mdat", "wide", "pnot"].contains(where: { holds($0, in: bytes, at: 4) }) { return .quickTime }
        guard holds("ftyp", in: bytes, at: 4), length >= 8, bytes.count >= 12 else { return nil }
        let end = min(max(length, 12), bytes.count)
        // The major brand, its version, and those that it is compatible with.
        let brands = ([8] + stride(from: 16, to: end, by: 4)).compactMap { place -> String? in
            guard place + 4 <= bytes.count else { return nil }
            return String(decoding: bytes[place..<place + 4], as: UTF8.self)
        }
        let major = brands[0]
        let heic = ["heic", "heix", "heim", "heis", "hevc", "hevx"]
        switch major {
        case "avif", "avis": return .avif
        case _ where heic.contains(major): return .heic
        case "mif1", "msf1", "miaf":
            if brands.contains(where: ["avif", "avis"].contains) { return .avif }
            return brands.contains(where: heic.contains) ? .heic : .heif
        case "qt  ": return .quickTime
        case _ where ["3gp", "3gr", "3gs", "3ge", "3gg", "3g2"].contains(where: major.hasPrefix): return .mobile
        default: return .mp4
        }
    }

    private static func film(_ bytes: [UInt8]) -> MediaType? {
        if holds("RIFF", in: bytes, at: 0), holds("AVI ", in: bytes, at: 8) { return .avi }
        // Version 1, nothing but whether there is sound and picture, and the length of the header.
        if holds("FLV\u{1}", in: bytes, at: 0), bytes.count < 9 || bytes[4] & 0xFA == 0 && number(in: bytes, at: 5) == 9
        {
            return .flv
        }
        if bytes.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return ebml(bytes) }
        // Packets of 188 bytes; with a time in front of each, of 192.
        for (length, first) in [(188, 0), (192, 4)] {
            let places = Array(stride(from: first, to: bytes.count, by: length).prefix(3))
            if places.count == 3, places.allSatisfy({ bytes[$0] == 0x47 }) { return .transportStream }
        }
        return nil
    }

    /// The document's type stands in the header, as an element with the ID 0x4282.
    private static func ebml(_ bytes: [UInt8]) -> MediaType {
        let header = bytes.prefix(80)
        for place in header.indices.dropLast(3) where header[place] == 0x42 && header[place + 1] == 0x82 {
            if holds("webm", in: bytes, at: place + 3) { return .webM }
            if holds("matroska", in: bytes, at: place + 3) { return .matroska }
        }
        return .unknown
    }
}
