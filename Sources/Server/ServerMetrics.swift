import Sessions
import Telemetry

/// What the server counts of itself. Updated from every loop without locks.
final class ServerMetrics: Sendable {
    let registry: MetricsRegistry
    let connections: Gauge
    let sessions: Gauge
    let framesIn: Counter
    let bytesIn: Counter
    let problems: Counter
    let decided: Histogram
    let spoke: Histogram
    private let turns: [(state: TurnMachine.State, count: Counter)]
    private let turnSeconds: Histogram

    init(registry: MetricsRegistry) {
        self.registry = registry
        connections = registry.gauge("vitrine_connections", help: "Open connections.")
        sessions = registry.gauge("vitrine_sessions", help: "Sessions, attached or waiting to be resumed.")
        framesIn = registry.counter("vitrine_frames_received_total", help: "Frames received.")
        bytesIn = registry.counter("vitrine_frame_bytes_received_total", help: "Bytes of frames received, without their prefixes.")
        problems = registry.counter("vitrine_problems_total", help: "Inputs and turns that were answered with a Problem.")
        decided = registry.histogram(
            "vitrine_turn_decided_ms", help: "From a turn's first input to its decision, milliseconds.", bounds: Histogram.latencyMsBounds)
        spoke = registry.histogram(
            "vitrine_reply_spoken_ms", help: "From a reply's first sentence to its first audio, milliseconds.", bounds: Histogram.latencyMsBounds)
        turnSeconds = registry.histogram(
            "vitrine_turn_ms", help: "From a turn's seal to its end, milliseconds.", bounds: Histogram.latencyMsBounds)
        turns = [(TurnMachine.State.done, "done"), (.interrupted, "interrupted"), (.expired, "expired")].map { state, name in
            (state, registry.counter("vitrine_turns_total", help: "Turns that are over, by how they ended.", labels: ["state": name]))
        }
    }

    func turnOver(_ state: TurnMachine.State, ms: Double) {
        turns.first { $0.state == state }?.count.add()
        if state == .done { turnSeconds.observe(ms) }
    }
}
