import Base
import TestSupport
import Testing

/// What people type twice is the same twice, and what nobody sees is not in it.
struct ComparedNameTests {
    @Test func twoFormsOfOneNameAreOne() throws {
        for (a, b) in [
            ("Zoe\u{308}", "Zo\u{EB}"), ("\u{212B}", "\u{C5}"), ("  K-1\t", "K-1"), ("\u{A0}K-1\u{3000}", "K-1"),
            ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"), ("e\u{323}\u{302}", "\u{1EC7}"), ("K-1\n", "K-1"),
        ] {
            let (first, second) = (try ComparedName(a, longest: 50), try ComparedName(b, longest: 50))
            #expect(first == second && Array(first.text.utf8) == Array(second.text.utf8), "\(a.unicodeScalars)")
            #expect(ComparedName.form(of: a) == first.text)
        }
        // Letters that only look alike stay different: which was meant, nobody can say.
        #expect(try ComparedName("K", longest: 9) != ComparedName("\u{212A}x", longest: 9))
        #expect(try ComparedName("\u{410}", longest: 9) != ComparedName("A", longest: 9))
    }

    @Test func whatNobodySeesIsRefusedByItsPlace() {
        let invisible: [Unicode.Scalar] = [
            "\u{0}", "\u{1B}", "\u{7F}", "\u{85}", "\u{AD}", "\u{34F}", "\u{61C}", "\u{115F}", "\u{17B4}", "\u{180E}",
            "\u{200B}", "\u{200D}", "\u{200E}", "\u{2028}", "\u{202E}", "\u{2060}", "\u{2069}", "\u{3164}", "\u{FE0F}",
            "\u{FEFF}", "\u{FFA0}", "\u{FFF9}", "\u{E0001}", "\u{E0061}", "\u{E0100}", "\u{378}", "\t", "\n",
        ]
        for scalar in invisible {
            #expect(throws: ComparedName.Problem.invisible(scalar, at: 3), "U+\(String(scalar.value, radix: 16))") {
                try ComparedName("K-\(scalar)1", longest: 50)
            }
        }
        for shown in ["K 1", "K/1", "\u{1F600}", "案件", "a\u{301}\u{323}", "\u{E000}"] {
            #expect(throws: Never.self) { try ComparedName(shown, longest: 50) }
        }
    }

    @Test func lengthsAreThoseOfTheForm() {
        #expect(throws: ComparedName.Problem.empty) { try ComparedName("", longest: 5) }
        #expect(throws: ComparedName.Problem.empty) { try ComparedName(" \u{3000} ", longest: 5) }
        #expect(throws: ComparedName.Problem.tooLong(6)) { try ComparedName("abcdef", longest: 5) }
        #expect(throws: Never.self) { try ComparedName("  abcde  ", longest: 5) }
        #expect(throws: Never.self) { try ComparedName("e\u{301}", longest: 2) }
    }

    /// The form of a form is the form, whatever it was made of.
    @Test func theFormIsStable() {
        var random = SeededGenerator.ofTest()
        let interesting: [ClosedRange<UInt32>] = [
            0x20...0x17F, 0x300...0x36F, 0x1100...0x11FF, 0xAC00...0xACFF, 0x2000...0x206F,
        ]
        for _ in 0..<3000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                let range = interesting.randomElement(using: &random)!
                text.append(Unicode.Scalar(UInt32.random(in: range, using: &random))!)
            }
            let form = ComparedName.form(of: String(text))
            #expect(Array(ComparedName.form(of: form).utf8) == Array(form.utf8), "\(text)")
            if let name = try? ComparedName(String(text), longest: 100) {
                #expect(name.text == form && !name.text.unicodeScalars.contains { $0.isInvisible })
            }
        }
    }
}

struct HexadecimalTests {
    @Test func eachByteStringHasOneText() {
        let all = [UInt8](0...255)
        #expect(all.hex.count == 512 && [UInt8](hex: all.hex) == all)
        #expect([UInt8](hex: "") == [] && [UInt8](hex: "0f") == [15])
        for bad in ["0", "0F", "0g", "+1", " 1", "0x", "\u{FF10}\u{FF10}"] {
            #expect([UInt8](hex: bad) == nil, "\(bad)")
        }
    }
}
