import EventLoop
import PluginHost
import Wire

extension WorkerNode {
    /// Gives way to a newer build. New streams are refused here (the router sends them to `successor`). Open ones of a plugin that keeps nothing
    /// between messages are moved as soon as they rest: when the process has done with everything it was given. What cannot be moved goes on here
    /// until it ends, and after `withinUs` it is ended with UNAVAILABLE.
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
        // The successor may have been replaced meanwhile: straight to the newest.
        while let newer = successor?.successor { successor = newer }
        guard let successor, stream.isHeld(by: self), stream.wireID == nil || stream.rests(stateful: plugin.manifest.stateful) else { return }
        forget(stream, tellsWorker: true)
        stream.move(to: successor)
        successor.admit(stream)
        plugin.observer.count(name, PluginInstance.handedOverMetric, 1)
    }
}
