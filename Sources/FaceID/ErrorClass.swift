/// What to do about an error code of the vendor.
///
/// The lists are those of the vendor's SDK and documentation. `InternalError` has subcodes that are
/// final results of the business, so only the two that are known to pass are tried again as such.
public enum ErrorClass: Sendable {
    /// The families of the vendor's codes, by its documentation.
    private static let families: Set<String> = [
        "AuthFailure", "FailedOperation", "InternalError", "InvalidAction", "InvalidParameter", "InvalidParameterValue",
        "IpInBlacklist", "IpNotInWhitelist", "LimitExceeded", "MissingParameter", "NoSuchVersion", "OperationDenied",
        "RequestLimitExceeded", "ResourceInUse", "ResourceInsufficient", "ResourceNotFound", "ResourceUnavailable",
        "ServiceUnavailable", "UnauthorizedOperation", "UnknownParameter", "UnsupportedOperation", "UnsupportedRegion",
    ]
    private static let known: Set<String> = [
        "InternalError.UnKnown", "FailedOperation.RequestLimitExceeded", "AuthFailure.SignatureExpire",
        "AuthFailure.SecretIdNotFound", "AuthFailure.SignatureFailure", "AuthFailure.TokenFailure",
        "AuthFailure.InvalidSecretId", "AuthFailure.UnauthorizedOperation", "InvalidParameterValue.BizTokenExpired",
        "InvalidParameterValue.BizTokenIllegal",
    ]

    /// A code as it can be recorded for ever: one that is documented, or its family, or `other`. An answer could hold
    /// anything in its place.
    public static func recorded(_ code: String) -> String {
        if known.contains(code) { return code }
        let family = String(code.prefix { $0 != "." })
        return families.contains(family) ? family : "other"
    }

    /// Back off and ask again: the call is read-only.
    case passing
    /// The signature's time was off: correct it once by the answer's `Date`.
    case clock
    /// Nothing will work until a person changes something.
    case configuration
    /// The token is over its 72 hours.
    case expired
    /// Final for this token.
    case final
    /// Not known: try again, a bounded number of times.
    case unknown

    public init(code: String) {
        let family = code.prefix { $0 != "." }
        switch code {
        case "InternalError", "InternalError.UnKnown", "FailedOperation.RequestLimitExceeded": self = .passing
        case "AuthFailure.SignatureExpire": self = .clock
        case "InvalidParameterValue.BizTokenExpired": self = .expired
        default:
            switch family {
            case "RequestLimitExceeded", "ServiceUnavailable", "ResourceUnavailable", "ResourceInsufficient":
                self = .passing
            case "AuthFailure", "UnauthorizedOperation", "IpInBlacklist", "IpNotInWhitelist", "UnsupportedRegion",
                "NoSuchVersion", "InvalidAction", "UnsupportedOperation":
                self = .configuration
            case "InvalidParameter", "InvalidParameterValue", "OperationDenied": self = .final
            default: self = .unknown
            }
        }
    }
}
