import Inference
import Locks
import PluginHost
import PluginWorkers
import Telemetry
import Wire

/// What plugins and models count. Any thread.
final class PluginMetrics: Sendable {
    private let registry: MetricsRegistry
    private let models = Lock<[String: (queued: Histogram, ran: Histogram)]>([:])

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

    /// A build has gone live: what is told of its plugin is read from `live` when the metrics are. The builds that follow it need not be told of.
    func watch(_ plugin: String, live: @escaping @Sendable () -> (any PluginBuild)?) {
        let labels: KeyValuePairs = ["plugin": plugin]
        registry.gauge("vitrine_plugin_generation", help: "Number of the plugin's live build; 0 = there is none.", labels: labels) {
            Double(live()?.number ?? 0)
        }
        registry.gauge("vitrine_plugin_streams", help: "Open streams of the plugin's live build.", labels: labels) {
            Double(live()?.openStreams ?? 0)
        }
        registry.gauge(
            "vitrine_plugin_worker_up", help: "Whether every process of the plugin serves (1) or not (0); 1 in process.", labels: labels
        ) { live().map { ($0 as? WorkerPlugin)?.status.notReady == nil ? 1 : 0 } ?? 0 }
        registry.gauge(
            "vitrine_plugin_worker_failures", help: "Processes of the live build that ended without having been asked to.", labels: labels
        ) { Double((live() as? WorkerPlugin)?.status.failures ?? 0) }
    }

    /// What swaps leave behind, read when the metrics are.
    func watch(draining: @escaping @Sendable () -> [any PluginBuild], retiredSwiftImages: @escaping @Sendable () -> Int) {
        registry.gauge("vitrine_plugin_draining_builds", help: "Builds that were replaced and are not gone yet.") { Double(draining().count) }
        registry.gauge("vitrine_plugin_draining_streams", help: "Open streams of such builds.") {
            Double(draining().reduce(0) { $0 + $1.openStreams })
        }
        registry.gauge("vitrine_plugin_retired_swift_images", help: "Swift images that stay mapped although nothing uses them.") {
            Double(retiredSwiftImages())
        }
    }

    /// A load, swap or unload is over.
    func changed(_ change: String, _ outcome: ChangeOutcome, steps: [ChangeStep]) {
        registry.counter(
            "vitrine_plugin_changes_total", help: "Loads, swaps and unloads, by what became of them.",
            labels: ["change": change, "outcome": outcome.rawValue]
        ).add()
        for step in steps {
            registry.histogram(
                "vitrine_plugin_change_ms", help: "Steps of loads and swaps, milliseconds.", labels: ["step": step.name],
                bounds: Histogram.latencyMsBounds
            ).observe(Double(step.tookUs) / 1_000)
        }
    }

    enum ChangeOutcome: String { case live, unchanged, refused }

    /// A plugin's own counter; names that Prometheus would not take are left out.
    func count(_ plugin: String, _ name: String, _ amount: Double) {
        guard MetricsRegistry.isValidName("vitrine_plugin_\(name)_total") else { return }
        registry.counter("vitrine_plugin_\(name)_total", help: "Counted by plugins.", labels: ["plugin": plugin]).add(number: amount)
    }
}

extension PluginMetrics.ChangeOutcome {
    init(_ result: Result<ChangePluginReply, RPCStatus>) {
        switch result {
        case .success(let reply): self = reply.unchanged ? .unchanged : .live
        case .failure: self = .refused
        }
    }
}
