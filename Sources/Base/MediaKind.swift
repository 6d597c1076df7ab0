/// The kind of an object. The set is open.
public struct MediaKind: Hashable, Sendable, Comparable {
    public let name: String

    public init(_ name: String) { self.name = name }

    public static let bestFrame = MediaKind("best-frame")
    public static let video = MediaKind("video")
    public static let actionVideo = MediaKind("action-video")
    /// The vendor's answer without the media, as JSON.
    public static let result = MediaKind("result")
    /// An answer of the vendor that cannot be read strictly, as it came.
    public static let unreadableAnswer = MediaKind("unreadable-answer")

    public static func < (a: MediaKind, b: MediaKind) -> Bool { a.name < b.name }
}
