package import Ledger
package import Sealing

extension Keyring {
    /// What signs this archive's checkpoints and certificates.
    package var signer: Signer {
        let key = ledgerKey
        return Signer(publicKey: key.publicKey) { key.sign($0) }
    }
}
