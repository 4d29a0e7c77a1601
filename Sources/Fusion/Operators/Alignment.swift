/// Feature-level fusion in a space that words and pictures share: f(x) = [√w₁·e_t(words) ; √w₂·e_v(picture)], e the trained maps into that space
/// (`AlignedSpace`), each of length 1.
///
/// The words' part is compared with products' pictures, the picture's with their titles, so that either finds what only the other side of a product
/// says. A missing modality adds nothing. (Hotelling, "Relations between two sets of variates", 1936; Andrew, Arora, Bilmes, Livescu, "Deep canonical
/// correlation analysis", ICML 2013; van den Oord, Li, Vinyals, "Representation learning with contrastive predictive coding", 2018; Ngiam et al.,
/// "Multimodal deep learning", ICML 2011: the ways in which the maps are learnt.)
enum Alignment {
    static func apply(
        _ space: AlignedSpace, _ inputs: [(name: String, weight: Float)], features: [Feature], words: String
    ) throws(FusionError) -> FusedVector {
        var fused = FusedVector(parts: [], missing: [])
        var there: [(name: String, weight: Float)] = []
        for input in inputs {
            guard let feature = features.first(where: { $0.modality == input.name }) else {
                fused.missing.append(input.name)
                continue
            }
            let isText = input.name == Modality.text
            let wanted = isText ? space.textSpace : space.pictureSpace
            guard wanted.isEmpty || feature.spaceID == wanted else {
                throw FusionError("'\(input.name)' is in \(feature.spaceID); the shared space was trained with \(wanted)")
            }
            do throws(ModelError) {
                let unit = feature.normalised().values
                let values = try isText ? space.title(words, sentence: unit) : space.picture(unit)
                let modality = isText ? Modality.pictureByWords : Modality.titleByPicture
                fused.parts.append(.init(feature: Feature(modality: modality, spaceID: space.spaceID, values: values), weight: input.weight))
            } catch {
                throw FusionError(error.message)
            }
            there.append(input)
        }
        fused.contribute(there)
        return fused
    }
}
