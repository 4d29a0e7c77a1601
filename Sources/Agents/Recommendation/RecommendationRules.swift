public import Catalog

/// What a shop says about what is recommended: business rules, how much each signal counts, and an experiment. Pure; read by
/// `RecommendationRules.load`.
public struct RecommendationRules: Sendable, Equatable {
    public enum Stock: String, Sendable, CaseIterable {
        /// Only what is in stock.
        case require
        /// What is not in stock comes later (`outOfStockLoss`).
        case prefer
        case ignore
    }

    /// Raises or lowers what fits.
    public struct Boost: Sendable, Equatable {
        /// By language; said as a reason when it raises.
        public var name: [String: String]
        public var filter: ProductFilter
        /// Added to the score; a photo or words that fit perfectly give 1.
        public var by: Float

        public init(name: [String: String], filter: ProductFilter, by: Float) {
            self.name = name
            self.filter = filter
            self.by = by
        }
    }

    /// How much each signal counts (`RankingSignal` says what they are). These are set by hand, and serve until weights are learnt from what
    /// customers chose (`learnt`).
    public struct Weights: Sendable, Equatable {
        public var similarity: Float = 1
        public var words: Float = 0.15
        public var behaviour: Float = 0.2
        public var taste: Float = 0.3
        public var price: Float = 0
        public var popularity: Float = 0
        /// How much of a modality's weight goes to the products' other side where a shared space is served, 0 to 1.
        public var across: Float = 0.5

        public init() {}
    }

    /// One way of recommending, of an experiment.
    public struct Arm: Sendable, Equatable {
        public var name: String
        /// How many customers, relative to the other arms.
        public var share: Double
        public var diversity: Float
        public var weights: Weights
        /// Whether the arm says its weights itself: learnt ones do not replace them.
        public var hasOwnWeights: Bool

        public init(name: String, share: Double, diversity: Float, weights: Weights, hasOwnWeights: Bool = false) {
            self.name = name
            self.share = share
            self.diversity = diversity
            self.weights = weights
            self.hasOwnWeights = hasOwnWeights
        }
    }

    public struct Experiment: Sendable, Equatable {
        public var name: String
        public var arms: [Arm]

        public init(name: String, arms: [Arm]) {
            self.name = name
            self.arms = arms
        }

        /// The arm of a customer: always the same one, by a hash (FNV-1a) of experiment and customer.
        public func arm(of customer: String) -> Arm? {
            let total = arms.reduce(0) { $0 + $1.share }
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in "\(name)\n\(customer)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            // Its upper bits, stirred: those of FNV-1a alone differ little between short texts.
            hash ^= hash >> 33
            hash = hash &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 33
            var place = Double(hash >> 11) / Double(1 << 53) * total
            for arm in arms {
                if place < arm.share { return arm }
                place -= arm.share
            }
            return arms.last
        }
    }

    public static let outOfStockLoss: Float = 0.1
    public static let boostsMax = 64
    public static let armsMax = 16

    public var stock = Stock.prefer
    /// What is never recommended.
    public var excluded: [ProductFilter] = []
    /// Conditions that everything recommended meets.
    public var required = ProductFilter()
    public var boosts: [Boost] = []
    /// 0 = by score alone; 1 = as different from each other as can be (λ of MMR is 1 - diversity).
    public var diversity: Float = 0
    public var weights = Weights()
    /// Category → categories that go with it.
    public var complements: [String: [String]] = [:]
    public var experiment: Experiment?

    public init() {}

    /// With learnt weights in the place of those set by hand, but for what is no signal (`across`) and for arms that say their own.
    public func learnt(_ learnt: [RankingSignal: Float]) -> RecommendationRules {
        var rules = self
        func replace(_ weights: inout Weights) {
            for signal in RankingSignal.allCases { weights[signal] = learnt[signal] ?? 0 }
        }
        replace(&rules.weights)
        for index in rules.experiment?.arms.indices ?? 0..<0 where rules.experiment?.arms[index].hasOwnWeights == false {
            guard var weights = rules.experiment?.arms[index].weights else { continue }
            replace(&weights)
            rules.experiment?.arms[index].weights = weights
        }
        return rules
    }
}
