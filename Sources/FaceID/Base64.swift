/// Strict Base64 (RFC 4648, section 4), for text that arrives in pieces and in the middle of JSON.
///
/// The fast loop stops at the first four characters that are not all of the alphabet; whoever calls it
/// looks at that character: the end of the string, an escape, padding or an error.
struct Base64Tables: Sendable {
    /// Four tables of 256 entries: a character's six bits, shifted to where they belong in a group of
    /// four and in the byte order that they are stored in; `invalid` for what is not of the alphabet.
    private nonisolated(unsafe) let tables: UnsafePointer<UInt32>
    private static let invalid: UInt32 = 0xFF00_0000

    static let shared = Base64Tables()

    private init() {
        // Made once and kept for the life of the process.
        let tables = UnsafeMutablePointer<UInt32>.allocate(capacity: 1024)
        tables.initialize(repeating: Self.invalid, count: 1024)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, character) in alphabet.enumerated() {
            for position in 0..<4 {
                let group = UInt32(value) << UInt32(18 - 6 * position)
                // Three bytes, the first of the group lowest, for one little-endian store.
                let stored = (group >> 16 & 0xFF) | (group & 0xFF00) | (group & 0xFF) << 16
                tables[256 * position + Int(character)] = stored.littleEndian
            }
        }
        self.tables = UnsafePointer(tables)
    }

    /// The six bits of one character, or nil.
    func value(of character: UInt8) -> UInt32? {
        let entry = UInt32(littleEndian: tables[768 + Int(character)])
        return entry & Self.invalid == 0 ? entry >> 16 : nil
    }

    /// Decodes groups of four characters while all are of the alphabet and both buffers have room.
    /// `output` is written up to one byte behind what is counted.
    ///
    /// - Returns: how many characters were read and how many bytes were written.
    func decodeGroups(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> (read: Int, written: Int) {
        guard let start = input.baseAddress, let target = output.baseAddress else { return (0, 0) }
        let first = tables
        let second = tables + 256
        let third = tables + 512
        let fourth = tables + 768
        let bytes = start.assumingMemoryBound(to: UInt8.self)
        // The last store writes four bytes, of which three count.
        let groups = min(input.count / 4, max(0, output.count - 1) / 3)
        var group = 0
        while group + 4 <= groups {
            let at = bytes + 4 * group
            let out = target + 3 * group
            let a = first[Int(at[0])] | second[Int(at[1])] | third[Int(at[2])] | fourth[Int(at[3])]
            let b = first[Int(at[4])] | second[Int(at[5])] | third[Int(at[6])] | fourth[Int(at[7])]
            let c = first[Int(at[8])] | second[Int(at[9])] | third[Int(at[10])] | fourth[Int(at[11])]
            let d = first[Int(at[12])] | second[Int(at[13])] | third[Int(at[14])] | fourth[Int(at[15])]
            if (a | b | c | d) & Self.invalid.littleEndian != 0 { break }
            out.storeBytes(of: a, as: UInt32.self)
            (out + 3).storeBytes(of: b, as: UInt32.self)
            (out + 6).storeBytes(of: c, as: UInt32.self)
            (out + 9).storeBytes(of: d, as: UInt32.self)
            group += 4
        }
        while group < groups {
            let at = bytes + 4 * group
            let a = first[Int(at[0])] | second[Int(at[1])] | third[Int(at[2])] | fourth[Int(at[3])]
            if a & Self.invalid.littleEndian != 0 { break }
            (target + 3 * group).storeBytes(of: a, as: UInt32.self)
            group += 1
        }
        return (4 * group, 3 * group)
    }
}
