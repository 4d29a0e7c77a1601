/// Feature-level fusion by a weighted sum: f(x) = Σ wᵢxᵢ, scaled to unit length, over the modalities that are there.
///
/// All xᵢ are of one space; the weights of those that are there are scaled to add up to 1. (The special case Wᵢ = wᵢ·I of
/// f(x) = Σ Wᵢxᵢ; Baltrušaitis, Ahuja, Morency, "Multimodal machine learning: a survey and taxonomy", IEEE TPAMI 41(2), 2019, section 6.1.)
enum WeightedSum {
    static func apply(_ inputs: [(name: String, weight: Float)], features: [Feature]) throws(FusionError) -> FusedVector {
        var sum: Feature?
        var total: Float = 0
        var fused = FusedVector(parts: [], missing: [])
        var there: [(name: String, weight: Float)] = []
        for input in inputs {
            guard let feature = features.first(where: { $0.modality == input.name }) else {
                fused.missing.append(input.name)
                continue
            }
            try feature.requireFinite()
            let unit = feature.normalised()
            total += input.weight
            there.append(input)
            if var so = sum {
                guard so.spaceID == unit.spaceID, so.values.count == unit.values.count else {
                    throw FusionError(
                        "a weighted sum adds vectors of one space: '\(so.modality)' is \(so.values.count) values in \(so.spaceID), "
                            + "'\(unit.modality)' is \(unit.values.count) in \(unit.spaceID)"
                    )
                }
                for i in unit.values.indices { so.values[i] += input.weight * unit.values[i] }
                sum = so
            } else {
                sum = unit
                sum?.values = unit.values.map { $0 * input.weight }
            }
        }
        fused.contribute(there)
        if let sum, total > 0 { fused.parts = [FusedVector.Part(feature: sum.normalised(), weight: 1)] }
        return fused
    }
}
