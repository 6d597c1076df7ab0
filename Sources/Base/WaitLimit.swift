public import Foundation

/// How long somebody waits: for a lock, for the writer's turn, for a program.
public struct WaitLimit: Sendable {
    /// In nanoseconds of the clock that only goes forward; nil where there is no end.
    private let end: UInt64?
    private let cancellation: (@Sendable () -> Bool)?

    /// As long as it takes.
    public static let none = WaitLimit(end: nil, cancellation: nil)

    private init(end: UInt64?, cancellation: (@Sendable () -> Bool)?) {
        self.end = end
        self.cancellation = cancellation
    }

    /// - Parameters:
    ///   - seconds: from now on; nil where only `isCancelled` ends it.
    ///   - isCancelled: asked again and again, from any thread.
    public init(seconds: TimeInterval?, isCancelled: (@Sendable () -> Bool)? = nil) {
        end = seconds.map { Self.now + UInt64(max(0, min($0, 1e9)) * 1e9) }
        cancellation = isCancelled
    }

    private static var now: UInt64 { DispatchTime.now().uptimeNanoseconds }

    /// Whether it can end at all.
    public var isBounded: Bool { end != nil || cancellation != nil }

    private var words: String {
        guard let end else { return "Ctrl-C ends the wait" }
        return "the wait ends in \((end - min(end, Self.now)) / 1_000_000_000) s"
    }

    public var isCancelled: Bool { cancellation?() ?? false }

    public var isOver: Bool {
        do { try check() } catch { return true }
        return false
    }

    /// Throws where it is over.
    public func check() throws(WaitEnded) {
        if isCancelled { throw .cancelled }
        if let end, Self.now >= end { throw .timedOut }
    }

    /// Tries again and again until it works: after a millisecond first, after 10 later.
    ///
    /// - Parameter path: of the file that is waited for; who waits long is told who has it.
    public func wait(for path: String? = nil, _ attempt: () throws -> Bool) throws {
        var pause: UInt32 = 1000
        let noticed = Self.now + UInt64(WaitNotice.patience * 1e9)
        while try !attempt() {
            try check()
            if let path, Self.now > noticed { WaitNotice.say(path, limit: words) }
            usleep(pause)
            pause = min(10_000, pause * 2)
        }
    }
}

/// Why somebody waits no longer.
public enum WaitEnded: Error, Equatable, Sendable {
    case timedOut
    case cancelled
}

extension FileLock {
    /// Waits until nobody else has it, or the limit is over.
    ///
    /// - Throws: ``FileError`` or ``WaitEnded``.
    public func take(until limit: WaitLimit) throws {
        guard limit.isBounded else { return try take() }
        try limit.wait(for: file.path) { try tryToTake() }
    }
}
