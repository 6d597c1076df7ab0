internal import Foundation

/// Where requests go: `https:`, or `http:` to a loopback address.
public struct Endpoint: Sendable, Equatable {
    /// With the scheme and without a slash at its end.
    public let url: String
    /// The host, with its port where one is given: the value of the `Host` header.
    public let host: String

    /// - Returns: nil unless the text is an `https:` URL of a host without path, user or query, or an
    ///   `http:` URL of a loopback address.
    public init?(_ text: String) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let name = parts.host?.lowercased(), !name.isEmpty, parts.user == nil, parts.password == nil,
            parts.query == nil, parts.fragment == nil, parts.path.isEmpty || parts.path == "/"
        else { return nil }
        switch scheme {
        case "https": break
        case "http": guard Self.isLoopback(name) else { return nil }
        default: return nil
        }
        host = name + (parts.port.map { ":\($0)" } ?? "")
        url = "\(scheme)://\(host)"
    }

    /// libcurl resolves `localhost` to the loopback addresses by itself, whatever the resolver says.
    private static func isLoopback(_ name: String) -> Bool {
        if name == "localhost" || name == "::1" || name == "[::1]" { return true }
        var address = in_addr()
        guard inet_pton(AF_INET, name, &address) == 1 else { return false }
        return UInt32(bigEndian: address.s_addr) >> 24 == 127
    }

    public var isLoopback: Bool { url.hasPrefix("http:") }
}
