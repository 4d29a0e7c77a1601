import CLibuv

/// What can go wrong with a loop, a socket or the compute pool, and a sentence that says what was wrong and what is allowed.
public struct LoopError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable, Equatable {
        /// Another process (or this one) listens there already.
        case addressInUse
        /// The address cannot be parsed, resolved or bound on this machine.
        case addressInvalid
        /// A file or directory of the address does not exist.
        case notFound
        case permissionDenied
        case connectionRefused
        /// The peer broke the connection off.
        case connectionReset
        /// The stream, listener or loop is closed already.
        case closed
        /// The peer does not read: pending output exceeded its limit, or was not taken in time while closing.
        case outputLimit
        /// A bounded queue is full.
        case queueFull
        case timedOut
        /// A descriptor, thread or memory limit of the system.
        case resourceExhausted
        /// The call is not possible in the present state.
        case invalidState
        /// Any other error of the operating system: its positive errno.
        case system(Int32)
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// Translates a libuv status (negative errno); `doing` is the start of the sentence.
    init(uv status: Int32, _ doing: String) {
        let reason = String(cString: uv_strerror(status))
        switch status {
        case UV_EADDRINUSE.rawValue: self.init(.addressInUse, "\(doing): \(reason); choose another address or stop the program that listens there")
        case UV_EADDRNOTAVAIL.rawValue: self.init(.addressInvalid, "\(doing): \(reason); this machine has no such address")
        case UV_ENOENT.rawValue: self.init(.notFound, "\(doing): \(reason)")
        case UV_EACCES.rawValue, UV_EPERM.rawValue: self.init(.permissionDenied, "\(doing): \(reason)")
        case UV_ECONNREFUSED.rawValue: self.init(.connectionRefused, "\(doing): \(reason); nobody listens there")
        case UV_ECONNRESET.rawValue, UV_EPIPE.rawValue: self.init(.connectionReset, "\(doing): \(reason)")
        case UV_ECANCELED.rawValue, UV_EOF.rawValue: self.init(.closed, "\(doing): \(reason)")
        case UV_ETIMEDOUT.rawValue: self.init(.timedOut, "\(doing): \(reason)")
        case UV_EMFILE.rawValue, UV_ENFILE.rawValue, UV_ENOMEM.rawValue, UV_ENOBUFS.rawValue:
            self.init(.resourceExhausted, "\(doing): \(reason)")
        default: self.init(.system(-status), "\(doing): \(reason)")
        }
    }
}

/// Turns a libuv status into a thrown error.
@inline(__always)
func check(_ status: Int32, _ doing: @autoclosure () -> String) throws(LoopError) {
    if status < 0 { throw LoopError(uv: status, doing()) }
}
