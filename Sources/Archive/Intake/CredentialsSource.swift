internal import Base
internal import Foundation
internal import Vault
public import Vendor

/// Where the vendor's credentials come from: a file of mode 0600, or the environment. Never an argument.
public enum CredentialsSource {
    /// The names that the vendor's own SDKs use.
    public static let variables = ["TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN"]

    /// - Parameters:
    ///   - file: a file of `NAME=VALUE` lines with these names; the environment is not looked at then.
    ///   - environment: the process's.
    public static func read(file: String?, environment: [String: String]) throws -> Credentials {
        var values = environment
        if let file { values = try contents(of: file) }
        guard let secretID = values[variables[0]], !secretID.isEmpty, let secretKey = values[variables[1]],
            !secretKey.isEmpty
        else {
            throw ArchiveError(
                .noCredentials, "no credentials for the vendor\(file.map { " in \($0)" } ?? "")",
                remedy: "set \(variables[0]) and \(variables[1]), or give \(input: .credentialsFile)")
        }
        let token = values[variables[2]].flatMap { $0.isEmpty ? nil : $0 }
        for (name, value) in zip(variables, [secretID, secretKey, token ?? "x"]) {
            guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw ArchiveError(
                    .noCredentials, "\(name) has a blank or a control character", remedy: "check how it was copied")
            }
        }
        return Credentials(secretID: secretID, secretKey: secretKey, token: token)
    }

    private static func contents(of path: String) throws -> [String: String] {
        let files = PosixFileSystem()
        do {
            let resolved = FilePath.resolved(path)
            let mode = try files.status(resolved).mode
            guard mode & 0o077 == 0 else {
                throw ArchiveError(
                    .noCredentials, "\(path) can be read by others (mode \(String(mode, radix: 8)))",
                    remedy: "chmod 600 \(path)")
            }
            var values: [String: String] = [:]
            let lines = try files.contents(of: resolved, limit: 65_536).split { $0 == 0x0A || $0 == 0x0D }
            for (index, bytes) in lines.enumerated() {
                let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespaces)
                if line.isEmpty || line.hasPrefix("#") { continue }
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, variables.contains(String(parts[0])) else {
                    throw ArchiveError(
                        .noCredentials,
                        "\(path): entry \(index + 1) is not one of \(variables.joined(separator: ", "))",
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
