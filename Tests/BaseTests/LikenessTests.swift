import Base
import Testing

struct LikenessTests {
    @Test func whatLooksTheSameIsAlike() {
        for (a, b) in [
            ("K-1", "К-1"), ("j.chan", "j.chаn"), ("M-2026-017", "M-2026-O17"), ("modern", "rnodern"), ("Il1", "lI1"),
            ("PAYMENT", "РΑУМЕΝТ"), ("case", "ｃａｓｅ"), ("é-1", "e\u{301}-1"),
        ] { #expect(Likeness(of: a) == Likeness(of: b), "\(a) \(b)") }
        for (a, b) in [("K-1", "K-2"), ("K-1", "k-1"), ("王", "玉"), ("a", "b"), ("e", "é"), ("", "-"), ("K 1", "K-1")] {
            #expect(Likeness(of: a) != Likeness(of: b), "\(a) \(b)")
        }
    }

    @Test func whatDiffersIsNamed() throws {
        let found = try #require(Likeness.difference(of: "j.chаn", from: "j.chan"))
        #expect(found.place == 5 && found.character == "U+0430 CYRILLIC SMALL LETTER A")
        #expect(Likeness.difference(of: "same", from: "same") == nil)
    }
}
