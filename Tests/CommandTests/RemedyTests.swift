import Base
import Foundation
import Presentation
import Testing

/// What messages tell people to do can be done.
struct RemedyTests {
    /// Every verb that a remedy names is a command of this program.
    @Test(arguments: Remedy.Verb.allCases)
    func everyVerbIsACommand(_ verb: Remedy.Verb) throws {
        let words = verb.command.split(separator: " ").map(String.init).filter { $0 != "CASE" }
        let done = try Programs.run(Programs.folder + "/strongroom", words + ["--help"])
        #expect(done.code == 0 && done.text.contains("strongroom \(words.joined(separator: " "))"), "\(words)")
    }

    /// Every input is an option of some command, and its variable is one that the program reads.
    @Test func everyInputIsAnOption() throws {
        var help = ""
        for verb in Remedy.Verb.allCases {
            let words = verb.command.split(separator: " ").map(String.init).filter { $0 != "CASE" }
            help += try Programs.run(Programs.folder + "/strongroom", words + ["--help"]).text
        }
        for words in [
            ["pull"], ["import"], ["case", "event"], ["retrieve"], ["hold", "narrow"], ["audit", "verify"],
        ] {
            help += try Programs.run(Programs.folder + "/strongroom", words + ["--help"]).text
        }
        for input in Remedy.Input.allCases {
            for name in input.option.components(separatedBy: " or ") {
                #expect(help.contains(name), "\(name)")
            }
        }
    }
}
