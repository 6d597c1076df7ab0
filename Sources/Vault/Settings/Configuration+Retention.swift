public import Foundation
public import Retention
package import StrictYAML

/// When destruction comes, and what stops it. Every key stands in the file that `init` writes.
public struct RetentionSettings: Sendable {
    public var margins = RetentionMargins()
    /// Of all objects, that a purge may destroy within 24 hours; from 0 to 1.
    public var limitShare = 0.05
    /// Objects that a purge may destroy within 24 hours whatever the share.
    public var limitObjects = 100
    /// Seconds by which the clock may be ahead of the newest time on record.
    public var clockAhead: TimeInterval = 30 * 86_400
    /// Seconds by which it may be behind.
    public var clockBehind: TimeInterval = 300
    /// Seconds for which a plan can be applied.
    public var planLifetime: TimeInterval = 86_400
    /// How long tags of what was destroyed are kept.
    public var remembered = RetentionPeriod("P3Y")!
    /// Seconds after which a purge run compacts the index; nil for never.
    public var compactAfter: TimeInterval? = 30 * 86_400

    public init() {}

    package init(_ section: YAMLMapping) throws(YAMLProblem) {
        try section.allow([
            "lead-hours", "grace-hours", "limit-percent", "limit-objects", "clock-ahead-days", "clock-behind-seconds",
            "plan-hours", "remember-destroyed", "compact-days",
        ])
        if let hours = try section.number("lead-hours", within: 0...720) { margins.lead = hours * 3600 }
        if let hours = try section.number("grace-hours", within: 0...720) { margins.grace = hours * 3600 }
        if let percent = try section.number("limit-percent", within: 0...100) { limitShare = percent / 100 }
        if let number = try section.wholeNumber("limit-objects", within: 0...1_000_000_000) { limitObjects = number }
        if let days = try section.number("clock-ahead-days", within: 1...3650) { clockAhead = days * 86_400 }
        if let seconds = try section.number("clock-behind-seconds", within: 1...86_400) { clockBehind = seconds }
        if let hours = try section.number("plan-hours", within: 1...720) { planLifetime = hours * 3600 }
        if let text = try section.text("remember-destroyed") {
            do throws(RetentionPeriod.Problem) {
                remembered = try RetentionPeriod(reading: text)
            } catch {
                throw section.problem("remember-destroyed", "remember-destroyed: \(error)")
            }
        }
        if let days = try section.number("compact-days", within: 0...3650) {
            compactAfter = days == 0 ? nil : days * 86_400
        }
    }
}
