import Testing

@testable import Evaluation

@Suite("The outcome of an experiment")
struct ExperimentTests {
    private static func event(_ customer: String, _ kind: String, _ product: String) -> ExperimentEvaluation.Event {
        .init(customer: customer, kind: kind, productID: product)
    }

    /// 40 customers an arm, each shown ten products; in the arm "varied" each clicks three of them, in "control" one.
    private static func log() -> [ExperimentEvaluation.Event] {
        var events: [ExperimentEvaluation.Event] = []
        for customer in 0..<80 {
            let arm = customer % 2 == 0 ? "control" : "varied"
            for product in 0..<10 { events.append(event("c\(customer)", "exposure:variety/\(arm)", "p\(product)")) }
            for product in 0..<(customer % 2 == 0 ? 1 : 3) { events.append(event("c\(customer)", "click", "p\(product)")) }
        }
        return events
    }

    @Test("clicks, carts and buys of what was shown, per arm, with intervals and a comparison")
    func rates() throws {
        var log = Self.log()
        // A buy within the arm; another experiment; what nobody was shown; somebody else's click.
        log.append(Self.event("c1", "buy", "p2"))
        log.append(Self.event("c1", "exposure:other/x", "p2"))
        log.append(Self.event("c1", "click", "p99"))
        log.append(Self.event("nobody", "click", "p1"))
        let report = try ExperimentEvaluation().report(log, experiment: "variety")
        #expect(report.models.map(\.name) == ["control", "varied"])
        #expect(report.models.map { $0.value("customers") } == [40, 40])
        #expect(report.models.map { $0.value("exposures") } == [400, 400])
        #expect(report.models.map { $0.value("clicks") } == [40, 120])
        #expect(report.models.map { $0.value("buys") } == [0, 1])
        #expect(report.models.map { $0.value("clicks per exposure") } == [0.1, 0.3])
        let clicks = try #require(report.comparisons.first { $0.measure == "clicks per exposure" })
        #expect(abs(clicks.difference - 0.2) < 1e-12 && clicks.pValue < 0.01 && clicks.low > 0.15 && clicks.high < 0.25)
        let buys = try #require(report.comparisons.first { $0.measure == "buys per exposure" })
        #expect(buys.pValue > 0.3, "one buy shows nothing: \(buys)")
        #expect(ExperimentEvaluation.names(log) == ["other", "variety"])
        #expect(report.bars.count == 1)
    }

    @Test("an outcome belongs to the showing before it: neither to one before that, nor twice, nor to one after it")
    func attribution() throws {
        let log = [
            Self.event("a", "click", "p"), Self.event("a", "exposure:e/x", "p"), Self.event("a", "exposure:e/x", "p"), Self.event("a", "click", "p"),
            Self.event("a", "click", "p"), Self.event("a", "exposure:e/x", "p"),
        ]
        let found = try ExperimentEvaluation().report(log, experiment: "e").models[0]
        #expect(found.value("exposures") == 3 && found.value("clicks") == 1)
    }

    @Test("customers who do much widen the interval: they are drawn as a whole")
    func clustered() throws {
        var log: [ExperimentEvaluation.Event] = []
        for customer in 0..<20 {
            for product in 0..<50 {
                log.append(Self.event("c\(customer)", "exposure:e/x", "p\(product)"))
                if customer % 2 == 0 { log.append(Self.event("c\(customer)", "click", "p\(product)")) }
            }
        }
        let row = try #require(try ExperimentEvaluation().report(log, experiment: "e").models[0].measures.first { $0.name == "clicks per exposure" })
        // Of 20 customers, not of 1,000 showings: ±1.96·√(.25/20) = ±.22.
        #expect(row.value == 0.5 && (row.high ?? 0) - (row.low ?? 1) > 0.3)
    }

    @Test("a log without the experiment is an error")
    func nothing() {
        #expect(throws: EvaluationError.self) { try ExperimentEvaluation().report(Self.log(), experiment: "none") }
    }
}
