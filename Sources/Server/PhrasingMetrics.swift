import Agents
import Logging
import Telemetry

/// How a language model's phrasing went.
struct PhrasingMetrics: Sendable {
    private let outcomes: [(outcome: Phrasing.Outcome, count: Counter)]
    private let log: Logger

    init(registry: MetricsRegistry, log: Logger) {
        self.log = log
        outcomes = Phrasing.Outcome.allCases.map { outcome in
            let help = "Answers given to the language model to phrase, by what came of it."
            return (outcome, registry.counter("vitrine_phrasing_total", help: help, labels: ["outcome": outcome.rawValue]))
        }
    }

    func note(_ outcome: Phrasing.Outcome, _ reason: String) {
        outcomes.first { $0.outcome == outcome }?.count.add()
        guard !reason.isEmpty else { return }
        log.log(
            level: outcome == .failed ? .warning : .info, "an answer stands as it was found",
            metadata: ["outcome": "\(outcome.rawValue)", "reason": "\(reason)"])
    }
}
