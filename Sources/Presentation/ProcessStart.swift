internal import Base
internal import Foundation

/// What every program of this project does before anything else.
package enum ProcessStart {
    /// Takes standard descriptors that are closed, keeps what the program makes for its user alone and its memory off
    /// the disk, and refuses arguments that are not UTF-8.
    package static func prepare() {
        StandardDescriptors.reserve()
        // What this program makes is for its user alone, and its memory is not for the disk.
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // A closed pipe is an error like another.
        signal(SIGPIPE, SIG_IGN)
        // Repaired, two different names could become the same.
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) != nil else {
                Terminal.say("error: argument \(index) is not UTF-8")
                Foundation.exit(64)
            }
        }
    }
}
