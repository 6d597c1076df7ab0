internal import Foundation
internal import Synchronization

/// Runs blocking work on threads of its own, outside of Swift's cooperative pool.
package enum Workers {
    /// Runs `work` on `count` threads and returns when all have ended.
    package static func run(_ count: Int, _ work: @escaping @Sendable () -> Void) {
        let group = DispatchGroup()
        for _ in 0..<count {
            group.enter()
            let thread = Thread {
                work()
                group.leave()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        group.wait()
    }

    /// Calls `work` once for every element, on at most `count` threads, in no promised order.
    package static func forEach<Element: Sendable>(
        _ elements: [Element], workers count: Int, _ work: @escaping @Sendable (Element) -> Void
    ) {
        let next = Mutex(0)
        run(min(count, elements.count)) {
            while let element = next.withLock({ index -> Element? in
                guard index < elements.count else { return nil }
                defer { index += 1 }
                return elements[index]
            }) {
                work(element)
            }
        }
    }
}
