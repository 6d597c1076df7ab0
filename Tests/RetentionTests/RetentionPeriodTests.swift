import Foundation
import Retention
import Testing

/// Calendar arithmetic against vectors that Python's zoneinfo made from the page's rule.
struct RetentionPeriodTests {
    private struct Vector: Decodable { let from, period, zone, to: String }

    @Test func theVectorsHold() throws {
        let url = try #require(Bundle.module.url(forResource: "Vectors/calendar", withExtension: "json"))
        let vectors = try JSONDecoder().decode([Vector].self, from: try Data(contentsOf: url))
        let format = ISO8601DateFormatter()
        for vector in vectors {
            let period = try #require(RetentionPeriod(vector.period))
            let zone = try #require(TimeZone(identifier: vector.zone))
            let found = period.after(try #require(format.date(from: vector.from)), in: zone)
            #expect(format.string(from: found) == vector.to, "\(vector)")
        }
        #expect(vectors.count > 500)
    }

    @Test func otherFormsAreRefused() {
        for text in [
            "", "P", "P0D", "P0Y0M", "-P1Y", "P-1Y", "+P1Y", "1Y", "P1.5Y", "P1Y6", "PT1H", "P1DT1H", "P6M1Y", "p1y",
            "P1Y ",
            " P1Y", "P1YM", "P1001Y", "P366001D", "P9999999Y", "P1Y1Y", "P１Y",
        ] { #expect(RetentionPeriod(text) == nil, "\(text)") }
    }

    @Test func oneLengthHasOneForm() throws {
        #expect(RetentionPeriod("P1Y6M") == RetentionPeriod("P18M"))
        #expect(RetentionPeriod("P2W") == RetentionPeriod("P14D"))
        #expect(RetentionPeriod("P12M") != RetentionPeriod("P365D"))
        #expect(RetentionPeriod("P18M")?.text == "P1Y6M")
        #expect(RetentionPeriod("P1Y6M2W3D")?.words == "1 year and 6 months and 17 days")
        for text in ["P5Y", "P1Y6M", "P90D", "P1M1D"] { #expect(RetentionPeriod(text)?.text == text) }
    }
}
