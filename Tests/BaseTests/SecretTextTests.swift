import Base
import Foundation
import Testing

struct SecretTextTests {
    private func bytes(_ secret: SecretText) -> [UInt8] { secret.withBytes { [UInt8]($0) } }

    @Test func itHoldsWhatItWasGivenAndShowsNothing() {
        let secret = SecretText("hunter2".utf8)
        #expect(bytes(secret) == Array("hunter2".utf8) && secret.count == 7)
        var dumped = ""
        dump(secret, to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), dumped] { #expect(!text.contains("hunter")) }
        #expect(bytes(SecretText(joining: [secret, SecretText([]), SecretText("3".utf8)])) == Array("hunter23".utf8))
        #expect(SecretText([]).count == 0 && bytes(SecretText([])) == [])
    }

    @Test func twoAreEqualByTheirBytes() {
        let (a, b) = (SecretText("abc".utf8), SecretText("abc".utf8))
        #expect(a == b && a.hashValue == b.hashValue && Set([a, b]).count == 1)
        for other in ["abd", "ab", "abcd", ""] { #expect(a != SecretText(other.utf8)) }
    }

    @Test func blanksAroundItAreCut() {
        for (given, cut) in [(" a b\r\n", "a b"), ("\t\n", ""), ("", ""), ("x", "x"), (" \u{FF}", "\u{FF}")] {
            #expect(bytes(SecretText(given.utf8).trimmed) == Array(cut.utf8), "\(given.debugDescription)")
        }
    }

    /// What stands behind the first line is somebody else's.
    @Test func oneLineIsReadAndNoMore() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("token\nrest".utf8))
        try pipe.fileHandleForWriting.close()
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        let line = try SecretText(reading: descriptor, path: "pipe", firstLine: true, limit: 100)
        #expect(bytes(line) == Array("token".utf8))
        #expect(bytes(try SecretText(reading: descriptor, path: "pipe", limit: 100)) == Array("rest".utf8))
        #expect(try SecretText(reading: descriptor, path: "pipe", firstLine: true, limit: 100).count == 0)
    }

    @Test func whatIsTooLongIsRefused() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: file) }
        let content = [UInt8](repeating: 7, count: 200_000)
        try Data(content).write(to: URL(fileURLWithPath: file))
        #expect(bytes(try SecretText(contentsOf: file, limit: 200_000)) == content)
        #expect(throws: FileError(.read, path: file, code: EFBIG)) { try SecretText(contentsOf: file, limit: 199_999) }
        #expect(throws: FileError(.open, path: file + "-", code: ENOENT)) {
            try SecretText(contentsOf: file + "-", limit: 1)
        }
    }

    @Test func aVariableLeavesTheEnvironment() {
        setenv("STRONGROOM_TEST_SECRET", "hunter2", 1)
        let value = getenv("STRONGROOM_TEST_SECRET")!
        #expect(ProcessMemory.takeFromEnvironment("STRONGROOM_TEST_SECRET").map(bytes) == Array("hunter2".utf8))
        #expect(getenv("STRONGROOM_TEST_SECRET") == nil && value[0] == 0)
        #expect(ProcessMemory.takeFromEnvironment("STRONGROOM_TEST_SECRET") == nil)
    }

    /// Where the array shares its bytes with nobody.
    @Test func anArrayIsZeroed() {
        var array = Array("hunter2".utf8)
        array.zero()
        #expect(array == [0, 0, 0, 0, 0, 0, 0])
        var none: [UInt8] = []
        none.zero()
        #expect(none.isEmpty)
    }
}
