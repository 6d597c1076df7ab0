internal import Base
internal import Foundation

/// Why a note, a proof or an export is not accepted.
public enum NoteError: Error, Equatable, Sendable {
    /// The bytes do not have the form of what they should be.
    case badForm(String)
    /// The text of a verifier key is not one.
    case badVerifierKey
    /// No signature is by the expected key; the keys' names that there are.
    case otherKeys([String])
    /// The signature by the expected key is wrong.
    case badSignature
    /// The origin is not the one of the verifier key.
    case otherOrigin(String)
}

extension NoteError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badForm(let what): what
        case .badVerifierKey: "not a verifier key"
        case .otherKeys(let names):
            "it is not signed by the expected key, but by \(names.isEmpty ? "nobody" : names.joined(separator: ", "))"
        case .badSignature: "its signature is wrong: it was altered, or signed by somebody else"
        case .otherOrigin(let origin): "it is of another ledger, \(origin)"
        }
    }
}

/// A name and an Ed25519 public key: what checks a note's signature. See <doc:Formats>.
public struct VerifierKey: Equatable, Sendable {
    private static let algorithm: UInt8 = 1

    /// The origin of the ledger that it checks.
    public let name: String
    /// 32 bytes.
    public let publicKey: [UInt8]

    public init(name: String, publicKey: [UInt8]) {
        self.name = name
        self.publicKey = publicKey
    }

    /// Reads `NAME+HHHHHHHH+BASE64`.
    public init(_ text: String) throws(NoteError) {
        // The Base64 may contain a plus sign itself.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isName(String(parts[0])), let key = StrictBase64.decode(String(parts[2])),
            key.count == 1 + Ed25519.publicKeyLength, key[0] == Self.algorithm
        else { throw .badVerifierKey }
        name = String(parts[0])
        publicKey = Array(key[1...])
        guard parts[1] == keyIDHex else { throw .badVerifierKey }
    }

    /// The key as a line, without its end.
    public var text: String { "\(name)+\(keyIDHex)+\(StrictBase64.encode([Self.algorithm] + publicKey))" }

    /// Four bytes.
    var keyID: [UInt8] {
        Array(SHA256.digest(of: Array(name.utf8) + [0x0A, Self.algorithm] + publicKey).bytes[..<4])
    }

    private var keyIDHex: String { keyID.hex }

    /// Whether a text can name a key: not empty, without blanks, control characters and plus signs.
    public static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0.value > 0x20 && $0.value != 0x7F && $0 != "+"
            }
    }
}

/// A text with signatures.
public struct SignedNote: Equatable, Sendable {
    /// Bytes of a note that is read, at most.
    public static let longest = 1 << 20
    private static let mostSignatures = 100

    /// Ends with a line feed.
    public let text: String
    private let signatures: [Line]

    private struct Line: Equatable, Sendable {
        let name: String
        let keyID: [UInt8]
        let signature: [UInt8]
    }

    /// Signs a text.
    public init(signing text: String, name: String, by signer: Signer) {
        precondition(text.hasSuffix("\n") && VerifierKey.isName(name))
        self.text = text
        signatures = [
            Line(
                name: name, keyID: VerifierKey(name: name, publicKey: signer.publicKey).keyID,
                signature: signer.sign(Array(text.utf8)))
        ]
    }

    /// Reads a note; checks no signature.
    public init(_ bytes: [UInt8]) throws(NoteError) {
        guard bytes.count <= Self.longest, let note = String(validating: bytes, as: UTF8.self),
            note.unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\n" })
        else { throw .badForm("it is not a signed note") }
        // The signatures stand after the last empty line.
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.last == "", let gap = lines.dropLast().lastIndex(of: ""), gap > 0 else {
            throw .badForm("it is not a signed note: no empty line before the signatures, or cut short")
        }
        let signed = lines[(gap + 1)..<(lines.count - 1)]
        guard (1...Self.mostSignatures).contains(signed.count) else {
            throw .badForm("it is a note without signatures, or with more than \(Self.mostSignatures)")
        }
        var signatures: [Line] = []
        for line in signed {
            let parts = line.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "\u{2014}", VerifierKey.isName(String(parts[1])),
                let value = StrictBase64.decode(String(parts[2])), value.count > 4
            else { throw .badForm("a signature line of the note is malformed") }
            signatures.append(Line(name: String(parts[1]), keyID: Array(value[..<4]), signature: Array(value[4...])))
        }
        text = lines[..<gap].map { $0 + "\n" }.joined()
        self.signatures = signatures
    }

    public var bytes: [UInt8] {
        Array(
            (text + "\n"
                + signatures.map { "\u{2014} \($0.name) \(StrictBase64.encode($0.keyID + $0.signature))\n" }.joined())
                .utf8)
    }

    /// Checks the signature by a key. Lines by other keys are ignored; every one by this key must be right.
    public func verify(by key: VerifierKey) throws(NoteError) {
        let known = signatures.filter { $0.name == key.name && $0.keyID == key.keyID }
        guard !known.isEmpty else { throw .otherKeys(signatures.map(\.name)) }
        for line in known {
            guard Ed25519.isSignature(line.signature, of: Array(text.utf8), by: key.publicKey) else {
                throw .badSignature
            }
        }
    }
}

/// Base64 with padding, where each value has one text.
enum StrictBase64 {
    static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    static func decode(_ text: String) -> [UInt8]? {
        guard let data = Data(base64Encoded: text) else { return nil }
        let bytes = [UInt8](data)
        return encode(bytes) == text ? bytes : nil
    }
}
