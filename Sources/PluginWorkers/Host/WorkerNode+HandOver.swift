import EventLoop
import PluginHost
import Wire

// A stream that moves to a newer build's process:
//
//     stays ──rests, the other process serves──▶ asked ──state──▶ offered ──taken──▶ moved
//       ▲                                          │                 │
//       └───not now, never, time over, gone────────┴─────────────────┘
//
// Where nothing was said that is needed later, it moves without being asked. While it is asked or offered, inputs and the half-close wait in its
// ledger; a cancel, a deadline or the end of the process that it is with end it as ever.
extension WorkerNode {
    /// From the question for a stream's state to its answer, and from the offer to its answer, milliseconds.
    static let handOverMsMax = 2_000
    /// What a stream may carry. Bytes.
    static let stateBytesMax = 16 << 20

    /// Gives way to a newer build. New streams are refused here (the router sends them to `successor`). Open ones are moved as soon as they rest:
    /// when the process has done with everything it was given. One that keeps state between messages is asked for it. What cannot be moved goes on
    /// here until it ends, and after `withinUs` it is ended with UNAVAILABLE.
    ///
    /// On the loop.
    /// - Parameters:
    ///   - successor: this loop's node of the newer build; nil = there is none, or it is of another kind, and nothing moves.
    ///   - onGone: called once, when the last process is gone.
    public func drain(into successor: WorkerNode?, withinUs: UInt64, onGone: @escaping () -> Void) {
        loop.preconditionCurrent()
        precondition(successor?.loop === loop || successor == nil, "a stream stays on its loop")
        onFinished = onGone
        self.successor = successor
        for stream in inOrder { handOver(stream) }
        retire()
        guard state != .finished else { return }
        drainTimer = loop.after(withinUs) { [weak self] in
            guard let self else { return }
            plugin.phase.overdue()
            plugin.observer.count(name, PluginInstance.cutMetric, Double(openStreams))
            let ms = withinUs / 1_000
            shutDown(RPCStatus(.unavailable, "plugin \(name) was replaced and its old build did not finish within \(ms) ms"))
        }
    }

    /// Moves a stream to the successor if it rests now, or waits for a process.
    func handOver(_ stream: WorkerStream) {
        guard let successor = newest, stream.isHeld(by: self), !stream.isMoving else { return }
        if stream.wireID == nil || stream.rests(stateful: plugin.manifest.stateful) {
            leave(stream)
            stream.move(to: successor)
            return successor.admit(stream)
        }
        guard stream.mayBeAsked, successor.isServing, let id = stream.wireID else { return }
        stream.isMoving = true
        call(.pluginExportState, ExportStateRequest(streamID: id), withinMs: Self.handOverMsMax) { [self] result in
            guard stream.isHeld(by: self), stream.wireID == id else { return }
            do throws(RPCStatus) {
                let state = try ExportStateReply(decoding: result.get()).state
                guard state.count <= Self.stateBytesMax else {
                    throw RPCStatus(.resourceExhausted, "its state has \(state.count) bytes; at most \(Self.stateBytesMax) are carried")
                }
                guard let newest, newest.isServing else { throw RPCStatus(.unavailable, "the newer build does not serve yet") }
                newest.offer(stream, state) { [self] result in
                    settle(stream, from: id, to: newest, result)
                }
            } catch {
                stay(stream, forGood: error.code != .unavailable && error.code != .failedPrecondition)
            }
        }
    }

    /// The successor may have been replaced meanwhile: straight to the newest.
    private var newest: WorkerNode? {
        while let newer = successor?.successor { successor = newer }
        return successor
    }

    /// Opens the stream here, beside where it is, and gives it its state.
    /// - Parameter done: called once: with its number here, or with why it was not taken.
    private func offer(_ stream: WorkerStream, _ state: [UInt8], done: @escaping (Result<UInt64, RPCStatus>) -> Void) {
        let id = openRun(stream)
        guard !state.isEmpty else { return done(.success(id)) }
        call(.pluginImportState, ImportStateRequest(streamID: id, state: state), withinMs: Self.handOverMsMax) { [weak self] result in
            if case .failure(let error) = result {
                self?.cancelRun(id)
                return done(.failure(error))
            }
            done(.success(id))
        }
    }

    /// The newer build has answered.
    private func settle(_ stream: WorkerStream, from id: UInt64, to successor: WorkerNode, _ result: Result<UInt64, RPCStatus>) {
        switch result {
        // Offered again it might take the newer build's process down once more.
        case .failure: if stream.isHeld(by: self), stream.wireID == id { stay(stream, forGood: true) }
        case .success(let taken):
            // It may have ended meanwhile, and its process with it.
            guard stream.isHeld(by: self), stream.wireID == id else { return successor.cancelRun(taken) }
            leave(stream)
            stream.move(to: successor)
            successor.take(stream, taken)
        }
    }

    /// It goes on here, until it ends or may be asked again.
    private func stay(_ stream: WorkerStream, forGood: Bool) {
        stream.stay(forGood: forGood)
        pump(stream)
    }

    private func leave(_ stream: WorkerStream) {
        plugin.observer.count(name, PluginInstance.handedOverMetric, 1)
        forget(stream, tellsWorker: true)
    }
}
