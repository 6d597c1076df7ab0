public import Base
internal import Foundation
package import Sealing

/// The secret by which a person is known: `srt_` and 43 characters. It is shown once, and kept as a keyed hash.
public struct PersonalToken: Sendable {
    package static let prefix = "srt_"
    /// Of the random part.
    private static let length = 32

    private let secret: SecretText

    /// As it is shown, once.
    package var text: String { secret.withBytes { String(decoding: $0, as: UTF8.self) } }

    package init(from randomness: Randomness) {
        let code = Data(randomness.bytes(Self.length)).base64EncodedString()
        secret = SecretText(
            (Self.prefix
                + code.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
                .replacingOccurrences(of: "=", with: "")).utf8)
    }

    /// Reads a token as a person keeps it, in an environment variable or a file.
    public init(_ given: SecretText) throws(ArchiveError) {
        let secret = given.trimmed
        let isToken = secret.withBytes { bytes in
            bytes.count == Self.prefix.utf8.count + 43 && bytes.starts(with: Self.prefix.utf8)
                && bytes.dropFirst(Self.prefix.utf8.count).allSatisfy {
                    switch $0 {
                    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
        guard isToken else {
            throw ArchiveError(
                .badToken, "this is not a personal token",
                remedy:
                    "one begins with srt_ and has \(Self.prefix.utf8.count + 43) characters; "
                    + "\(verb: .tokenCreate) makes it"
            )
        }
        // A session has it to its end.
        self.secret = (try? SecretText(settingApart: secret)) ?? secret
    }

    /// Reads a token from a file that only its owner can read.
    public init(file path: String) throws(ArchiveError) {
        let files = PosixFileSystem()
        let (status, content): (FileStatus, SecretText)
        do throws(FileError) {
            let resolved = FilePath.resolved(path)
            (status, content) = (try files.status(resolved), try SecretText(contentsOf: resolved, limit: 4096))
        } catch {
            throw ArchiveError(error, subject: "the token file")
        }
        guard status.owner == geteuid() || status.owner == 0 else {
            throw ArchiveError(
                .badToken, "\(path) belongs to another user (uid \(status.owner)), who can read and exchange it",
                remedy: "keep it in a file of your own, and have the token revoked where somebody may have read it")
        }
        guard status.mode & 0o077 == 0 else {
            throw ArchiveError(
                .badToken, "\(path) can be read by others (mode \(String(status.mode, radix: 8)))",
                remedy: "let only its owner read it: mode 0600"
            )
        }
        do throws(ArchiveError) {
            try self.init(content)
        } catch {
            throw ArchiveError(error.code, "\(path): \(error.message)", remedy: error.remedy)
        }
    }

    package func tag(by keyring: Keyring) -> Tag { secret.withBytes { keyring.tag($0, purpose: .personalToken) } }
}
