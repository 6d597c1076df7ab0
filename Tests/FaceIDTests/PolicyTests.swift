import Base
import Foundation
import Synchronization
import TestSupport
import Testing
import Vendor

@testable import FaceID

struct PolicyTests {
    @Test func everyErrorHasItsClass() {
        let classes: [(ErrorClass, [String])] = [
            (
                .passing,
                [
                    "RequestLimitExceeded", "RequestLimitExceeded.UinLimitExceeded",
                    "FailedOperation.RequestLimitExceeded", "InternalError", "InternalError.UnKnown",
                    "ServiceUnavailable", "ResourceUnavailable.X", "ResourceInsufficient",
                ]
            ),
            (.clock, ["AuthFailure.SignatureExpire"]),
            (
                .configuration,
                [
                    "AuthFailure.SecretIdNotFound", "AuthFailure.SignatureFailure", "AuthFailure",
                    "UnauthorizedOperation.CamNoAuth", "IpInBlacklist", "IpNotInWhitelist", "UnsupportedRegion",
                    "NoSuchVersion", "InvalidAction", "UnsupportedOperation",
                ]
            ),
            (.expired, ["InvalidParameterValue.BizTokenExpired"]),
            (
                .final,
                [
                    "InvalidParameterValue.BizTokenIllegal", "InvalidParameter", "InvalidParameterValue.Other",
                    "OperationDenied",
                ]
            ),
            (
                .unknown,
                ["InternalError.CompareLowSimilarity", "InternalError.Other", "FailedOperation", "Whatever", ""]
            ),
        ]
        for (expected, codes) in classes {
            for code in codes { #expect(ErrorClass(code: code) == expected, "\(code)") }
        }
    }

    @Test func backsOffWithinBoundsAndGivesUp() {
        for jitter in [0.0, 0.5, 0.999] {
            var policy = RetryPolicy()
            var total = 0.0
            for attempt in 1..<RetryPolicy.attempts {
                guard case .retry(let delay) = policy.action(after: .passing, jitter: jitter) else {
                    Issue.record("gave up at \(attempt)"); return
                }
                #expect(delay > 0 && delay <= RetryPolicy.longestDelay)
                total += delay
            }
            #expect(policy.action(after: .passing, jitter: jitter) == .giveUp)
            #expect(total < 20)
        }
        var unknown = RetryPolicy()
        #expect(unknown.action(after: .unknown, jitter: 0) != .giveUp)
        #expect(unknown.action(after: .unknown, jitter: 0) != .giveUp)
        #expect(unknown.action(after: .unknown, jitter: 0) == .giveUp)
    }

    @Test func correctsTheClockOnce() {
        let time = Date(timeIntervalSince1970: 1_800_000_000)
        var policy = RetryPolicy()
        #expect(policy.action(after: .clock(vendorTime: time), jitter: 0) == .correctClock(to: time))
        #expect(policy.action(after: .clock(vendorTime: time), jitter: 0) == .giveUp)
        var silent = RetryPolicy()
        #expect(silent.action(after: .clock(vendorTime: nil), jitter: 0) == .giveUp)
    }

    @Test func noSecondHasMoreRequestsThanAllowed() throws {
        // Two paces that share a state file are two processes; the clock is played.
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let ticks = Mutex<UInt64>(5_000_000_000)
        let clock = WallClock(
            now: { Date() }, ticks: { ticks.withLock { $0 } },
            sleep: { seconds in ticks.withLock { $0 += UInt64(seconds * 1_000_000_000) } })
        let file = directory.appendingPathComponent("pace").path
        let paces = (0..<2).map { _ in RequestPace(rate: 20, clock: clock, stateFile: file) }
        var sent: [UInt64] = []
        var random = SeededGenerator.ofTest()
        for index in 0..<200 {
            if index % 37 == 0 {
                let pause = UInt64.random(in: 0...3_000_000_000, using: &random)
                ticks.withLock { $0 += pause }
            }
            try paces[index % 2].wait()
            sent.append(ticks.withLock { $0 })
        }
        for (index, time) in sent.enumerated() {
            #expect(sent[index...].prefix { $0 < time + 1_000_000_000 }.count <= 20)
        }
    }

    @Test func aPaceFileFromBeforeARestartDoesNotBlock() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([0, 0, 0, 0, 0, 0, 0, 0x70]).write(to: URL(fileURLWithPath: path))
        let slept = Mutex(0.0)
        let clock = WallClock(
            now: { Date() }, ticks: { 1_000_000_000 }, sleep: { seconds in slept.withLock { $0 += seconds } })
        try RequestPace(rate: 20, clock: clock, stateFile: path).wait()
        #expect(slept.withLock { $0 } < 0.1)
    }

    /// `Vectors/media.json`: beginnings of files, and what they are.
    @Test func mediaIsToldByItsBytes() throws {
        struct Vector: Decodable {
            let type: String
            let bytes: String
            let what: String
        }
        let url = try #require(Bundle.module.url(forResource: "media", withExtension: "json", subdirectory: "Vectors"))
        let vectors = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: url))
        for vector in vectors {
            let bytes = try #require([UInt8](hex: vector.bytes))
            #expect(MediaType(sniffing: bytes).rawValue == vector.type, "\(vector.what)")
            // What stands behind the part that is looked at changes nothing.
            if bytes.count >= 24 {
                #expect(MediaType(sniffing: bytes + Array(repeating: 0, count: 5000)).rawValue == vector.type)
            }
        }
        #expect(Set(vectors.map(\.type)).count == MediaType.allCases.count - 1, "all but JSON")
    }

    @Test func endpointsAreHTTPSOrLoopback() {
        for good in [
            "https://faceid.intl.tencentcloudapi.com", "https://host:8443/", "http://127.0.0.1:8080",
            "http://127.9.9.9", "http://localhost:1", "http://[::1]:2",
        ] {
            #expect(Endpoint(good) != nil, "\(good)")
        }
        for bad in [
            "http://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "ftp://127.0.0.1", "https://",
            "https://user:pw@host", "https://host/path", "https://host?x=1", "host", "", "http://0.0.0.0:1",
            "http://localhost.example:1", "http://127.1",
        ] {
            #expect(Endpoint(bad) == nil, "\(bad)")
        }
    }

    @Test func tokensArePrintableAndBounded() {
        #expect(SDKToken(SecretText("ABC-123".utf8)) != nil)
        for bad in ["", "a b", "a\n", "ü", String(repeating: "x", count: 1025)] {
            #expect(SDKToken(SecretText(bad.utf8)) == nil)
        }
    }
}
