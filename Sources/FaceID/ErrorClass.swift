/// What to do about an error code of the vendor.
///
/// The lists are those of the vendor's SDK and documentation. `InternalError` has subcodes that are
/// final results of the business, so only the two that are known to pass are tried again as such.
public enum ErrorClass: Sendable {
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
