/// Feature-level fusion by concatenation: f(x) = [√w₁·x₁ ; √w₂·x₂ ; …] with every xᵢ of unit length.
///
/// The inner product of two such vectors is Σ wᵢ·cos(xᵢ, yᵢ) over the modalities that both have, so each modality's part of a similarity can
/// be read off, and a missing one adds nothing instead of being guessed. (Baltrušaitis et al., "Multimodal Machine Learning: A Survey and
/// Taxonomy", section 5, early fusion; the roots of the weights put the weights into the product.)
enum Concatenation {
    static func apply(_ inputs: [(name: String, weight: Float)], features: [Feature]) throws(FusionError) -> FusedVector {
        var fused = FusedVector(parts: [], missing: [])
        for input in inputs {
            guard let feature = features.first(where: { $0.modality == input.name }) else {
                fused.missing.append(input.name)
                continue
            }
            try feature.requireFinite()
            fused.parts.append(FusedVector.Part(feature: feature.normalised(), weight: input.weight))
        }
        fused.contribute(fused.parts.map { ($0.feature.modality, $0.weight) })
        return fused
    }
}
