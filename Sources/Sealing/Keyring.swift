public import Base

/// The small set of keys that everything else hangs on: the live epochs, the tagging keys, the
/// ledger key and the head keys of one archive. See <doc:KeyringFormat>.
///
/// A keyring is a value; a change makes a new one with the next generation.
public struct Keyring: Sendable {
    /// What a key of the keyring is for.
    public enum Purpose: UInt8, Sendable {
        case epoch = 1
        case tagging = 2
        /// The seed of the Ed25519 key that signs checkpoints and certificates.
        case ledger = 3
        /// Vouches for what an index says of itself.
        case head = 4

        var name: String {
            switch self {
            case .epoch: "epoch"
            case .tagging: "tagging"
            case .ledger: "ledger"
            case .head: "head"
            }
        }
    }

    struct Entry: Sendable {
        let purpose: Purpose
        let number: UInt32
        /// Seconds since 1970-01-01 UTC.
        let createdAt: UInt64
        let key: SharedKey
    }

    /// The archive that the keyring belongs to, 16 bytes.
    public let archiveUID: [UInt8]
    /// Counts the keyring's changes, from 1. The index knows the newest.
    public let generation: UInt64
    let entries: [Entry]

    /// A new archive's keyring: epoch 1, tagging key 1, ledger key 1, head key 1.
    ///
    /// - Parameter createdAt: seconds since 1970-01-01 UTC.
    public init(archiveUID: [UInt8], createdAt: UInt64, randomness: Randomness) {
        precondition(archiveUID.count == 16)
        self.init(
            archiveUID: archiveUID, generation: 1,
            entries: [Purpose.epoch, .tagging, .ledger, .head].map {
                Entry(purpose: $0, number: 1, createdAt: createdAt, key: SharedKey(SecretKey(from: randomness)))
            })
    }

    init(archiveUID: [UInt8], generation: UInt64, entries: [Entry]) {
        self.archiveUID = archiveUID
        self.generation = generation
        self.entries = entries
    }

    /// The epochs whose keys are here, oldest first.
    public var epochs: [Epoch] {
        entries.filter { $0.purpose == .epoch }.map { Epoch($0.number) }.sorted()
    }

    /// The epoch that new keys are wrapped under.
    public var currentEpoch: Epoch { Epoch(newest(.epoch).number) }

    func key(_ purpose: Purpose, _ number: UInt32) throws(SealingError) -> SharedKey {
        guard let entry = entries.first(where: { $0.purpose == purpose && $0.number == number }) else {
            throw .keyMissing(purpose: purpose, number: number)
        }
        return entry.key
    }

    func newest(_ purpose: Purpose) -> Entry {
        // A keyring without one of each is refused when it is read.
        entries.filter { $0.purpose == purpose }.max { $0.number < $1.number }!
    }
}
