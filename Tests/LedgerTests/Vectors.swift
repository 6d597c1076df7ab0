import Base
import Foundation
import Testing

/// The data files beside the tests. They were made from the format pages with Python's hashlib, json and PyNaCl.
enum Vectors {
    static func data(_ name: String) throws -> Data {
        let url = try #require(Bundle.module.url(forResource: "Vectors/" + name, withExtension: nil))
        return try Data(contentsOf: url)
    }

    static func read<Value: Decodable>(_ name: String, as: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: try data(name))
    }

    static func bytes(hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    }
}
