import Foundation
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into a wish that is looked at between pieces, so that what was half
/// written can be removed.
enum Interruption {
    private static let wished = Atomic<Bool>(false)

    /// - Returns: whether the person wants to stop.
    static func begin() -> @Sendable () -> Bool {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // Without SA_RESTART, so that a blocked write comes back.
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in Interruption.wished.store(true, ordering: .relaxed) }
            sigaction(number, &action, nil)
        }
        return { isWished }
    }

    static var isWished: Bool { wished.load(ordering: .relaxed) }
}
