import Foundation
import Fusion
import LinearAlgebra

/// What a customer chooses of a list: p(i | list) = exp(β·x_i + b(place_i)) / Σ_j exp(β·x_j + b(place_j)).
///
/// x are what was known of each product, b how much more is chosen in a place because it is looked at (b of the first place is 0). What differs from
/// list to list alone, such as how much this customer clicks, cancels out. (McFadden, "Conditional logit analysis of qualitative choice behavior",
/// 1974; in ranking ListNet: Cao, Qin, Liu, Tsai, Li, ICML 2007; places as a part of the utility: Craswell, Zoeter, Taylor, Ramsey, "An experimental
/// comparison of click position-bias models", WSDM 2008.) Fitted by Newton's method: the problem is convex.
struct ListwiseChoice {
    struct List {
        /// A row a product.
        var signals: [[Double]]
        /// From 1.
        var places: [Int]
        /// How much each was chosen; 0 = not.
        var gains: [Double]
    }

    /// What is believed before anything was seen: β_k around `mean` with the precision `strength`.
    struct Prior {
        var mean: [Double]
        var strength: [Double]
    }

    struct Fit {
        var weights: [Double]
        /// b by place, the first 0; further places are as the last.
        var places: [Double]
        /// Standard errors of the weights.
        var errors: [Double]
    }

    /// Places that have a bias of their own.
    static let placesMax = 10
    private static let stepsMax = 60
    private static let placeStrength = 1.0
    /// What is chosen in an unlikely place counts at most so much more than in the first.
    private static let correctionMax = 10.0

    let lists: [List]
    let width: Int

    /// - Parameter positive: signals whose weight must not be below 0: where it would be, it is 0.
    func fit(_ prior: Prior, positive: Set<Int> = []) throws(TrainingError) -> Fit {
        var fixed: Set<Int> = []
        while true {
            let found = try fit(prior, fixed: fixed)
            let below = positive.subtracting(fixed).filter { found.weights[$0] < 0 }
            if below.isEmpty { return found }
            fixed.formUnion(below)
        }
    }

    private func fit(_ prior: Prior, fixed: Set<Int>) throws(TrainingError) -> Fit {
        let count = width + Self.placesMax - 1
        let mean = prior.mean + [Double](repeating: 0, count: Self.placesMax - 1)
        let strength = prior.strength + [Double](repeating: Self.placeStrength, count: Self.placesMax - 1)
        var theta = mean
        for k in fixed { theta[k] = 0 }
        func objective(_ theta: [Double]) -> Double {
            var value = 0.0
            for k in theta.indices { value += strength[k] / 2 * (theta[k] - mean[k]) * (theta[k] - mean[k]) }
            return value + lists.reduce(0) { $0 + loss($1, theta) }
        }
        var value = objective(theta)
        var hessian = Matrix<Double>(count, count)
        for _ in 0..<Self.stepsMax {
            var gradient = (0..<count).map { strength[$0] * (theta[$0] - mean[$0]) }
            hessian = Matrix(count, count)
            for k in 0..<count { hessian[k, k] = strength[k] }
            for list in lists { accumulate(list, theta, &gradient, &hessian) }
            for k in fixed {
                gradient[k] = 0
                for other in 0..<count { (hessian[k, other], hessian[other, k]) = (0, 0) }
                hessian[k, k] = 1
            }
            let step = try solve(hessian, Matrix(count, 1, gradient)).values
            let decrement = zip(step, gradient).reduce(0) { $0 + $1.0 * $1.1 }
            if decrement < 1e-14 * (1 + abs(value)) { break }
            // A step that goes too far is halved.
            var rate = 1.0
            while rate > 1e-6 {
                let next = zip(theta, step).map { $0 - rate * $1 }
                let there = objective(next)
                if there < value {
                    (theta, value) = (next, there)
                    break
                }
                rate /= 2
            }
            if rate <= 1e-6 { break }
        }
        let inverse = try solve(hessian, .identity(count))
        return Fit(
            weights: Array(theta.prefix(width)), places: [0] + theta.dropFirst(width),
            errors: (0..<width).map { fixed.contains($0) ? 0 : max(0, inverse[$0, $0]).squareRoot() })
    }

    private func solve(_ a: Matrix<Double>, _ b: Matrix<Double>) throws(TrainingError) -> Matrix<Double> {
        do throws(LinearAlgebraError) {
            return try a.solvePositive(b)
        } catch {
            throw TrainingError("weights cannot be learnt from these lists: \(error.message)")
        }
    }

    /// Of each product of the list.
    private func probabilities(_ list: List, _ theta: [Double]) -> [Double] {
        let utilities = list.signals.indices.map { i in
            var utility = 0.0
            for k in 0..<width { utility += theta[k] * list.signals[i][k] }
            let place = min(list.places[i], Self.placesMax)
            return place > 1 ? utility + theta[width + place - 2] : utility
        }
        let largest = utilities.max() ?? 0
        let exponentials = utilities.map { exp($0 - largest) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { $0 / sum }
    }

    private func loss(_ list: List, _ theta: [Double]) -> Double {
        zip(list.gains, probabilities(list, theta)).reduce(0) { $1.0 > 0 ? $0 - $1.0 * log(max($1.1, 1e-300)) : $0 }
    }

    private func accumulate(_ list: List, _ theta: [Double], _ gradient: inout [Double], _ hessian: inout Matrix<Double>) {
        let count = gradient.count
        let shares = probabilities(list, theta)
        let total = list.gains.reduce(0, +)
        var mean = [Double](repeating: 0, count: count)
        let rows = list.signals.indices.map { i -> [Double] in
            var row = list.signals[i] + [Double](repeating: 0, count: count - width)
            let place = min(list.places[i], Self.placesMax)
            if place > 1 { row[width + place - 2] = 1 }
            for k in 0..<count { mean[k] += shares[i] * row[k] }
            return row
        }
        for i in rows.indices {
            let pull = total * shares[i] - list.gains[i]
            let spread = total * shares[i]
            for a in 0..<count {
                gradient[a] += pull * rows[i][a]
                let own = spread * (rows[i][a] - mean[a])
                guard own != 0 else { continue }
                for b in 0..<count { hessian.values[a * count + b] += own * (rows[i][b] - mean[b]) }
            }
        }
    }

    /// −ln p of what was chosen, a choice.
    func logLoss(_ fit: Fit) -> Double {
        let theta = fit.weights + fit.places.dropFirst()
        let total = lists.reduce(0) { $0 + $1.gains.reduce(0, +) }
        return total > 0 ? lists.reduce(0) { $0 + loss($1, theta) } / total : 0
    }

    /// NDCG of the order by `score`, what was chosen in an unlikely place counting so much more, at most ten times. (Joachims, Swaminathan, Schnabel,
    /// "Unbiased learning-to-rank with biased feedback", WSDM 2017.)
    func ndcg(places: [Double], _ score: (List, Int) -> Double) -> Double {
        var sum = 0.0
        for list in lists {
            let gains = list.gains.indices.map { i in
                list.gains[i] * min(Self.correctionMax, exp(-places[min(list.places[i], places.count) - 1]))
            }
            let order = gains.indices.sorted { (score(list, $0), $1) > (score(list, $1), $0) }
            func value(_ gains: some Sequence<Double>) -> Double { gains.enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset + 2)) } }
            let best = value(gains.sorted(by: >))
            if best > 0 { sum += value(order.map { gains[$0] }) / best }
        }
        return lists.isEmpty ? 0 : sum / Double(lists.count)
    }
}
