import Foundation
import Testing

/// The endpoint has to prove who it is, by a certificate that the configured bundle vouches for, over TLS 1.2
/// or newer.
@Suite(.enabled(if: Programs.python != nil)) struct TLSTests {
    private func makeCertificate(_ name: String, for host: String, in place: Workplace) throws -> (String, String) {
        let (certificate, key) = (place.folder + "/\(name).pem", place.folder + "/\(name).key")
        let made = try Programs.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext",
                "subjectAltName=\(host)", "-keyout", key, "-out", certificate,
            ])
        #expect(made.code == 0, "\(made.err)")
        return (certificate, key)
    }

    private func serve(_ place: Workplace, _ certificate: String, _ key: String, _ version: String...) throws -> (
        Process, Int
    ) {
        let answer = try place.file("served.json", try Simulator.answer("tls"))
        let portFile = place.folder + "/port-\(UUID().uuidString)"
        let (process, _, _) = try Programs.start(
            Programs.python!, [Programs.support("tls-server.py"), certificate, key, answer, portFile] + version,
            environment: ["PATH": "/usr/bin:/bin"])
        for _ in 0..<1500 where !FileManager.default.fileExists(atPath: portFile) { usleep(20_000) }
        return (process, try #require(Int(try String(contentsOfFile: portFile, encoding: .utf8))))
    }

    private func trust(_ bundle: String, in place: Workplace) throws {
        let settings = try place.operatorFile()
        let text = try String(contentsOfFile: settings, encoding: .utf8)
            .replacingOccurrences(
                of: "  # ca-bundle: /etc/ssl/certs/ca-certificates.crt", with: "  ca-bundle: \(bundle)")
        try text.write(toFile: settings, atomically: false, encoding: .utf8)
    }

    @Test func onlyWhoIsVouchedForIsBelieved() throws {
        let place = try Workplace()
        let (certificate, key) = try makeCertificate("good", for: "IP:127.0.0.1", in: place)
        let (other, otherKey) = try makeCertificate("other", for: "DNS:example.org", in: place)
        let (process, port) = try serve(place, certificate, key)
        let (elsewhere, elsewherePort) = try serve(place, other, otherKey)
        let (old, oldPort) = try serve(place, certificate, key, "1.1")
        defer { for process in [process, elsewhere, old] { kill(process.processIdentifier, SIGKILL) } }

        let stranger = try place.strongroom(
            "pull", "--case", "K", "--sdk-token", "tls", "--endpoint", "https://127.0.0.1:\(port)")
        #expect(stranger.code == 1 && stranger.err.contains("TLS was refused"), "\(stranger.err)")
        try trust(certificate, in: place)
        let good = try place.strongroom(
            "pull", "--case", "K", "--sdk-token", "tls", "--endpoint", "https://127.0.0.1:\(port)")
        #expect(good.code == 0, "\(good.err)")

        let aged = try place.strongroom(
            "pull", "--case", "L", "--sdk-token", "tls2", "--endpoint", "https://127.0.0.1:\(oldPort)")
        #expect(aged.code == 1 && aged.err.contains("TLS handshake failed"), "\(aged.err)")

        let settings = try place.operatorFile()
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        try text.replacingOccurrences(of: certificate, with: other).write(
            toFile: settings, atomically: false, encoding: .utf8)
        let wrongHost = try place.strongroom(
            "pull", "--case", "M", "--sdk-token", "tls3", "--endpoint", "https://127.0.0.1:\(elsewherePort)")
        #expect(wrongHost.code == 1 && wrongHost.err.contains("TLS was refused"), "\(wrongHost.err)")

        try text.replacingOccurrences(of: certificate, with: place.folder + "/none.pem").write(
            toFile: settings, atomically: false, encoding: .utf8)
        let noBundle = try place.strongroom(
            "pull", "--case", "N", "--sdk-token", "tls4", "--endpoint", "https://127.0.0.1:\(port)")
        #expect(noBundle.code == 1 && noBundle.err.contains("CA bundle"), "\(noBundle.err)")
    }
}
