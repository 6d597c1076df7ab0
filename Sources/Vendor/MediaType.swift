/// A type of media, told from the first bytes. The name of the field that the bytes came in says
/// nothing: the vendor's own samples have a JPEG in `Video` and an MP4 in `BestFrame`.
public enum MediaType: String, Sendable, CaseIterable {
    case jpeg = "image/jpeg"
    case png = "image/png"
    case mp4 = "video/mp4"
    case avi = "video/x-msvideo"
    case flv = "video/x-flv"
    case json = "application/json"
    case unknown = "application/octet-stream"

    /// Bytes that ``init(sniffing:)`` wants to see, where there are as many.
    public static let sniffLength = 12

    public init(sniffing bytes: some Collection<UInt8>) {
        let bytes = Array(bytes.prefix(Self.sniffLength))
        func holds(_ text: StaticString, at offset: Int) -> Bool {
            text.withUTF8Buffer {
                bytes.count >= offset + $0.count && bytes[offset..<offset + $0.count].elementsEqual($0)
            }
        }
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if holds("ftyp", at: 4) {
            self = .mp4
        } else if holds("RIFF", at: 0), holds("AVI ", at: 8) {
            self = .avi
        } else if holds("FLV\u{1}", at: 0) {
            self = .flv
        } else {
            self = .unknown
        }
    }

    /// What a file of this type is called at its end, without the dot.
    public var fileExtension: String {
        switch self {
        case .jpeg: "jpg"
        case .png: "png"
        case .mp4: "mp4"
        case .avi: "avi"
        case .flv: "flv"
        case .json: "json"
        case .unknown: "bin"
        }
    }
}
