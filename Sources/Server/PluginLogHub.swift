import Locks
import PluginHost
import Wire

/// Hands what plugins log to whoever watches. Any thread.
final class PluginLogHub: Sendable {
    typealias Sink = @Sendable (PluginLogLine) -> Void

    private struct State {
        var next: UInt64 = 1
        /// In the order of watching.
        var watchers: [(id: UInt64, plugin: String, sink: Sink)] = []
    }

    private let state = Lock(State())

    /// - Parameter plugin: "" = all.
    func watch(_ plugin: String, _ sink: @escaping Sink) -> UInt64 {
        state.withLock { state in
            defer { state.next += 1 }
            state.watchers.append((state.next, plugin, sink))
            return state.next
        }
    }

    func unwatch(_ id: UInt64) { state.withLock { state in state.watchers.removeAll { $0.id == id } } }

    func said(_ plugin: String, _ level: PluginLogLevel, _ message: String) {
        let sinks = state.withLock { state in state.watchers.filter { $0.plugin.isEmpty || $0.plugin == plugin }.map(\.sink) }
        guard !sinks.isEmpty else { return }
        let line = PluginLogLine(plugin: plugin, level: "\(level)", message: message)
        for sink in sinks { sink(line) }
    }
}
