import Foundation

/// Decides after each failed attempt whether there is another, and when. Pure: an event goes in, an
/// action comes out.
struct RetryPolicy {
    enum Event: Equatable {
        case passing
        case unknown
        /// The signature's time was off; the answer said what time it is, or did not.
        case clock(vendorTime: Date?)
    }

    enum Action: Equatable {
        case retry(after: TimeInterval)
        /// Sign with the vendor's time from now on and ask again at once.
        case correctClock(to: Date)
        case giveUp
    }

    /// Attempts of one verification in one run, the first included.
    static let attempts = 5
    /// Attempts where the error's code is not known.
    static let attemptsUnknown = 3
    static let firstDelay: TimeInterval = 0.5
    static let longestDelay: TimeInterval = 8

    private var failures = 0
    private var correctedClock = false

    /// - Parameter jitter: a number from 0 up to 1 that spreads the delay over its upper half.
    mutating func action(after event: Event, jitter: Double) -> Action {
        if case .clock(let vendorTime) = event {
            guard !correctedClock, let vendorTime else { return .giveUp }
            correctedClock = true
            return .correctClock(to: vendorTime)
        }
        failures += 1
        guard failures < (event == .unknown ? Self.attemptsUnknown : Self.attempts) else { return .giveUp }
        let delay = min(Self.longestDelay, Self.firstDelay * pow(2, Double(failures - 1)))
        return .retry(after: delay / 2 + delay / 2 * jitter)
    }
}
