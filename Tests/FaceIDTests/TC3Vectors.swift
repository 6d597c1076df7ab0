import Base
import Foundation
import Testing
import Vendor

@testable import FaceID

/// `Vectors/tc3.json`: the known answers of the vendor's documentation and of its SDK.
struct TC3Vectors {
    struct Vector: Decodable {
        let name: String
        let secretKey: String
        let service: String
        let headers: [String: String]
        let body: String
        let timestamp: Int64
        let bodyHash: String?
        let signedHeaders: String?
        let signature: String
    }

    @Test func signsAsTheVendorDoes() throws {
        let url = try #require(Bundle.module.url(forResource: "tc3", withExtension: "json", subdirectory: "Vectors"))
        let vectors = try JSONDecoder().decode([Vector].self, from: Data(contentsOf: url))
        #expect(vectors.count >= 3)
        for vector in vectors {
            let signature = TC3Signature(
                secretKey: SecretText(vector.secretKey.utf8), service: vector.service, headers: vector.headers,
                body: SecretText(vector.body.utf8),
                timestamp: vector.timestamp)
            #expect(signature.signature == vector.signature, "\(vector.name)")
            if let hash = vector.bodyHash { #expect(signature.bodyHash == hash, "\(vector.name)") }
            if let names = vector.signedHeaders { #expect(signature.signedHeaders == names, "\(vector.name)") }
            #expect(signature.matches(vector.signature))
            #expect(!signature.matches(String(vector.signature.dropLast())))
        }
    }

    @Test func theScopeHasTheDateOfTheTimestampInUTC() {
        // One second before and after midnight.
        for (timestamp, date) in [(Int64(1_551_139_199), "2019-02-25"), (1_551_139_200, "2019-02-26")] {
            let signature = TC3Signature(
                secretKey: SecretText("k".utf8), service: "faceid", headers: ["host": "h", "content-type": "c"],
                body: SecretText([]),
                timestamp: timestamp)
            #expect(signature.scope == "\(date)/faceid/tc3_request")
        }
    }

    @Test func credentialsNeverPrintTheirParts() throws {
        let credentials = try Credentials(
            secretID: "AKIDvisible", secretKey: SecretText("hunter2-secret".utf8), token: SecretText("tmp-token".utf8))
        var dumped = ""
        dump(credentials, to: &dumped)
        dump(SDKToken(SecretText("the-sdk-token".utf8))!, to: &dumped)
        for text in [
            "\(credentials)", String(reflecting: credentials), dumped, "\(SDKToken(SecretText("the-sdk-token".utf8))!)",
        ] {
            #expect(!text.contains("hunter2") && !text.contains("tmp-token") && !text.contains("the-sdk-token"))
        }
    }
}
