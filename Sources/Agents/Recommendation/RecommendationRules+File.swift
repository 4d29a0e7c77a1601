import Catalog
public import CheckedYAML

/// Rules as a shop writes them: `rules.yaml`.
extension RecommendationRules {
    /// - Parameters:
    ///   - minorUnits: of one unit of the shop's currency, for prices.
    ///   - attributes: of the shop's products: a condition on any other can never hold, and is an error; nil = they are not known.
    public static func load(_ path: String, minorUnits: Double = 100, attributes: Set<String>? = nil) throws(YAMLError) -> RecommendationRules {
        try read(YAMLValue.load(path), minorUnits: minorUnits, attributes: attributes)
    }

    static func read(_ document: YAMLValue, minorUnits: Double = 100, attributes: Set<String>? = nil) throws(YAMLError) -> RecommendationRules {
        try document.fields("rules", "stock", "exclude", "price", "boosts", "diversity", "weights", "complements", "experiment")
        guard try document["rules"].int(in: 1...1) == 1 else { throw document.error("'rules: 1' is needed") }
        var rules = RecommendationRules()
        rules.stock = try document["stock"].choice(Stock.self, or: rules.stock)
        for item in try document["exclude"].items() { rules.excluded.append(try filter(item, attributes)) }
        let price = document["price"]
        if price.exists {
            try price.fields("min", "max")
            if price["min"].exists { rules.required.priceMinMinor = Int64((try price["min"].number(in: 0...1e9) * minorUnits).rounded()) }
            if price["max"].exists { rules.required.priceMaxMinor = Int64((try price["max"].number(in: 0...1e9) * minorUnits).rounded()) }
        }
        let boosts = try document["boosts"].items()
        guard boosts.count <= boostsMax else { throw document["boosts"].error("at most \(boostsMax) boosts are allowed") }
        for item in boosts { rules.boosts.append(try boost(item, attributes)) }
        rules.diversity = try share(document["diversity"], or: rules.diversity)
        rules.weights = try weights(document["weights"], or: rules.weights)
        if document["complements"].exists {
            for (category, value) in try document["complements"].entries() { rules.complements[category] = try value.strings() }
        }
        if document["experiment"].exists { rules.experiment = try experiment(document["experiment"], rules) }
        return rules
    }

    private static func share(_ value: YAMLValue, or fallback: Float) throws(YAMLError) -> Float {
        Float(try value.number(in: 0...1, or: Double(fallback)))
    }

    private static func weights(_ value: YAMLValue, or fallback: Weights) throws(YAMLError) -> Weights {
        guard value.exists else { return fallback }
        try value.fields("similarity", "words", "behaviour", "taste", "price", "popularity", "across")
        var weights = fallback
        for signal in RankingSignal.allCases {
            weights[signal] = Float(try value[signal.rawValue].number(in: 0...10, or: Double(fallback[signal])))
        }
        weights.across = try share(value["across"], or: fallback.across)
        return weights
    }

    /// `{ids: […], category: ring, material: [gold, silver], …}`: products of which all of this is true.
    private static func filter(_ value: YAMLValue, _ attributes: Set<String>?) throws(YAMLError) -> ProductFilter {
        var filter = ProductFilter()
        for (name, wanted) in try value.entries() {
            let values = wanted.isList ? try wanted.strings() : [try wanted.string()]
            guard !values.isEmpty else { throw wanted.error("'\(name)' needs a value") }
            let field = name == "ids" ? "id" : name
            guard field == "id" || field == "category" || attributes?.contains(field) ?? true else {
                let known = (["ids", "category"] + (attributes ?? []).sorted()).joined(separator: ", ")
                throw wanted.error("no product has '\(name)'; there are \(known)")
            }
            filter[field: field] = .init(anyOf: values)
        }
        guard !filter.isEmpty else { throw value.error("a condition is needed, such as {category: ring}") }
        return filter
    }

    private static func boost(_ value: YAMLValue, _ attributes: Set<String>?) throws(YAMLError) -> Boost {
        try value.fields("name", "when", "by")
        var names: [String: String] = [:]
        for (language, text) in try value["name"].entries() {
            guard ["en", "zh"].contains(language) else { throw value["name"].error("'\(language)': names are given in en and zh") }
            names[language] = try text.string()
        }
        guard names.count == 2 else { throw value.error("'name' is needed in en and in zh: it is told to customers") }
        return Boost(name: names, filter: try filter(value["when"], attributes), by: Float(try value["by"].number(in: -2...2)))
    }

    private static func experiment(_ value: YAMLValue, _ rules: RecommendationRules) throws(YAMLError) -> Experiment {
        try value.fields("name", "arms")
        var arms: [Arm] = []
        for item in try value["arms"].items() {
            try item.fields("name", "share", "diversity", "weights")
            let name = try item["name"].string()
            guard !arms.contains(where: { $0.name == name }) else { throw item.error("there are two arms '\(name)'") }
            arms.append(
                Arm(
                    name: name, share: try item["share"].number(in: 0...1e6, or: 1), diversity: try share(item["diversity"], or: rules.diversity),
                    weights: try weights(item["weights"], or: rules.weights), hasOwnWeights: item["weights"].exists))
        }
        guard (2...armsMax).contains(arms.count), arms.contains(where: { $0.share > 0 }) else {
            throw value.error("an experiment has 2 to \(armsMax) arms, one of which has a share above 0")
        }
        return Experiment(name: try value["name"].string(), arms: arms)
    }
}
