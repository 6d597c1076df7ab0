package import Catalog
package import Foundation
package import Ledger

/// By which rules, settings and clock destruction goes: by the ledger alone. Pure.
package struct RulesBook: Sendable {
    /// A policy that was activated, with its version and its file, or retired.
    package struct Change: Sendable {
        package let entry: UInt64
        package let policy: String
        package let version: (Int, String)?
    }

    package private(set) var rules = RecordedRules()
    /// The settings that it has last, and the number of their entry.
    package private(set) var settings: (entry: UInt64, event: Event.ConfigurationChanged)?
    /// In the order of their entries.
    package private(set) var changes: [Change] = []
    /// The last entry that changed each setting.
    package private(set) var settingsChanged: [String: UInt64] = [:]
    /// Why the clock is in doubt, and since when; nil where nobody doubts it, or somebody accepted it.
    package private(set) var doubt: (time: Date, event: Event.ClockDoubted)?

    /// The entry that named the place where the ledger is published now; 0 where it is the first.
    var placeNamedAt: UInt64 {
        settingsChanged.filter { Configuration.namesPlace($0.key) }.map(\.value).max() ?? 0
    }

    package init() {}

    package mutating func apply(_ entry: Entry, number: UInt64) {
        switch entry.event {
        case .configurationChanged(let event):
            for key in (event.before ?? event.settings).keys { settingsChanged[key] = number }
            settings = (number, event)
        case .clockDoubted(let event): doubt = (entry.time, event)
        case .clockAccepted: doubt = nil
        default:
            if case .policyActivated(let event) = entry.event {
                changes.append(
                    Change(entry: number, policy: event.policy, version: (Int(clamping: event.version), event.file)))
            }
            if case .policyRetired(let event) = entry.event {
                changes.append(Change(entry: number, policy: event.policy, version: nil))
            }
            rules.apply(entry.event, entry: number)
        }
    }
}

extension Recorder {
    package func rulesBook(in index: IndexReader) throws -> RulesBook {
        try proofs.rules.content(in: index, head(in: index).roots)
    }
}
