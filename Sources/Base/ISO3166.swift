/// Countries and their parts by ISO 3166-1 and 3166-2, as Debian's package iso-codes lists them.
public enum ISO3166 {
    private struct Country {
        let threeLetters: String
        let name: String
        let parts: Set<Substring>
    }

    private static let countries: [Substring: Country] = {
        var countries: [Substring: Country] = [:]
        for line in codes.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            countries[fields[0]] = Country(
                threeLetters: String(fields[1]), name: String(fields[2]), parts: Set(fields[3].split(separator: " ")))
        }
        return countries
    }()

    /// Codes that ISO 3166-1 reserves for what is no country, and that rules name.
    private static let reserved: Set<String> = ["EU"]

    /// Codes that people take for a country's.
    private static let mistaken = ["UK": "GB", "EL": "GR"]

    /// Whether it is the code of a country (`HK`), or of a part of one (`US-IL`).
    public static func contains(_ code: String) -> Bool {
        if reserved.contains(code) { return true }
        let words = code.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = words.first, let country = countries[first] else { return false }
        return words.count == 1 || country.parts.contains(words[1])
    }

    /// The code that was probably meant: of what is in small letters, in three letters, a name, or a code that people
    /// take for a country's.
    public static func meant(by text: String) -> String? {
        let upper = text.uppercased()
        if contains(upper) { return upper }
        let words = upper.split(separator: "-", maxSplits: 1).map(String.init)
        guard let first = words.first else { return nil }
        let lower = text.lowercased()
        let country =
            mistaken[first] ?? countries.first { $0.value.threeLetters == first }.map { String($0.key) }
            ?? countries.first { $0.value.name.lowercased() == lower }.map { String($0.key) }
        guard let country else { return countries[first[...]] == nil ? nil : first }
        let whole = words.count == 2 ? "\(country)-\(words[1])" : country
        return contains(whole) ? whole : country
    }

    /// What to do about a text that is no code: `did you mean GB?`, or how codes look.
    public static func advice(about text: String) -> String {
        meant(by: text).map { "did you mean \($0)?" } ?? "give an ISO 3166 code in capitals, such as HK or US-IL"
    }

    /// A country's name in English; nil for what is none.
    public static func name(ofCountry code: String) -> String? { countries[code[...]]?.name }
}
