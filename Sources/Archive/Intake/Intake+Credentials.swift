internal import Base
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
    ///   - environment: the process's.
    public func credentials(file: String?, environment: [String: String]) throws -> Credentials {
        try session.attempt(.intake) {
            let names = session.effects.provider.credentialNames
            var values = environment
            let file = file ?? session.configuration.credentialsFile
            if let file { values = try Self.contents(of: file, names.all) }
            guard let secretID = values[names.secretID], !secretID.isEmpty, let secretKey = values[names.secretKey],
                !secretKey.isEmpty
            else {
                throw ArchiveError(
                    .noCredentials, "no credentials for the vendor\(file.map { " in \($0)" } ?? "")",
                    remedy: "set \(names.secretID) and \(names.secretKey), or give \(input: .credentialsFile)")
            }
            let token = values[names.token].flatMap { $0.isEmpty ? nil : $0 }
            for (name, value) in zip(names.all, [secretID, secretKey, token ?? "x"]) {
                guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                    throw ArchiveError(
                        .noCredentials, "\(name) has a blank or a control character", remedy: "check how it was copied")
                }
            }
            return Credentials(secretID: secretID, secretKey: secretKey, token: token)
        }
    }

    private static func contents(of path: String, _ names: [String]) throws -> [String: String] {
        let files = PosixFileSystem()
        do {
            let resolved = FilePath.resolved(path)
            let mode = try files.status(resolved).mode
            guard mode & 0o077 == 0 else {
                throw ArchiveError(
                    .noCredentials, "\(path) can be read by others (mode \(String(mode, radix: 8)))",
                    remedy: "let only its owner read it: mode 0600")
            }
            var values: [String: String] = [:]
            let lines = try files.contents(of: resolved, limit: 65_536).split { $0 == 0x0A || $0 == 0x0D }
            for (index, bytes) in lines.enumerated() {
                let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
                if line.isEmpty || line.hasPrefix("#") { continue }
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, names.contains(String(parts[0])) else {
                    throw ArchiveError(
                        .noCredentials,
                        "\(path): entry \(index + 1) is not one of \(names.joined(separator: ", "))",
                        remedy: "write NAME=VALUE, one a line")
                }
                values[String(parts[0])] = String(parts[1])
            }
            return values
        } catch {
            throw ArchiveError(error)
        }
    }
}
