internal import Base
internal import Catalog
internal import Foundation
internal import Ledger
public import Vault

extension People {
    /// What `strongroom.yaml` says and does not count until it is applied.
    public var loosenedSettings: [LoosenedSetting] { session.loosened }

    /// Has what the file says count; where two persons are needed, asks for it.
    public func applySettings(reason: Reason) throws -> Permitted<UInt64> {
        try session.attempt(.settings, verb: GuardedVerb.settingsApply.rawValue) {
            guard !session.loosened.isEmpty else {
                throw ArchiveError(
                    .notNeeded, "strongroom.yaml says nothing that does not count already",
                    remedy: "\(verb: .status) shows what would")
            }
            return try session.guarded { _ in
                var effect = Effect(.settingsApply, reason: reason.text)
                effect.settings = Dictionary(
                    uniqueKeysWithValues: session.loosened.map { ($0.name, [$0.counts, $0.file]) })
                effect.says = session.loosened.map { "\($0.name): \($0.file) instead of \($0.counts)" }
                return effect
            } carryOut: { effect, request, transaction in
                try applySettings(effect, request: request, transaction)
            }
        }
    }

    func applySettings(_ effect: Effect, request: UInt64?, _ transaction: Transaction) throws -> UInt64 {
        guard let recorded = try session.recorder.recordedSettings(in: transaction.index) else {
            throw CatalogError.damaged("the ledger has no settings")
        }
        var wanted = session.configuration
        for setting in GuardSetting.all {
            guard let values = effect.settings?[setting.name], values.count == 2 else { continue }
            setting.set(&wanted, .text(values[1]))
        }
        return try wanted.record(transaction, replacing: recorded, request: request)
    }
}
