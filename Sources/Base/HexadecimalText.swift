/// What stands in a document as a text of lower-case hexadecimal digits.
public protocol HexadecimalText: Codable {
    init?(hex: String)
    var hex: String { get }
}

extension HexadecimalText {
    public init(from decoder: any Decoder) throws {
        guard let value = Self(hex: try decoder.singleValueContainer().decode(String.self)) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not the hexadecimal digits of one"))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
