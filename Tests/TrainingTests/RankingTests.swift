import EventLoop
import Evaluation
import Foundation
import Fusion
import Testing

@testable import Training

/// A shop whose customers choose by weights that the test knows, look less at later places, and are shown lists by the weights set by hand.
private struct Simulation {
    static let signals = ["similarity", "words", "behaviour", "taste"]
    static let truth = [3.0, 2.5, 0, 1.5]
    static let byHand = zip(signals, [1, 0.15, 0.2, 0.3]).map { (name: $0, weight: $1) }

    var random: SeededRandom
    /// A signal that says nothing of what is chosen.
    var noise = ""

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func uniform() -> Double { Double(random.next() >> 11) / Double(1 << 53) }

    /// What was known of a product, and how much it is wanted.
    mutating func product() -> (signals: [Double], wanted: Double) {
        var signals = Self.signals.map { _ in uniform() }
        let wanted = zip(signals, Self.truth).reduce(-4.0) { $0 + $1.0 * $1.1 }
        if let place = Self.signals.firstIndex(of: noise) { signals[place] = uniform() }
        return (signals, 1 / (1 + exp(-wanted)))
    }

    static func score(_ signals: [Double], _ weights: [Double]) -> Double { zip(signals, weights).reduce(0) { $0 + $1.0 * $1.1 } }

    mutating func log(_ lists: Int) -> [ExposureRow] {
        (0..<lists).map { number in
            let candidates = (0..<12).map { _ in product() }
            // A little chance in what is shown, as other lists, diversity and stock bring it.
            let shown = candidates.map { (product: $0, score: Self.score($0.signals, Self.byHand.map(\.weight)) + 0.3 * uniform()) }
                .sorted { $0.score > $1.score }.prefix(6)
            return ExposureRow(
                customer: "\(number % 100)",
                shown: shown.enumerated().map { place, item in
                    .init(
                        id: "p\(number % 30)-\(place)", place: place + 1,
                        gain: uniform() < item.product.wanted / Double(place + 1).squareRoot() ? 1 : 0,
                        signals: Dictionary(uniqueKeysWithValues: zip(Self.signals, item.product.signals)))
                })
        }
    }

    /// NDCG@10 of new lists by how much each product is really wanted.
    mutating func ndcg(_ weights: [Double]) -> Double {
        var sum = 0.0
        for _ in 0..<200 {
            let candidates = (0..<30).map { _ in product() }
            func value(_ order: [(signals: [Double], wanted: Double)]) -> Double {
                order.prefix(10).enumerated().reduce(0) { $0 + $1.element.wanted / log2(Double($1.offset + 2)) }
            }
            let ranked = candidates.sorted { Self.score($0.signals, weights) > Self.score($1.signals, weights) }
            sum += value(ranked) / value(candidates.sorted { $0.wanted > $1.wanted })
        }
        return sum / 200
    }
}

private func train(_ rows: [ExposureRow]) throws -> RankingFile {
    try RankingTraining().run(rows, byHand: Simulation.byHand, dataName: "log", dataHash: "00", date: "2026-01-01T00:00:00Z", progress: { _ in })
}

@Suite("Weights of a recommendation's signals, learnt from what was chosen")
struct RankingTests {
    @Test("learnt weights rank what customers want better than those set by hand, and the places' part is told apart")
    func better() throws {
        var shop = Simulation(seed: 3)
        let file = try train(shop.log(700))
        #expect(file.signals == Simulation.signals && file.card.settings["weights"] == "learnt")
        let weights = file.weights.map { Double($0) }
        #expect(abs(weights.reduce(0, +) - 1.65) < 1e-3, "they count as much together as those set by hand")
        #expect(abs(weights[1] / weights[0] - 2.5 / 3) < 0.4 && abs(weights[3] / weights[0] - 0.5) < 0.25, "\(weights)")
        #expect(weights[2] < 0.12, "behaviour says nothing here: \(weights)")
        let (learnt, byHand) = (shop.ndcg(weights), shop.ndcg(Simulation.byHand.map(\.weight)))
        #expect(learnt > byHand + 0.03, "\(learnt) beside \(byHand)")
        // Later places are looked at less: by −½ ln(place) here.
        #expect(file.places[0] == 0 && file.places[3] < -0.3 && file.places[5] < -0.4, "\(file.places)")
        let metrics = file.card.metrics
        #expect(try #require(metrics["validation log loss, learnt"]) < #require(metrics["validation log loss, by hand"]))
        #expect(try #require(metrics["validation NDCG, learnt"]) > #require(metrics["validation NDCG, by hand"]))
    }

    @Test("a signal that is noise comes to nothing")
    func noise() throws {
        var shop = Simulation(seed: 4)
        shop.noise = "words"
        let file = try train(shop.log(700))
        #expect(file.weights[1] < 0.15 && file.weights[0] > 0.8, "a quarter of what it counts otherwise, or less: \(file.weights)")
    }

    @Test("two products, one with the signal, chosen three times of four: its weight is ln 3")
    func closedForm() throws {
        let lists = (0..<40).map { ListwiseChoice.List(signals: [[1], [0]], places: [1, 1], gains: $0 % 4 == 0 ? [0, 1] : [1, 0]) }
        let fit = try ListwiseChoice(lists: lists, width: 1).fit(.init(mean: [0], strength: [1e-9]))
        #expect(abs(fit.weights[0] - log(3)) < 1e-6)
        // The information of n choices with p = ¾ is n·p·(1 − p).
        #expect(abs(fit.errors[0] - (1 / (40 * 0.75 * 0.25)).squareRoot()) < 1e-6)
        #expect(abs(ListwiseChoice(lists: lists, width: 1).logLoss(fit) - -(0.75 * log(0.75) + 0.25 * log(0.25))) < 1e-9)
        let never = try ListwiseChoice(lists: lists.map { .init(signals: [[0], [1]], places: $0.places, gains: $0.gains) }, width: 1)
            .fit(.init(mean: [0], strength: [1e-9]), positive: [0])
        #expect(never.weights == [0])
    }

    @Test("few lists are refused, and what was learnt comes back from disk; a damaged file does not")
    func files() throws {
        var shop = Simulation(seed: 5)
        let few = #expect(throws: TrainingError.self) { try train(shop.log(20)) }
        #expect(few?.message.contains("at least 50 are needed. Until then the weights set by hand serve") == true)
        let strange = (0..<60).map { _ in
            ExposureRow(
                customer: "a",
                shown: [.init(id: "a", place: 1, gain: 1, signals: ["x": 1]), .init(id: "b", place: 2, gain: 0, signals: ["x": 2])])
        }
        let none = #expect(throws: TrainingError.self) { try train(strange) }
        #expect(none?.message == "nothing shown has one of the signals similarity, words, behaviour, taste")
        var rows = shop.log(100)
        for index in rows.indices { rows[index].shown[0].signals["popularity"] = 0.25 }
        try SmallShop.withFolder { folder in
            let file = try train(rows)
            try file.write(to: folder)
            let read = try RankingFile.read(folder)
            #expect(read.weights == file.weights && read.places == file.places && read.signals == file.signals && read.card == file.card)
            #expect(read.popularity.count == 30 && read.popularity.allSatisfy { $0.amount == 0.25 })
            try "p\n".write(toFile: "\(folder)/items.txt", atomically: true, encoding: .utf8)
            let damaged = #expect(throws: TrainingError.self) { try RankingFile.read(folder) }
            #expect(damaged?.message.contains("1 items, but the popularity of 30") == true)
        }
    }
}
