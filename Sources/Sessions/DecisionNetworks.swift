public import EventLoop
public import Fusion
public import Wire

/// Runs the networks of a graph's decide nodes, off the loop. Called on the session's loop.
public protocol DecisionNetworks: AnyObject, Sendable {
    /// Asks the network of `run`. `done` is called once on `loop`, never before this returns, with the output's rows; also after a cancellation.
    /// - Parameters:
    ///   - session: among equals, sessions take turns.
    ///   - deadlineUs: on the loop's clock; what has not begun by then ends with DEADLINE_EXCEEDED.
    /// - Returns: a number for `cancel`.
    func ask(
        _ run: NetworkRun, session: UInt64, deadlineUs: UInt64, on loop: EventLoop, done: @escaping (Result<[Float], RPCStatus>) -> Void
    ) throws(RPCStatus) -> UInt64

    /// What was asked is of no use any more.
    func cancel(_ question: UInt64)
}
