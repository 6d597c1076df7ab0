internal import Foundation

/// Standard input, output and error: descriptors 0, 1 and 2.
public enum StandardDescriptors {
    /// Opens `/dev/null` on those that were closed when the program began. Comes before anything else in every
    /// program: without it the next file that is opened, of an archive perhaps, gets such a number, and what is
    /// meant for standard output is written into it.
    ///
    /// Each is opened the wrong way round, standard input for writing alone and the others for reading alone: who
    /// uses one gets `EBADF`, and a command whose output went nowhere fails.
    public static func reserve() {
        for descriptor in STDIN_FILENO...STDERR_FILENO {
            guard fcntl(descriptor, F_GETFD) == -1, errno == EBADF else { continue }
            let opened = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
            // The lowest free number is this one; where it is not, nothing is safe.
            if opened != descriptor { _exit(70) }
        }
    }
}
