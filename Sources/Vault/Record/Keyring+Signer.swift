internal import Ledger
internal import Sealing

extension Keyring {
    /// What signs this archive's checkpoints and certificates.
    var signer: Signer {
        let key = ledgerKey
        return Signer(publicKey: key.publicKey) { key.sign($0) }
    }
}
