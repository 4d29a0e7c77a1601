import Inference
import PluginWorkers
import Synchronization
import Telemetry

/// What plugins and models count. Any thread.
final class PluginMetrics: Sendable {
    private let registry: MetricsRegistry
    private let models = Mutex<[String: (queued: Histogram, ran: Histogram)]>([:])

    init(registry: MetricsRegistry) { self.registry = registry }

    func ran(_ measurement: InferenceMeasurement) {
        let (queued, ran) = models.withLock { known in
            if let found = known[measurement.model] { return found }
            let made = (
                queued: registry.histogram(
                    "vitrine_inference_queued_ms", help: "From submission to start of an inference, milliseconds.",
                    labels: ["model": measurement.model], bounds: Histogram.latencyMsBounds),
                ran: registry.histogram(
                    "vitrine_inference_ms", help: "Inside the inference runtime, milliseconds.", labels: ["model": measurement.model],
                    bounds: Histogram.latencyMsBounds)
            )
            known[measurement.model] = made
            return made
        }
        queued.observe(Double(measurement.queuedUs) / 1_000)
        if measurement.ranUs > 0 { ran.observe(Double(measurement.ranUs) / 1_000) }
    }

    /// How a plugin's workers fare, read when the metrics are.
    func watch(_ worker: WorkerPlugin) {
        let status = worker.status
        registry.gauge(
            "vitrine_plugin_worker_up", help: "Whether every process of the plugin serves (1) or not (0).", labels: ["plugin": worker.name]
        ) { status.notReady == nil ? 1 : 0 }
        registry.gauge(
            "vitrine_plugin_worker_failures", help: "Processes of the plugin that ended without having been asked to.",
            labels: ["plugin": worker.name]
        ) { Double(status.failures) }
    }

    /// A plugin's own counter; names that Prometheus would not take are left out.
    func count(_ plugin: String, _ name: String, _ amount: Double) {
        guard MetricsRegistry.isValidName("vitrine_plugin_\(name)_total") else { return }
        registry.counter("vitrine_plugin_\(name)_total", help: "Counted by plugins.", labels: ["plugin": plugin]).add(number: amount)
    }
}
