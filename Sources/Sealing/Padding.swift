/// How much of an object's length its sealed bytes tell: content is followed by zeros up to the next padded length. See
/// <doc:SealedObjectFormat>.
public enum Padding {
    /// The length that content of a length is padded to, by the rule Padmé: at most 12 % more, 1 to 2 % on average.
    /// Whoever sees it learns of ⌊log₂ ⌊log₂ length⌋⌋ + 1 leading bits, and no more.
    ///
    /// Source: Nikitin et al., “Reducing Metadata Leakage from Encrypted Files and Communication with PURBs” (2019), 4.
    public static func paddedLength(of length: UInt64) -> UInt64 {
        guard length >= 2 else { return length }
        let exponent = UInt64(63 - length.leadingZeroBitCount)
        let kept = UInt64(64 - exponent.leadingZeroBitCount)
        let mask = (UInt64(1) << (exponent - min(exponent, kept))) - 1
        let (sum, isTooLong) = length.addingReportingOverflow(mask)
        return isTooLong ? length : sum & ~mask
    }

    /// The bytes that content of a length takes when padded and sealed.
    public static func sealedLength(of length: UInt64) -> UInt64 {
        SealedObject.sealedLength(of: paddedLength(of: length))
    }
}

extension SealedObject.Sealer {
    /// Pads what was sealed, and seals the last chunk. Must be called exactly once, after the last of the content.
    ///
    /// - Returns: the length of the content.
    @discardableResult
    public mutating func finishPadded(emit: (UnsafeRawBufferPointer) throws -> Void) throws -> UInt64 {
        let length = plaintextLength
        var rest = Padding.paddedLength(of: length) - length
        let zeros = [UInt8](repeating: 0, count: Int(min(rest, UInt64(SealedObject.chunkLength))))
        while rest > 0 {
            let count = Int(min(rest, UInt64(zeros.count)))
            try zeros.withUnsafeBytes { try seal(UnsafeRawBufferPointer(rebasing: $0[..<count]), emit: emit) }
            rest -= UInt64(count)
        }
        try finish(emit: emit)
        return length
    }
}

extension SealedObject {
    /// Opens a range of padded content, or the whole of it, as
    /// ``open(_:objectKey:sealedLength:expectedLength:read:emit:)`` does; nothing of the padding is handed on.
    ///
    /// - Parameter length: of the content, by the index; a key that was wrapped for another does not open.
    public static func openPadded(
        _ range: Range<UInt64>? = nil, objectKey: borrowing SecretKey, sealedLength: UInt64, length: UInt64,
        read: (_ offset: UInt64, _ buffer: UnsafeMutableRawBufferPointer) throws -> Void,
        emit: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let range = range ?? 0..<length
        guard range.upperBound <= length else {
            throw SealingError.rangeOutside(
                first: range.lowerBound, last: max(range.upperBound, 1) - 1, length: length)
        }
        try open(
            range, objectKey: objectKey, sealedLength: sealedLength,
            expectedLength: Padding.paddedLength(of: length), read: read, emit: emit)
    }
}
