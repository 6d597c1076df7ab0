package import Ledger
internal import Retention
internal import Vendor

extension Configuration {
    /// The end of a setting's name whose value stands as a commitment.
    package static let commitmentSuffix = " commitment"

    /// A setting that stands on the ledger.
    package enum LedgerSetting: Equatable {
        /// A number or a code, as it is.
        case plain(CanonicalJSON)
        /// Text that a person typed, as a commitment.
        case typed(String)
    }

    /// The settings that matter to who reads the ledger: where results come from, within which limits, and where
    /// the ledger is published.
    var ledgerSettings: [String: LedgerSetting] {
        var settings: [String: LedgerSetting] = [
            "endpoint": .plain(.text(vendor.endpoint.url)), "region": .plain(.text(vendor.region)),
            "requests-per-second": .plain(.text("\(vendor.requestsPerSecond)")),
            "answer-cap": .plain(.number(vendor.answerCap)),
            "purposes": .plain(.list(purposes.map { .text($0) })),
            "unpublished-limit": .plain(.number(publication.limit)),
            "unpublished-hours": .plain(.text("\(publication.hours)")),
            "lead-hours": .plain(.text("\(retention.margins.lead / 3600)")),
            "grace-hours": .plain(.text("\(retention.margins.grace / 3600)")),
            "limit-percent": .plain(.text("\(retention.limitShare * 100)")),
            "limit-objects": .plain(.number(UInt64(retention.limitObjects))),
            "clock-ahead-days": .plain(.text("\(retention.clockAhead / 86_400)")),
            "clock-behind-seconds": .plain(.text("\(retention.clockBehind)")),
            "remember-destroyed": .plain(.text(retention.remembered.text)),
            "plan-hours": .plain(.text("\(retention.planLifetime / 3600)")),
            "compact-days": .plain(.text("\((retention.compactAfter ?? 0) / 86_400)")),
            "cooling-days": .plain(.text("\(coolingDays)")),
            "request-days": .plain(.text("\(requestLifetime / 86_400)")),
        ]
        for verb in GuardedVerb.allCases {
            let rule = approvals[verb] ?? ApprovalRule(roles: verb.standardRoles)
            settings["approve \(verb.rawValue)"] = .plain(.text(rule.recorded))
        }
        if let path = vendor.connection.caBundle { settings["ca-bundle"] = .typed(path) }
        if let directory = publication.directory { settings["publish directory"] = .typed(directory) }
        if let command = publication.command {
            settings["publish command"] = .typed(command.joined(separator: " "))
        }
        return settings
    }

    private static let placeNames = ["publish directory", "publish command"]

    /// Whether a setting, as the ledger names it, is the place where the ledger is published.
    static func namesPlace(_ key: String) -> Bool {
        placeNames.contains { key == $0 || key == $0 + commitmentSuffix }
    }

    /// Whether the ledger is published to another place than settings on the ledger say.
    func isPublishedElsewhere(than recorded: [String: LedgerSetting]?) -> Bool {
        guard let recorded else { return false }
        let now = ledgerSettings
        return Self.placeNames.contains { now[$0] != recorded[$0] }
    }

    /// Puts the settings on the ledger, with what those that are others now were before.
    ///
    /// - Parameter request: what allowed a guard to be loosened.
    /// - Returns: the entry.
    @discardableResult
    package func record(
        _ transaction: Transaction, replacing recorded: [String: LedgerSetting]? = nil, request: UInt64? = nil
    ) throws -> UInt64 {
        var members: [String: CanonicalJSON] = [:]
        var before: [String: CanonicalJSON] = [:]
        let settings = ledgerSettings
        if let recorded {
            for name in Set(settings.keys).union(recorded.keys) where settings[name] != recorded[name] {
                switch recorded[name] {
                case .plain(let value): before[name] = value
                case .typed(let text):
                    let name = name + Self.commitmentSuffix
                    before[name] = .text(try transaction.commit(text, as: "before/" + name).hex)
                // There was none.
                case nil: before[name] = .text("")
                }
            }
        }
        for (name, setting) in settings {
            switch setting {
            case .plain(let value): members[name] = value
            case .typed(let text):
                let name = name + Self.commitmentSuffix
                members[name] = .text(try transaction.commit(text, as: "settings/" + name).hex)
            }
        }
        return try transaction.add(
            .configurationChanged(.init(settings: members, before: before.isEmpty ? nil : before, request: request)))
    }
}

extension PublicationSettings {
    /// The place that settings on the ledger name; of a command, where its own record of it is.
    package init(_ recorded: [String: Configuration.LedgerSetting]) {
        self.init()
        if case .typed(let directory) = recorded["publish directory"] { self.directory = directory }
    }
}
