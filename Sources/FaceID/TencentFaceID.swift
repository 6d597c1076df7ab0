public import Base
public import Foundation
public import Vendor

/// Tencent Cloud's Face ID (eKYC), international site: `GetFaceIdResultIntl`.
public struct TencentFaceID: Provider {
    private let makeTransport: @Sendable (ConnectionSettings) -> any Transport

    /// - Parameter makeTransport: makes what sends the requests, when the vendor is first asked.
    public init(
        makeTransport: @escaping @Sendable (ConnectionSettings) -> any Transport = { CurlTransport(options: $0) }
    ) {
        self.makeTransport = makeTransport
    }

    public var name: String { "tencent-faceid" }
    public var api: String { "\(FaceIDClient.action)/\(FaceIDClient.version)" }
    public var resultLifetime: TimeInterval { FaceIDClient.resultLifetime }

    public var credentialNames: CredentialNames {
        CredentialNames(
            secretID: "TENCENTCLOUD_SECRET_ID", secretKey: "TENCENTCLOUD_SECRET_KEY", token: "TENCENTCLOUD_TOKEN")
    }

    /// Variables of the environment that hold credentials.
    public static var credentialVariables: [String] { TencentFaceID().credentialNames.all }

    public var standardSettings: ProviderSettings {
        ProviderSettings(
            endpoint: Endpoint("https://faceid.intl.tencentcloudapi.com")!, region: "ap-singapore",
            requestsPerSecond: RequestPace.vendorLimit)
    }

    public func isRefusal(_ code: String) -> Bool {
        switch ErrorClass(code: code) {
        case .expired, .final, .configuration: true
        case .passing, .clock, .unknown: false
        }
    }

    public func meaning(of code: String) -> String? { ResultCode(code).meaning }

    public func makeClient(
        _ credentials: Credentials, settings: ProviderSettings, stateFile: String, clock: WallClock
    ) -> any ProviderClient {
        FaceIDClient(
            transport: makeTransport(settings.connection), credentials: credentials, endpoint: settings.endpoint,
            pace: RequestPace(rate: settings.requestsPerSecond, clock: clock, stateFile: stateFile), clock: clock,
            answerCap: settings.answerCap)
    }

    public func readAnswer(
        cap: UInt64, isLenient: Bool, into sink: some MediaSink,
        pieces: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws -> Answer {
        var reader = AnswerReader(cap: cap, isLenient: isLenient)
        try pieces { try reader.read($0, into: sink) }
        return try reader.finish()
    }
}
