import EventLoop
import Wire

/// The host's calls that a process has not answered: one request, one reply. Confined to the loop.
final class WorkerCalls {
    private struct Call {
        var reply: [UInt8]?
        let timer: LoopTimer?
        let done: (Result<[UInt8], RPCStatus>) -> Void
    }

    private let loop: EventLoop
    private var open: [UInt64: Call] = [:]

    init(_ loop: EventLoop) { self.loop = loop }

    var isEmpty: Bool { open.isEmpty }

    /// A request is on its way.
    /// - Parameters:
    ///   - id: of the call's stream.
    ///   - withinMs: nil = whoever calls watches the time.
    ///   - done: called once: with the reply's bytes, the worker's status, DEADLINE_EXCEEDED, or UNAVAILABLE when the process has gone.
    func began(_ id: UInt64, withinMs: Int?, done: @escaping (Result<[UInt8], RPCStatus>) -> Void) {
        let timer = withinMs.map { ms in
            loop.after(UInt64(ms) * 1_000) { [weak self] in
                self?.finish(id, .failure(RPCStatus(.deadlineExceeded, "no answer within \(ms) ms")))
            }
        }
        open[id] = Call(timer: timer, done: done)
    }

    /// - Returns: whether the frame is one of a call's.
    /// - Throws: INVALID_ARGUMENT for what is no answer.
    func frame(_ peek: FramePeek, _ contents: UnsafeRawBufferPointer) throws(RPCStatus) -> Bool {
        guard let call = open[peek.streamID] else { return false }
        switch peek.body {
        case FrameBody.data where call.reply == nil: open[peek.streamID]?.reply = Array(contents)
        case FrameBody.status:
            let status = RPCStatus(try Status(decoding: contents))
            finish(peek.streamID, status.code == .ok ? .success(call.reply ?? []) : .failure(status))
        case FrameBody.credit: break  // A request is small.
        default: throw RPCStatus(.invalidArgument, "a worker answers a call by one data frame and a status")
        }
        return true
    }

    /// The process has gone.
    func close() {
        for id in open.keys.sorted() { finish(id, .failure(RPCStatus(.unavailable, "the worker's process has ended"))) }
    }

    private func finish(_ id: UInt64, _ result: Result<[UInt8], RPCStatus>) {
        guard let call = open.removeValue(forKey: id) else { return }
        call.timer?.cancel()
        call.done(result)
    }
}
