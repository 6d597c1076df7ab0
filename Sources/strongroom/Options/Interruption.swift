import Foundation
import Synchronization

/// Turns SIGINT, SIGTERM and SIGHUP into a wish that is looked at between pieces, so that what was half
/// written can be removed, and the command ends with a sentence. A second one ends it at once.
enum Interruption {
    private static let wished = Atomic<Bool>(false)

    /// - Returns: whether the person wants to stop.
    static func begin() -> @Sendable () -> Bool {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            // Who started this may want it to go on, as nohup does.
            var inherited = sigaction()
            sigaction(number, nil, &inherited)
            if unsafeBitCast(inherited.__sigaction_handler.sa_handler, to: Int.self)
                == unsafeBitCast(SIG_IGN, to: Int.self)
            {
                continue
            }
            // Without SA_RESTART, so that a blocked write comes back.
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                guard Interruption.wished.exchange(true, ordering: .relaxed) else { return }
                signal(number, SIG_DFL)
                raise(number)
            }
            sigaction(number, &action, nil)
        }
        return { isWished }
    }

    static var isWished: Bool { wished.load(ordering: .relaxed) }
}
