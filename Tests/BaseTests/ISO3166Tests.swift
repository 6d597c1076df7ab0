import Base
import Testing

struct ISO3166Tests {
    @Test func codesAreThoseOfTheStandard() {
        for code in ["HK", "GB", "EU", "US-IL", "US-TX", "IN-MH", "CN-GD", "GB-SCT", "TW"] {
            #expect(ISO3166.contains(code), "\(code)")
        }
        for code in [
            "UK", "EL", "XX", "ZZ", "AN", "YU", "hk", "HKG", "US-ZZ", "US-", "-US", "", "US-IL-X", "Hong Kong", "U",
        ] {
            #expect(!ISO3166.contains(code), "\(code)")
        }
    }

    @Test func whatWasMeantIsNamed() {
        for (text, code) in [
            ("UK", "GB"), ("uk", "GB"), ("EL", "GR"), ("hk", "HK"), ("HKG", "HK"), ("hong kong", "HK"),
            ("us-il", "US-IL"),
            ("USA-IL", "US-IL"), ("US-ZZ", "US"), ("UK-SCT", "GB-SCT"), ("Taiwan", "TW"),
        ] { #expect(ISO3166.meant(by: text) == code, "\(text)") }
        for text in ["", "-", "XX", "Atlantis", "QQQ-1"] { #expect(ISO3166.meant(by: text) == nil, "\(text)") }
        #expect(ISO3166.advice(about: "UK") == "did you mean GB?")
    }
}
