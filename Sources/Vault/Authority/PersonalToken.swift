package import Base
internal import Foundation
package import Sealing

/// The secret by which a person is known: `srt_` and 43 characters. It is shown once, and kept as a keyed hash.
public struct PersonalToken: Sendable {
    package static let prefix = "srt_"
    /// Of the random part.
    private static let length = 32

    package let text: String

    package init(from randomness: Randomness) {
        let code = Data(randomness.bytes(Self.length)).base64EncodedString()
        text =
            Self.prefix
            + code.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    /// Reads a token as a person keeps it, in an environment variable or a file.
    public init(_ text: String) throws(ArchiveError) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.wholeMatch(of: /srt_[A-Za-z0-9_-]{43}/) != nil else {
            throw ArchiveError(
                .badToken, "this is not a personal token",
                remedy:
                    "one begins with srt_ and has \(Self.prefix.utf8.count + 43) characters; "
                    + "\(verb: .tokenCreate) makes it"
            )
        }
        self.text = text
    }

    /// Reads a token from a file that only its owner can read.
    public init(file path: String) throws(ArchiveError) {
        let files = PosixFileSystem()
        let (mode, bytes): (UInt32, [UInt8])
        do throws(FileError) {
            (mode, bytes) = (UInt32(try files.status(path).mode), try files.contents(of: path, limit: 4096))
        } catch {
            throw ArchiveError(error, subject: "the token file")
        }
        guard mode & 0o077 == 0 else {
            throw ArchiveError(
                .badToken, "\(path) can be read by others (mode \(String(mode, radix: 8)))",
                remedy: "let only its owner read it: mode 0600"
            )
        }
        do throws(ArchiveError) {
            try self.init(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw ArchiveError(error.code, "\(path): \(error.message)", remedy: error.remedy)
        }
    }

    package func tag(by keyring: Keyring) -> Tag { keyring.tag(text.utf8, purpose: .personalToken) }
}
