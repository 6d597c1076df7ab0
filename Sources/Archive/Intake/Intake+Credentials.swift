public import Base
internal import Foundation
internal import Vault
public import Vendor

extension Intake {
    /// Reads the vendor's credentials, from a file of mode 0600, which the configuration may name, or from the
    /// environment. Never from an argument.
    ///
    /// - Parameters:
    ///   - file: a file of `NAME=VALUE` lines with the names that the vendor's own SDKs use; the environment is not
    ///     looked at then.
    ///   - environment: gives a variable of the process's.
    public func credentials(file: String?, environment: (String) -> SecretText?) throws -> Credentials {
        try session.attempt(.intake) {
            let names = session.effects.provider.credentialNames
            let file = file ?? session.configuration.credentialsFile
            let values: [String: SecretText] =
                try file.map { try Self.contents(of: $0, names.all) }
                ?? names.all.reduce(into: [:]) { $0[$1] = environment($1) }
            func given(_ name: String) -> SecretText? { values[name].flatMap { $0.count == 0 ? nil : $0 } }
            guard let secretID = given(names.secretID), let secretKey = given(names.secretKey) else {
                throw ArchiveError(
                    .noCredentials, "no credentials for the vendor\(file.map { " in \($0)" } ?? "")",
                    remedy: "set \(names.secretID) and \(names.secretKey), or give \(input: .credentialsFile)")
            }
            let token = given(names.token)
            for (name, value) in zip(names.all, [secretID, secretKey, token]) {
                guard value?.withBytes({ $0.allSatisfy { (0x21...0x7E).contains($0) } }) ?? true else {
                    throw ArchiveError(
                        .noCredentials, "\(name) has a blank or a control character", remedy: "check how it was copied")
                }
            }
            // It stands in every request, and signs none.
            let id = secretID.withBytes { String(decoding: $0, as: UTF8.self) }
            return try Credentials(secretID: id, secretKey: secretKey, token: token)
        }
    }

    private static func contents(of path: String, _ names: [String]) throws -> [String: SecretText] {
        let files = PosixFileSystem()
        do {
            let resolved = FilePath.resolved(path)
            let mode = try files.status(resolved).mode
            guard mode & 0o077 == 0 else {
                throw ArchiveError(
                    .noCredentials, "\(path) can be read by others (mode \(String(mode, radix: 8)))",
                    remedy: "let only its owner read it: mode 0600")
            }
            var values: [String: SecretText] = [:]
            try SecretText(contentsOf: resolved, limit: 65_536).withBytes { content in
                for (index, bytes) in content.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).enumerated() {
                    let line = SecretText(bytes).trimmed
                    try line.withBytes { line in
                        guard let first = line.first, first != UInt8(ascii: "#") else { return }
                        let sign = line.firstIndex(of: UInt8(ascii: "="))
                        let name = sign.map { String(decoding: line[..<$0], as: UTF8.self) }
                        guard let sign, let name, names.contains(name) else {
                            throw ArchiveError(
                                .noCredentials,
                                "\(path): entry \(index + 1) is not one of \(names.joined(separator: ", "))",
                                remedy: "write NAME=VALUE, one a line")
                        }
                        let value = line[(sign + 1)...]
                        // As many such files are written, the quotes are no part of the value.
                        let isQuoted =
                            value.count >= 2 && value.first == value.last
                            && [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(value.first)
                        values[name] = SecretText(isQuoted ? value.dropFirst().dropLast() : value)
                    }
                }
            }
            return values
        } catch {
            throw ArchiveError(error)
        }
    }
}
