/// What the arms of an experiment came to: of the products that each showed, how many its customers clicked, put into the cart and bought.
public struct ExperimentEvaluation: Sendable {
    public var seed: UInt64
    public init(seed: UInt64 = 1) { self.seed = seed }

    /// An event of the log, oldest first.
    public struct Event: Sendable, Equatable {
        public var customer: String
        public var kind: String
        public var productID: String

        public init(customer: String, kind: String, productID: String) {
            self.customer = customer
            self.kind = kind
            self.productID = productID
        }
    }

    /// "exposure:EXPERIMENT/ARM"
    private static func exposure(_ kind: String) -> (experiment: String, arm: String)? {
        guard kind.hasPrefix("exposure:"), let slash = kind.lastIndex(of: "/") else { return nil }
        return (String(kind[kind.index(kind.startIndex, offsetBy: 9)..<slash]), String(kind[kind.index(after: slash)...]))
    }

    /// Names of the experiments in the log, sorted.
    public static func names(_ events: [Event]) -> [String] { Set(events.compactMap { exposure($0.kind)?.experiment }).sorted() }

    private static let outcomes = [("click", "clicks"), ("add_to_cart", "carts"), ("buy", "buys")]

    /// One customer in one arm.
    private struct Row {
        var exposures = 0.0
        /// By outcome: products shown that it then happened to.
        var happened = [Double](repeating: 0, count: outcomes.count)
    }

    /// Each product counts once for each time it was shown; it counts as clicked (put into the cart, bought) when that customer did so after it was
    /// shown and before it was shown again. Intervals come from drawing customers, since what one customer does is not independent; every arm after
    /// the first is compared with the first by permuting customers between the two.
    /// - Throws: when the log holds nothing of the experiment.
    public func report(_ events: [Event], experiment: String) throws(EvaluationError) -> EvaluationReport {
        var arms: [String: [String: Row]] = [:]
        var open: [String: (arm: String, happened: [Bool])] = [:]
        func close(_ customer: String, _ shown: (arm: String, happened: [Bool])) {
            for (place, did) in shown.happened.enumerated() where did { arms[shown.arm]?[customer]?.happened[place] += 1 }
        }
        var customers: [String: [String]] = [:]
        for event in events {
            let key = "\(event.customer)\n\(event.productID)"
            if let shown = Self.exposure(event.kind) {
                guard shown.experiment == experiment else { continue }
                if let before = open[key] { close(event.customer, before) } else { customers[event.customer, default: []].append(key) }
                arms[shown.arm, default: [:]][event.customer, default: Row()].exposures += 1
                open[key] = (shown.arm, Self.outcomes.map { _ in false })
            } else if let outcome = Self.outcomes.firstIndex(where: { $0.0 == event.kind }) {
                open[key]?.happened[outcome] = true
            }
        }
        for customer in customers.keys.sorted() {
            for key in customers[customer] ?? [] { if let shown = open[key] { close(customer, shown) } }
        }
        guard !arms.isEmpty else { throw EvaluationError("the log holds nothing of the experiment '\(experiment)'") }
        return report(arms.keys.sorted().map { arm in (arm, (arms[arm] ?? [:]).sorted { $0.key < $1.key }.map(\.value)) }, experiment)
    }

    private func report(_ arms: [(name: String, rows: [Row])], _ experiment: String) -> EvaluationReport {
        var report = EvaluationReport(
            task: "experiment",
            data: [.init("experiment", experiment), .init("arms", "\(arms.count)"), .init("customers", "\(arms.reduce(0) { $0 + $1.rows.count })")])
        for arm in arms {
            var measures: [EvaluationReport.MeasureRow] = [
                .init(name: "customers", value: Double(arm.rows.count)), .init(name: "exposures", value: arm.rows.reduce(0) { $0 + $1.exposures }),
            ]
            let drawn = Significance.bootstrap(count: arm.rows.count, seed: seed) { weights in
                Self.outcomes.indices.map { Self.rate(arm.rows, $0, weights) }
            }
            for (place, outcome) in Self.outcomes.enumerated() {
                measures.append(.init(name: outcome.1, value: arm.rows.reduce(0) { $0 + $1.happened[place] }))
                let rate = Self.rate(arm.rows, place, [Double](repeating: 1, count: arm.rows.count)) ?? 0
                measures.append(.init(name: Self.rateName(outcome.1), value: rate, drawn.isEmpty ? nil : drawn[place]))
            }
            report.models.append(.init(name: arm.name, measures: measures))
        }
        for arm in arms.dropFirst() {
            for (place, outcome) in Self.outcomes.enumerated() {
                let found = Significance.compareGroups(arms[0].rows, arm.rows, seed: seed) { Self.rate($0, place, $1) ?? 0 }
                report.comparisons.append(.init(first: arms[0].name, second: arm.name, measure: Self.rateName(outcome.1), found))
            }
        }
        let shown = Self.outcomes.map { Self.rateName($0.1) }
        report.bars.append(.init(name: "of what was shown", report.models, measures: shown.map { ($0, $0) }))
        return report
    }

    private static func rateName(_ outcome: String) -> String { "\(outcome) per exposure" }

    private static func rate(_ rows: [Row], _ outcome: Int, _ weights: [Double]) -> Double? {
        var (happened, exposures) = (0.0, 0.0)
        for (row, weight) in zip(rows, weights) {
            happened += weight * row.happened[outcome]
            exposures += weight * row.exposures
        }
        return exposures > 0 ? happened / exposures : nil
    }
}
