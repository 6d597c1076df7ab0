public import Base
public import Vendor

/// Why the vendor could not be asked. The verification is as it was: ask again.
public enum FaceIDError: ProviderError, Sendable {
    /// The network or the vendor's service failed, repeatedly. `attempts` were made.
    case unreachable(TransportError, attempts: Int)
    /// The service answered with something that cannot be read, repeatedly. It may be an answer of the vendor, or a
    /// page of somebody between.
    case malformed(AnswerError, isAnswer: Bool, attempts: Int)
    /// HTTP itself carried an error, repeatedly.
    case status(Int, attempts: Int)
    /// A passing or unknown error of the vendor did not pass.
    case service(code: String, attempts: Int)
    /// Nothing will work until a person changes something.
    case configuration(code: String)
    /// The signature's time is refused although it was corrected.
    case clock
}

extension FaceIDError {
    /// Whether asking about other verifications can only fail the same way.
    public var stopsPulling: Bool {
        switch self {
        case .clock: true
        // Who asks is the same for all; what may be asked can be another for each.
        case .configuration(let code):
            code.hasPrefix("AuthFailure") && code != "AuthFailure.UnauthorizedOperation"
        case .unreachable(let error, _): error.reason == .caBundle || error.reason == .tls
        case .malformed, .status, .service: false
        }
    }

    /// Whether the vendor refuses to answer about this one, and perhaps about all.
    public var isRefusal: Bool { if case .configuration = self { true } else { false } }

    /// Whether the vendor answered, and the answer cannot be read.
    public var isUnreadable: Bool {
        guard case .malformed(let error, isAnswer: true, _) = self else { return false }
        if case .tooLarge = error.reason { return false }
        return true
    }

    /// Whether the vendor was not reached at all, or is not serving anybody.
    public var isOutage: Bool {
        switch self {
        case .unreachable, .status: true
        case .service(let code, _): ErrorClass(code: code) == .passing
        case .malformed, .configuration, .clock: false
        }
    }

    /// A short code of ours or of the vendor, for records.
    public var code: String {
        switch self {
        case .unreachable: "network"
        case .malformed: "malformed-answer"
        case .status(let status, _): "http-\(status)"
        case .service(let code, _), .configuration(let code): ErrorClass.recorded(code)
        case .clock: "AuthFailure.SignatureExpire"
        }
    }

    /// What the person can do about it.
    public var remedy: Remedy {
        switch self {
        case .configuration(let code):
            switch code {
            case "AuthFailure.SecretIdNotFound": "check TENCENTCLOUD_SECRET_ID: the vendor does not know it"
            case "AuthFailure.SignatureFailure":
                "check TENCENTCLOUD_SECRET_KEY: it does not belong to the secret ID"
            case "AuthFailure.TokenFailure": "the temporary credentials in TENCENTCLOUD_TOKEN have ended or do not fit"
            case "UnsupportedRegion": "choose another \(input: .region)"
            default: "check the credentials, their permissions and the region; nothing that waits was lost"
            }
        case .clock: "set this machine's clock: it is more than five minutes off"
        case .unreachable(let error, _):
            switch error.reason {
            case .tls: "check the endpoint and vendor.ca-bundle: the peer could not prove who it is"
            case .caBundle: "check vendor: ca-bundle in the configuration"
            default: "check the network and the endpoint, then ask again (\(verb: .pull)); what waits is safe"
            }
        case .malformed(let error, _, _): error.remedy
        case .status: "a proxy or the service has a problem: ask again later (\(verb: .pull))"
        case .service: "ask again later (\(verb: .pull)); what waits is safe"
        }
    }
}

extension FaceIDError {
    public var description: String {
        switch self {
        case .unreachable(let error, let attempts): "the vendor was not reached in \(Self.times(attempts)): \(error)"
        case .malformed(let error, _, let attempts): "no usable answer in \(Self.times(attempts)): \(error)"
        case .status(let status, let attempts):
            "the vendor answered with HTTP status \(status) in \(Self.times(attempts))"
        case .service(let code, let attempts): "the vendor's service failed in \(Self.times(attempts)): \(code)"
        case .configuration(let code): "the vendor refused the request: \(code)"
        case .clock: "the vendor refused the request's time twice: AuthFailure.SignatureExpire"
        }
    }

    private static func times(_ attempts: Int) -> String { attempts == 1 ? "1 attempt" : "\(attempts) attempts" }
}
