import Catalog
import Glibc

/// What a product's rank is made of: each has a weight (`RecommendationRules.Weights`), set by hand or learnt from what customers chose.
public enum RankingSignal: String, Sendable, CaseIterable {
    /// In the fused space: Σ over the query's modalities of weight · cosine.
    case similarity
    /// BM25 of words that filters did not understand, the best of all hits being 1.
    case words
    /// What customers went on to after what this one looked at, the strongest link being 1.
    case behaviour
    /// Likeness to what was liked less likeness to what was disliked in this session, against the other candidates.
    case taste
    /// How near the price is to that of what this customer turned to in this session: 1 at the same, 0 at a quarter or four times of it.
    case price
    /// How much everybody turned to it, 0 to 1; known to a learnt ranking alone.
    case popularity
}

/// How much of each signal there was; a value without allocation, since every candidate has one.
public struct SignalAmounts: Sendable, Equatable {
    private var amounts = SIMD8<Float>()
    /// A bit a signal, in the order of `RankingSignal.allCases`.
    private var known: UInt8 = 0
    /// What the shop's rules added to the score.
    public var rule: Float = 0

    public init() {}

    /// nil = there was nothing to go by.
    public subscript(signal: RankingSignal) -> Float? {
        get { known & (1 << signal.place) == 0 ? nil : amounts[signal.place] }
        set {
            amounts[signal.place] = newValue ?? 0
            if newValue == nil { known &= ~(1 << signal.place) } else { known |= 1 << signal.place }
        }
    }

    /// As the event log keeps them: what was known, by the signals' names, and "rule" where a rule said something.
    public var byName: [String: Float] {
        var named: [String: Float] = rule == 0 ? [:] : ["rule": rule]
        for signal in RankingSignal.allCases { named[signal.rawValue] = self[signal] }
        return named
    }
}

extension RankingSignal {
    fileprivate var place: Int {
        switch self {
        case .similarity: 0
        case .words: 1
        case .behaviour: 2
        case .taste: 3
        case .price: 4
        case .popularity: 5
        }
    }
}

extension RecommendationRules.Weights {
    public subscript(signal: RankingSignal) -> Float {
        get {
            switch signal {
            case .similarity: similarity
            case .words: words
            case .behaviour: behaviour
            case .taste: taste
            case .price: price
            case .popularity: popularity
            }
        }
        set {
            switch signal {
            case .similarity: similarity = newValue
            case .words: words = newValue
            case .behaviour: behaviour = newValue
            case .taste: taste = newValue
            case .price: price = newValue
            case .popularity: popularity = newValue
            }
        }
    }
}

extension Taste {
    /// The geometric mean of the prices of what was turned to, in minor units; nil = nothing of that currency was.
    func usualPrice(_ currency: String, _ snapshot: CatalogSnapshot) -> Double? {
        let prices = history.compactMap { snapshot.product($0)?.price }.filter { $0.currency == currency && $0.amountMinor > 0 }
        guard !prices.isEmpty else { return nil }
        return exp(prices.reduce(0) { $0 + log(Double($1.amountMinor)) } / Double(prices.count))
    }
}

extension Price {
    /// 1 − |ln(price/usual)|/ln 4, at least 0.
    func nearness(to usual: Double) -> Float {
        amountMinor > 0 ? Float(max(0, 1 - abs(log(Double(amountMinor) / usual)) / log(4))) : 0
    }
}
