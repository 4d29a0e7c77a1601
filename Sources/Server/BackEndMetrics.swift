import BackEnd
import Logging
import Telemetry

/// Calls to the shop's back end, counted and logged. Nothing of what was said is in either.
struct BackEndMetrics: Sendable {
    private let registry: MetricsRegistry
    private let log: Logger
    private let milliseconds: Histogram

    init(registry: MetricsRegistry, log: Logger) {
        self.registry = registry
        self.log = log
        milliseconds = registry.histogram(
            "vitrine_back_end_call_ms", help: "Calls to the shop's back end with all their attempts, milliseconds.", bounds: Histogram.latencyMsBounds
        )
    }

    func note(_ report: BackEndReport) {
        registry.counter(
            "vitrine_back_end_calls_total", help: "Calls to the shop's back end, by what came of them.", labels: ["outcome": report.outcome]
        )
        .add()
        milliseconds.observe(Double(report.tookUs) / 1e3)
        guard !["ok", "refused"].contains(report.outcome) else { return }
        log.warning(
            "the back end failed",
            metadata: [
                "call": "\(report.what)", "outcome": "\(report.outcome)", "status": "\(report.status)", "message": "\(report.message)",
                "ms": "\(report.tookUs / 1_000)",
            ])
    }
}
