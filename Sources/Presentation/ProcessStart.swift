package import Base
internal import CLinux
internal import Foundation
internal import Synchronization

/// What every program of this project does before anything else.
package enum ProcessStart {
    private static let secrets = Mutex<[String: SecretText]>([:])

    /// A variable that was taken out of the environment, or what was given to an option; nil where it was not there.
    /// It is given out once.
    package static func takeSecret(_ name: String) -> SecretText? {
        secrets.withLock { $0.removeValue(forKey: name) }
    }

    /// Whether it was taken, and not given out yet.
    package static func hasSecret(_ name: String) -> Bool { secrets.withLock { $0[name] != nil } }

    /// Variables by which a library, or Swift's runtime, would write keys or memory somewhere.
    private static let tellingVariables = ["SSLKEYLOGFILE", "SWIFT_BACKTRACE"]

    /// Takes standard descriptors that are closed, keeps what the program makes for its user alone and its memory off
    /// the disk and away from other processes of the user, and refuses arguments that are not UTF-8.
    ///
    /// - Parameter secrets: variables of the environment that hold secrets: they are taken out of it, and of the memory
    ///   that it stands in.
    /// - Parameter options: long options that may be given secrets: `-` stands there then, and ``takeSecret(_:)`` gives
    ///   what was given.
    package static func prepare(secrets names: [String] = [], options: [String] = []) {
        ProcessMemory.zeroWhatOpenSSLFrees()
        StandardDescriptors.reserve()
        forgetTellingVariables()
        secrets.withLock { secrets in
            // Most commands use none of them, and have them to their end.
            for name in names { secrets[name] = setApart(ProcessMemory.takeFromEnvironment(name)) }
            for option in options { secrets[option] = setApart(ProcessMemory.takeFromCommandLine(option)) }
        }
        // What this program makes is for its user alone, and its memory is not for the disk.
        umask(0o077)
        guard linux_forbid_dumps() == 0 else {
            Terminal.say(
                "error: the memory of this process cannot be kept from others: \(String(cString: strerror(errno)))")
            Foundation.exit(1)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // A closed pipe, and a file that may not grow further, are errors like others.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        // Who started this program may have blocked what ends it.
        var ending = sigset_t()
        sigemptyset(&ending)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&ending, number) }
        pthread_sigmask(SIG_UNBLOCK, &ending, nil)
        // Repaired, two different names could become the same.
        for index in 0..<Int(CommandLine.argc) {
            guard let argument = CommandLine.unsafeArgv[index], String(validatingCString: argument) != nil else {
                Terminal.say("error: argument \(index) is not UTF-8")
                Foundation.exit(64)
            }
        }
    }

    private static func setApart(_ secret: SecretText?) -> SecretText? {
        secret.map { (try? SecretText(settingApart: $0)) ?? $0 }
    }

    /// The runtime has read its own before the program began: without it, the program begins anew.
    private static func forgetTellingVariables() {
        let wasRead = getenv("SWIFT_BACKTRACE") != nil
        for name in tellingVariables { unsetenv(name) }
        guard wasRead else { return }
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        Terminal.say(
            "error: the program cannot begin anew without SWIFT_BACKTRACE: \(String(cString: strerror(errno)))")
        Foundation.exit(1)
    }
}
