import ArgumentParser
import Catalog
import Evaluation

struct EvaluateExperiment: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiment",
        abstract: "What the arms of an experiment of recommendations came to: clicks, carts and buys of what was shown.",
        discussion: """
            Reads the event log of the shop's database. Each product shown counts once; it counts as clicked, put into the cart or bought when its \
            customer did so after it was shown. Intervals are over customers; every arm is compared with the first (by name) by a permutation test. \
            The report gives sums of each arm and nobody's name.
            """)

    @OptionGroup var source: CatalogCommand.Source

    @Option(help: "The experiment; may be left out when the log holds one alone.")
    var name: String?

    @OptionGroup var period: SinceOption
    @OptionGroup var output: ReportOptions

    func run() throws {
        try reportingDataErrors {
            let events = try source.customerEvents(since: try period.seconds(), withConsent: false)
                .map { ExperimentEvaluation.Event(customer: $0.customer, kind: $0.kind, productID: $0.productID) }
            let names = ExperimentEvaluation.names(events)
            guard let chosen = name ?? (names.count == 1 ? names.first : nil) else {
                let there = names.isEmpty ? "the log holds none" : "there are \(names.joined(separator: ", "))"
                throw Environment.fail("say which experiment: --name NAME; \(there)", code: names.isEmpty ? 65 : 64)
            }
            try output.show(try ExperimentEvaluation(seed: output.seed).report(events, experiment: chosen))
        }
    }
}
